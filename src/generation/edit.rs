//! `Edit`, who changes a row of which version.

/// The version of the row that a user changes, and by whom it is changed.
///
/// A change increments the version. If the row has another version, it was changed meanwhile, and the change is refused.
///
/// ```
/// use genledger::generation::Edit;
///
/// let edit = Edit::of_version(3).by("ann");
/// assert_eq!((edit.version, edit.by.as_deref()), (3, Some("ann")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edit {
    /// The version of the row that the user has seen.
    pub version: i64,
    /// By whom the row is changed; at most 50 characters.
    pub by: Option<String>,
}

impl Edit {
    /// A change of a row with this version.
    #[must_use]
    pub const fn of_version(version: i64) -> Self {
        Self { version, by: None }
    }

    /// By whom the row is changed; at most 50 characters.
    #[must_use]
    pub fn by(mut self, name: impl Into<String>) -> Self {
        self.by = Some(name.into());
        self
    }
}
