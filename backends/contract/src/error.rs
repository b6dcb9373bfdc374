//! One concrete error type for every backend, and its violations.

mod kind;
mod violation;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeStruct, Serializer};

pub use kind::ErrorKind;
pub use violation::{Violation, Violations};

/// The result of every fallible operation of the contract.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a store, of the same type on every backend.
///
/// Callers decide by [`kind`](Error::kind); the message is for people. No message holds a bound
/// value, so that a secret in a column never reaches a log through an error.
///
/// ```
/// use genledger_contract::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::NotFound, "no such row").with_table("logs");
/// assert!(!error.is_retryable());
/// assert_eq!(error.to_string(), "not found: no such row (table logs)");
/// let json = serde_json::to_string(&error).unwrap();
/// assert_eq!(json, r#"{"kind":"not_found","message":"no such row"}"#);
/// ```
///
/// Two errors are equal when all but their sources are. In JSON an error is its kind, its message and its
/// violations, where there are any; details of the database (table, column, key, source) are left out.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    table: Option<Cow<'static, str>>,
    column: Option<Cow<'static, str>>,
    key: Option<Cow<'static, str>>,
    violations: Violations,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind` with a message for people.
    // Cold, so that the compiler keeps errors out of the way of the code that reads rows.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            table: None,
            column: None,
            key: None,
            violations: Violations::default(),
            source: None,
        }))
    }

    /// Input that broke a rule before anything was sent.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// A stored value that this version cannot read.
    pub fn corrupt(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Corrupt, message)
    }

    /// A unique key is taken. Backends name the table, and the first column of the key.
    #[must_use]
    pub fn unique_violation() -> Self {
        Self::new(ErrorKind::UniqueViolation, "a unique key is taken")
    }

    /// The row was changed since it was read, as the caller of [`update_version`](crate::SessionExt::update_version)
    /// has it.
    #[must_use]
    pub fn version_conflict() -> Self {
        Self::new(
            ErrorKind::VersionConflict,
            "the row was changed since it was read: read it again, and repeat the change",
        )
    }

    /// Something the backend cannot do; its [`Capability`](crate::store::Capability) says so.
    pub fn unsupported(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// The transaction is aborted, since a statement in it failed with `first`.
    #[cold]
    #[must_use]
    pub fn aborted(first: &Self) -> Self {
        // The first error itself, not an `Aborted` that it caused.
        if first.kind() == ErrorKind::Aborted {
            return first.clone();
        }
        let message = format!(
            "an earlier statement failed in this transaction ({}: {})",
            first.kind(),
            first.message()
        );
        let mut aborted = Self::new(ErrorKind::Aborted, message).with_source(first.clone());
        aborted.0.table.clone_from(&first.0.table);
        aborted.0.column.clone_from(&first.0.column);
        aborted
    }

    /// A status that cannot follow the one that a row has.
    #[must_use]
    pub fn invalid_transition(from: impl fmt::Display, to: impl fmt::Display) -> Self {
        let message = format!("{from} cannot become {to}");
        Self::new(ErrorKind::InvalidTransition, message)
    }

    /// A lease with the fencing number `held` that was taken over: the row has `current` now.
    #[must_use]
    pub fn stale_lease(held: i64, current: i64) -> Self {
        let message = format!("the lease has number {held}, the row number {current}");
        Self::new(ErrorKind::StaleLease, message)
    }

    /// A rule of the domain that refuses the operation, with its stable code.
    #[must_use]
    pub fn refused(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let mut refused = Self::new(ErrorKind::Refused, message);
        refused.0.violations = Violation::new("", code, refused.0.message.clone()).into();
        refused
    }

    /// Names the table.
    #[cold]
    #[must_use]
    pub fn with_table(mut self, table: impl Into<Cow<'static, str>>) -> Self {
        self.0.table.get_or_insert(table.into());
        self
    }

    /// Replaces the table's name. Backends use it where a table has another name in the database than its
    /// entity declares.
    #[cold]
    #[must_use]
    pub fn map_table(mut self, map: impl FnOnce(&str) -> Option<&'static str>) -> Self {
        if let Some(name) = self.0.table.as_deref().and_then(map) {
            self.0.table = Some(Cow::Borrowed(name));
        }
        self
    }

    /// Replaces the column's name. Backends use it where a database names the key or the constraint instead.
    #[cold]
    #[must_use]
    pub fn map_column(mut self, map: impl FnOnce(&str) -> Option<&'static str>) -> Self {
        if let Some(name) = self.0.column.as_deref().and_then(map) {
            self.0.column = Some(Cow::Borrowed(name));
        }
        self
    }

    /// Names the column.
    #[cold]
    #[must_use]
    pub fn with_column(mut self, column: impl Into<Cow<'static, str>>) -> Self {
        self.0.column.get_or_insert(column.into());
        self
    }

    /// Names the row by its key, for [`key`](Self::key).
    #[cold]
    #[must_use]
    pub fn with_key(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.0.key.get_or_insert(key.into());
        self
    }

    /// Keeps the underlying error for [`source`](StdError::source).
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into().into());
        self
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether running the same transaction again may succeed and cannot do its work twice. An
    /// [`Aborted`](ErrorKind::Aborted) transaction is retryable if its first error is.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        let first = self
            .source()
            .filter(|_| self.kind() == ErrorKind::Aborted)
            .and_then(<dyn StdError>::downcast_ref::<Self>);
        self.0.kind.is_retryable() || first.is_some_and(Self::is_retryable)
    }

    /// The message for people, without the kind, the table and the column.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The table concerned, if known.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        self.0.table.as_deref()
    }

    /// The column concerned, if known; of a key that is taken, its first column.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.0.column.as_deref()
    }

    /// The key of the row concerned, if known and is not a secret. Neither the message nor
    /// `Debug` shows it.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// The stable code of what was [`Refused`](ErrorKind::Refused), or of the first rule that the input
    /// broke.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        self.violations().first().map(Violation::rule)
    }

    /// Every rule that the input broke; empty unless the kind is [`ErrorKind::Invalid`], or
    /// [`ErrorKind::Refused`] with its code.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        self.0.violations.as_slice()
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        let mut error = Self::invalid(violations.to_string());
        error.0.column = violations
            .as_slice()
            .first()
            .map(|first| Cow::Owned(first.path().to_owned()));
        error.0.violations = violations;
        error
    }
}

impl From<Violation> for Error {
    fn from(violation: Violation) -> Self {
        Violations::from(violation).into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind, self.0.message)?;
        match (self.table(), self.column()) {
            (Some(table), Some(column)) => write!(f, " (table {table}, column {column})"),
            (Some(table), None) => write!(f, " (table {table})"),
            (None, Some(column)) => write!(f, " (column {column})"),
            (None, None) => Ok(()),
        }
    }
}

impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        let parts = |error: &'_ Self| {
            let inner = &error.0;
            (
                inner.kind,
                inner.message.clone(),
                inner.table.clone(),
                inner.column.clone(),
                inner.key.clone(),
            )
        };
        parts(self) == parts(other) && self.violations() == other.violations()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("table", &self.0.table)
            .field("column", &self.0.column)
            .field("source", &self.0.source)
            .finish()
    }
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let broken = self.violations();
        let members = if broken.is_empty() { 2 } else { 3 };
        let mut error = serializer.serialize_struct("Error", members)?;
        error.serialize_field("kind", &self.kind())?;
        error.serialize_field("message", self.message())?;
        if broken.is_empty() {
            error.skip_field("violations")?;
        } else {
            error.serialize_field("violations", broken)?;
        }
        error.end()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
