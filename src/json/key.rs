//! Keys of a JSON object whose values have a known type.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use genledger_contract::Violation;
use genledger_contract::row::has_escaped_nul;

use super::object::JsonObject;
use super::scan::has_non_finite;
use super::value::{JsonValue, is_json};

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

/// Every rule that an object and its entries break; `path` is the path of the object.
pub(super) fn violations(object: &JsonObject, path: &str, known: &[KnownKey]) -> Vec<Violation> {
    let Some(entries) = object.named_entries() else {
        return if object.is_empty() {
            Vec::new()
        } else {
            let rule = if has_non_finite(object.as_str()) {
                "not_finite"
            } else {
                "not_an_object"
            };
            vec![Violation::new(
                path.to_owned(),
                rule,
                "is not a JSON object",
            )]
        };
    };
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for (name, value) in entries {
        let path = join(path, &name);
        let mut refuse = |rule, message| found.push(Violation::new(path.clone(), rule, message));
        if has_non_finite(value) {
            refuse(
                "not_finite",
                "is NaN or infinite, which JSON cannot express",
            );
        } else if !is_json(value) {
            refuse("not_json", "is not valid JSON");
        } else if name.contains('\0') || has_escaped_nul(value) {
            refuse("nul_character", "contains a NUL character");
        } else if let Some(key) = known.iter().find(|key| key.name == name) {
            found.extend((key.violations)(value).into_iter().map(|inner| {
                let path = join(&path, inner.path());
                Violation::new(path, inner.rule(), inner.message().to_owned())
            }));
        }
        if !seen.insert(name) {
            found.push(Violation::new(path, "duplicate_key", "is present twice"));
        }
    }
    found
}

fn join(path: &str, inner: &str) -> String {
    match (path, inner) {
        (path, "") => path.to_owned(),
        ("", inner) => inner.to_owned(),
        (path, inner) => format!("{path}.{inner}"),
    }
}
