//! `IdempotencyKey`: under which an operation of a customer happens once.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::contract::entity::Operand;
use crate::contract::json::value_free;
use crate::contract::row::ParamSink;
use crate::contract::{Field, Result, Violation, Violations};

/// The most characters of a key.
const MAX_KEY: usize = 64;

/// The key of an operation, unique for its customer: 1 to 64 visible ASCII characters. Those that begin with `~` are made
/// by the library.
///
/// Keys of existing tables are read as they are; [`is_valid`](Self::is_valid) is checked when a row is written.
///
/// ```
/// use genledger::accounting::IdempotencyKey;
///
/// assert_eq!(IdempotencyKey::new("order-17")?.as_str(), "order-17");
/// for wrong in ["", "a b", "caf\u{e9}", "~expire:1", &"x".repeat(65)] {
///     assert!(IdempotencyKey::new(wrong).is_err());
/// }
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Field)]
#[field(max_chars = 64, text)]
#[serde(transparent)]
pub struct IdempotencyKey(#[serde(deserialize_with = "value_free")] String);

impl IdempotencyKey {
    /// The key of a caller.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `required` for an empty text, `too_long`,
    /// `not_visible_ascii`, and `reserved` for one that begins with `~`.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        let mut found = Violations::new();
        visible(&mut found, "key", &text, MAX_KEY);
        let message = "must not begin with ~, as keys of the library do";
        found.check(text.starts_with('~'), "key", "reserved", message);
        found.into_result()?;
        Ok(Self(text))
    }

    /// A key of the library: visible ASCII characters after `~`, at most 64 with it.
    pub(super) const fn of_library(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it can be the key of a new row, of a caller or of the library.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        is_visible(&self.0) && (1..=MAX_KEY).contains(&self.0.len())
    }

    /// Whether the library made it.
    #[must_use]
    pub fn is_of_library(&self) -> bool {
        self.0.starts_with('~')
    }
}

/// Whether all characters are visible ASCII.
pub(super) fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| (0x21..=0x7e).contains(&byte))
}

/// A text of 1 to `most` visible ASCII characters.
pub(super) fn visible(found: &mut Violations, path: &'static str, text: &str, most: usize) {
    found.check(text.is_empty(), path, "required", "must not be empty");
    found.check(
        !is_visible(text),
        path,
        "not_visible_ascii",
        "must be visible ASCII characters",
    );
    if text.chars().nth(most).is_some() {
        let message = format!("is longer than {most} characters");
        found.push(Violation::new(path, "too_long", message));
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Operand<IdempotencyKey> for &str {
    fn write(self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.text(self)
    }
}
