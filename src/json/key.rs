//! Keys of a JSON object whose values have a known type.

use std::fmt;
use std::marker::PhantomData;

use genledger_contract::Violation;

use super::value::JsonValue;

/// A key whose value is a `T`. Applications can declare their own keys:
///
/// ```
/// use genledger::json::{JsonKey, JsonObject};
///
/// const RETRIES: JsonKey<i64> = JsonKey::new("retries");
///
/// let object = JsonObject::from_text(r#"{"retries": 3, "x": 1.50}"#);
/// assert_eq!(object.get(RETRIES)?, Some(3));
/// # Ok::<(), genledger::Error>(())
/// ```
pub struct JsonKey<T> {
    name: &'static str,
    marker: PhantomData<fn() -> T>,
}

impl<T> JsonKey<T> {
    /// The key with this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            marker: PhantomData,
        }
    }

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl<T> Clone for JsonKey<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for JsonKey<T> {}

impl<T> fmt::Debug for JsonKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonKey({})", self.name)
    }
}

/// A known key without its type: its name, what it means, and whether a value fits it.
#[derive(Clone, Copy, Debug)]
pub struct KnownKey {
    name: &'static str,
    description: &'static str,
    /// Every rule that the JSON text of a value breaks.
    violations: fn(&str) -> Vec<Violation>,
}

impl KnownKey {
    pub(crate) const fn of<T: JsonValue>(key: JsonKey<T>, description: &'static str) -> Self {
        Self {
            name: key.name,
            description,
            violations: T::violations,
        }
    }

    /// Every rule that the JSON text of a value breaks.
    pub(super) fn violations(&self, value: &str) -> Vec<Violation> {
        (self.violations)(value)
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What the value means.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        self.description.trim_ascii()
    }
}
