//! Broken rules as data: a path, a rule, and a message for people.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

/// One broken rule of the input. In JSON an object of `path`, `rule` and `message`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    path: Cow<'static, str>,
    rule: &'static str,
    message: Cow<'static, str>,
}

impl Violation {
    /// A violation at `path` (`UserId`, `[3].pictures.url`) of the rule with the stable code
    /// `rule` (`too_long`), explained by `message`. A message never repeats the offending value.
    pub fn new(
        path: impl Into<Cow<'static, str>>,
        rule: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            path: path.into(),
            rule,
            message: message.into(),
        }
    }

    /// The path of the field.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The rule: a stable code in `snake_case`, for matching and translation.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        self.rule
    }

    /// The message for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same violation seen from outside: `prefix` goes before the path.
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        self.path = Cow::Owned(format!("{prefix}.{}", self.path));
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} [{}]", self.path, self.message, self.rule)
    }
}

/// All broken rules of one input, in the order of the fields. In JSON a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// No violations yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a violation.
    pub fn push(&mut self, violation: Violation) {
        self.0.push(violation);
    }

    /// Adds a violation when `broken` is true. The path is a name or a column of an entity.
    pub fn check(
        &mut self,
        broken: bool,
        path: impl Into<Cow<'static, str>>,
        rule: &'static str,
        message: &'static str,
    ) {
        if broken {
            self.push(Violation::new(path, rule, message));
        }
    }

    /// The violations in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Violation] {
        &self.0
    }

    /// Whether no rule is broken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `Ok` when no rule is broken.
    ///
    /// # Errors
    /// Returns the violations themselves when there are any.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl From<Violation> for Violations {
    fn from(violation: Violation) -> Self {
        Self(vec![violation])
    }
}

impl Extend<Violation> for Violations {
    fn extend<I: IntoIterator<Item = Violation>>(&mut self, iter: I) {
        self.0.extend(iter);
    }
}

impl IntoIterator for Violations {
    type Item = Violation;
    type IntoIter = std::vec::IntoIter<Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{violation}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}
