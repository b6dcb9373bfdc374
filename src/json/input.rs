//! Values that can be set into a known key.

use genledger_contract::entity::{Json, JsonText};
use rust_decimal::Decimal;
use serde::Serialize;

/// A type that can be set as the value of a key of the type `T`: `T` itself, and types that convert
/// to it.
///
/// A float is converted to a decimal in its shortest form. `NaN` and infinity have no JSON; they
/// are kept as they are and refused, with every other broken rule, when the object is
/// [validated](crate::validate::Validate).
pub trait JsonInput<T> {
    /// The JSON text of the value.
    fn into_json(self) -> String;
}

impl JsonInput<bool> for bool {
    fn into_json(self) -> String {
        self.to_string()
    }
}

impl JsonInput<String> for &str {
    fn into_json(self) -> String {
        text(self)
    }
}

impl JsonInput<String> for String {
    fn into_json(self) -> String {
        text(&self)
    }
}

impl JsonInput<Decimal> for Decimal {
    fn into_json(self) -> String {
        self.to_string()
    }
}

impl JsonInput<Decimal> for f64 {
    fn into_json(self) -> String {
        if self.is_nan() {
            "NaN".to_owned()
        } else if self.is_infinite() {
            if self > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
        } else {
            self.to_string()
        }
    }
}

macro_rules! integers {
    ($($target:ty: $($input:ty),+);+) => {$($(
        impl JsonInput<$target> for $input {
            fn into_json(self) -> String {
                self.to_string()
            }
        }
    )+)+};
}

integers!(i64: i16, u16, i32, u32, i64; Decimal: i16, i32, i64);

impl JsonInput<JsonText> for JsonText {
    fn into_json(self) -> String {
        self.as_str().to_owned()
    }
}

impl<S: AsRef<str>, I: IntoIterator<Item = S>> JsonInput<Vec<String>> for I {
    fn into_json(self) -> String {
        let parts: Vec<String> = self.into_iter().map(|part| text(part.as_ref())).collect();
        format!("[{}]", parts.join(","))
    }
}

impl<T: Serialize> JsonInput<Self> for Json<T> {
    fn into_json(self) -> String {
        // What cannot be serialised leaves a text that validation refuses.
        serde_json::to_string(&self.0).unwrap_or_default()
    }
}

fn text(value: &str) -> String {
    // A string always has a JSON form: writing it to memory cannot fail.
    serde_json::to_string(value).unwrap_or_default()
}
