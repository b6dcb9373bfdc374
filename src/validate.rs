//! Rules of the domain: checked when a new row is written, never when it is read.

use std::borrow::Cow;

use genledger_contract::{Error, Result, Violations};

/// Below it a number of milliseconds is a time before March 1973, and as a number of seconds it
/// reaches to the year 5138, so it must be seconds.
pub(crate) const LEAST_MILLIS: i64 = 100_000_000_000;

/// A type that can report every rule it breaks.
///
/// Rules hold for what is *written*: rows that are older than a rule stay readable, and can be
/// audited with [`violations`](Validate::violations).
///
/// ```
/// use genledger::contract::Violations;
/// use genledger::validate::Validate;
///
/// /// A share in percent.
/// struct Share(i32);
///
/// impl Validate for Share {
///     fn violations(&self) -> Violations {
///         let mut found = Violations::new();
///         found.check(!(0..=100).contains(&self.0), "share", "out_of_range", "must be from 0 to 100");
///         found
///     }
/// }
///
/// assert!(Share(50).validate().is_ok());
/// let error = Share(101).validate().unwrap_err();
/// assert_eq!(error.violations()[0].rule(), "out_of_range");
/// ```
pub trait Validate {
    /// Every broken rule: first those of the columns in their order, then all others. Empty if no rule
    /// is broken.
    fn violations(&self) -> Violations;

    /// Values that are allowed but probably a mistake. Writes do not check them.
    fn warnings(&self) -> Violations {
        Violations::new()
    }

    /// `Ok` when no rule is broken.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with all violations.
    fn validate(&self) -> Result<()> {
        self.violations().into_result().map_err(Error::from)
    }
}

/// `Ok` when no item breaks a rule; the paths begin with the position of the item (`[3].Amount`).
pub(crate) fn validate_all<V: Validate>(items: &[V]) -> Result<()> {
    let mut found = Violations::new();
    for (index, item) in items.iter().enumerate() {
        let violations = item.violations();
        if violations.is_empty() {
            continue;
        }
        let within = format!("[{index}]");
        let violations = violations.as_slice().iter().cloned();
        found.extend(violations.map(|violation| violation.within(&within)));
    }
    found.into_result().map_err(Error::from)
}

/// A text that must not be empty.
pub(crate) fn present(found: &mut Violations, path: impl Into<Cow<'static, str>>, text: &str) {
    found.check(text.is_empty(), path, "required", "must not be empty");
}

/// The violations of an entity, with those inside of a column in place of the less specific ones of
/// the column itself.
pub(crate) fn inside(
    found: Violations,
    column: impl Into<Cow<'static, str>>,
    within: Violations,
) -> Violations {
    let column = column.into();
    let mut all = Violations::new();
    let replaced = !within.is_empty();
    all.extend(
        found
            .into_iter()
            .filter(|one| !replaced || one.path() != column),
    );
    all.extend(within);
    all
}
