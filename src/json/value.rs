//! Types that a known key can have: how they are read from the JSON text of a value.

use genledger_contract::Violation;
use genledger_contract::entity::{Json, JsonText};
use genledger_contract::json::decimal;
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;

/// A type of the value of a [`JsonKey`](super::JsonKey).
///
/// Implemented for `bool`, `i64`, `String`, `Decimal`, [`JsonText`] (any value as its text), lists
/// of strings, objects made of known keys, and [`Json`](struct@crate::contract::entity::Json) around anything that serde reads.
pub trait JsonValue: Sized {
    /// The message for a value of the wrong kind: "must be a number".
    const EXPECTED: &'static str;

    /// Reads the JSON text of a value that is not `null`; `None` when it is of another kind.
    fn from_json(text: &str) -> Option<Self>;

    /// Every rule that the JSON text of a value breaks, with paths relative to the value.
    #[must_use]
    fn violations(text: &str) -> Vec<Violation> {
        if text == "null" || Self::from_json(text).is_some() {
            Vec::new()
        } else {
            vec![Violation::new("", "wrong_kind", Self::EXPECTED)]
        }
    }
}

impl JsonValue for bool {
    const EXPECTED: &'static str = "must be true or false";

    fn from_json(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl JsonValue for i64 {
    const EXPECTED: &'static str = "must be a whole number of 64 bits";

    /// Also accepts a whole number that was written as a float (`12.0`, `1e3`) or in quotes, as some
    /// writers do.
    fn from_json(text: &str) -> Option<Self> {
        let text = unquoted(text);
        if let Ok(value) = text.parse() {
            return Some(value);
        }
        let value = Decimal::from_json(text)?;
        value.is_integer().then(|| value.try_into().ok()).flatten()
    }
}

impl JsonValue for String {
    const EXPECTED: &'static str = "must be text";

    /// Also accepts a number, as its digits: codes come in both forms.
    fn from_json(text: &str) -> Option<Self> {
        if text.starts_with('"') {
            return serde_json::from_str(text).ok();
        }
        let number = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        (number && is_json(text)).then(|| text.to_owned())
    }
}

impl JsonValue for Decimal {
    const EXPECTED: &'static str = "must be a number of at most 28 digits";

    /// Reads a JSON number without loss, `1.50` and `2.5e-7` alike; a number with more digits than
    /// a decimal has is refused.
    fn from_json(text: &str) -> Option<Self> {
        is_json(text).then(|| decimal::parse(text)).flatten()
    }
}

impl JsonValue for JsonText {
    const EXPECTED: &'static str = "must be JSON";

    fn from_json(text: &str) -> Option<Self> {
        Self::new(text).ok()
    }
}

impl JsonValue for Vec<String> {
    const EXPECTED: &'static str = "must be a list of texts";

    fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

impl<T: DeserializeOwned> JsonValue for Json<T> {
    const EXPECTED: &'static str = "must have the form of its type";

    fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }
}

pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::JsonValue;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    fn decimal(text: &str) -> Option<String> {
        Decimal::from_json(text).map(|value| value.to_string())
    }

    #[test]
    fn decimals_are_read_without_loss() {
        for (text, expected) in [
            ("1.50", "1.50"),
            ("-0.1", "-0.1"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("2.5e-7", "0.00000025"),
            ("25E+2", "2500"),
            ("1e0", "1"),
            ("0e99", "0"),
            (
                "79228162514264337593543950335",
                "79228162514264337593543950335",
            ),
        ] {
            assert_eq!(decimal(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "NaN",
            "Infinity",
            "1e999",
            "1e-29",
            "1e29",
            "0.00000000000000000000000000001",
            "+1",
            ".5",
            "1.",
            "1_000",
            "\"1\"",
            "true",
            "[1]",
            "",
            " ",
            "1e99999999999",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    #[test]
    fn integers_and_texts_are_read_leniently() {
        for text in ["12", "12.0", "1.2e1", "\"12\""] {
            assert_eq!(i64::from_json(text), Some(12), "{text}");
        }
        for text in ["12.5", "\"a\"", "9223372036854775808", "true", "[]", "\""] {
            assert_eq!(i64::from_json(text), None, "{text}");
        }
        assert_eq!(String::from_json("\"a\\u0041\"").as_deref(), Some("aA"));
        assert_eq!(String::from_json("429").as_deref(), Some("429"));
        assert_eq!(String::from_json("true"), None);
        assert_eq!(bool::from_json("true"), Some(true));
        assert_eq!(bool::from_json("1"), None);
    }

    proptest! {
        #[test]
        fn every_decimal_comes_back(mantissa in any::<i64>(), scale in 0_u32..=28) {
            let value = Decimal::from_i128_with_scale(mantissa.into(), scale);
            prop_assert_eq!(Decimal::from_json(&value.to_string()), Some(value));
        }

        #[test]
        fn every_float_of_a_usual_size_is_read(value in -1e9..1e9_f64) {
            let text = serde_json::to_string(&value).unwrap();
            let read = Decimal::from_json(&text);
            // A float next to zero may have more digits than a decimal.
            if value.abs() > 1e-9 || value == 0.0 {
                prop_assert!(read.is_some(), "{}", text);
            }
        }

        #[test]
        fn no_text_makes_them_panic(text in "[-+0-9eE.\"a]{0,12}") {
            let _ = (Decimal::from_json(&text), i64::from_json(&text), String::from_json(&text));
        }
    }
}
