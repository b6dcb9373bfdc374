//! Numbers and unknown values in JSON, digit by digit.
//!
//! A deserializer of `serde_json` passes on the text of a value, so that no digit is lost. Every other one,
//! and the buffers of serde for `flatten` and for tagged and untagged enums, represents a fraction as a
//! float, which holds 15 digits exactly.

use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::decimal::spelled;
use super::value_free::{Fault, ValueFree};

/// The name under which `serde_json` passes on the text of a value, and the prefix of its names for text; a
/// test fails when they change.
const RAW: &str = "$serde_json::private::RawValue";
const PRIVATE: &str = "$serde_json::private::";

/// The digits of a decimal number that a float keeps.
const FLOAT_DIGITS: usize = 15;

/// Reads an integer from a JSON number or from a string that holds one.
///
/// ```
/// use genledger_contract::json::integer;
///
/// let read = |json| integer::<i16, _>(&mut serde_json::Deserializer::from_str(json)).ok();
/// assert_eq!((read("12"), read("\"12\""), read("12.0")), (Some(12), Some(12), Some(12)));
/// assert_eq!((read("12.5"), read("40000"), read("null")), (None, None, None));
/// ```
///
/// # Errors
/// Returns an error for a value that is not a whole number, or does not fit the type.
pub fn integer<'de, T: TryFrom<i64> + Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    if !deserializer.is_human_readable() {
        return T::deserialize(deserializer);
    }
    let number = number(deserializer, "an integer", whole)?;
    T::try_from(number).map_err(|_| D::Error::custom("the integer is out of range"))
}

fn whole(text: &str) -> Option<i64> {
    match text.parse() {
        Ok(number) if !text.starts_with('+') => Some(number),
        _ => {
            let number = spelled::parse(text)?.normalize();
            (number.scale() == 0).then(|| i64::try_from(number).ok())?
        }
    }
}

/// Reads a number, or a string that holds one, with a function that parses its text.
pub(super) fn number<'de, T, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
    parse: fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let visitor = NumberVisitor { expected, parse };
    ValueFree::new(deserializer)
        .deserialize_newtype_struct(RAW, visitor)
        .map_err(Fault::into_error)
}

struct NumberVisitor<T> {
    expected: &'static str,
    parse: fn(&str) -> Option<T>,
}

impl<T> NumberVisitor<T> {
    fn parse_text<E: Error>(&self, text: &str) -> Result<T, E> {
        (self.parse)(text).ok_or_else(|| E::custom(format_args!("expected {}", self.expected)))
    }

    fn parse_json<E: Error>(&self, json: &str) -> Result<T, E> {
        match json
            .strip_prefix('"')
            .and_then(|json| json.strip_suffix('"'))
        {
            None => self.parse_text(json),
            Some(inside) if !inside.contains('\\') => self.parse_text(inside),
            Some(_) => self.parse_text(&serde_json::from_str::<String>(json).unwrap_or_default()),
        }
    }
}

impl<'de, T> Visitor<'de> for NumberVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        // A number whose digits are kept (the feature `arbitrary_precision`) has such a name too.
        if map.next_key_seed(WithText(|name: &str| name.starts_with(PRIVATE)))? != Some(true) {
            return Err(A::Error::custom(format_args!("expected {}", self.expected)));
        }
        map.next_value_seed(WithText(|json: &str| self.parse_json(json)))?
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        self.parse_text(text)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.parse_text(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.parse_text(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        if is_exact(number) {
            return self.parse_text(&number.to_string());
        }
        Err(E::custom(
            "the number was read as a float, which may have changed its digits; write it as a string",
        ))
    }
}

/// Whether a float has so few digits that it is exactly the decimal number that it was parsed from.
fn is_exact(number: f64) -> bool {
    let text = number.abs().to_string();
    let digits = match text.split_once('.') {
        None => text.trim_end_matches('0').len(),
        Some(_) => text.replace('.', "").trim_start_matches('0').len(),
    };
    digits <= FLOAT_DIGITS
}

/// The JSON of a value that is read later or kept as it is, from any deserializer.
///
/// ```
/// use genledger_contract::json::RawJson;
///
/// let json: RawJson = serde_json::from_str("[1.250]").unwrap();
/// assert_eq!(json.into_json().get(), "[1.250]");
/// ```
#[derive(Debug)]
pub struct RawJson {
    json: Box<RawValue>,
    is_exact: bool,
}

impl RawJson {
    /// The JSON. Fractions that came as floats have the digits of the float.
    #[must_use]
    pub fn into_json(self) -> Box<RawValue> {
        self.json
    }

    /// Whether all numbers have their original digits.
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        self.is_exact
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(RAW, RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = RawJson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawJson, A::Error> {
        map.next_key::<IgnoredAny>()?;
        let json = map.next_value_seed(WithText(|json: &str| json.to_owned()))?;
        let json = RawValue::from_string(json).map_err(A::Error::custom)?;
        Ok(RawJson {
            json,
            is_exact: true,
        })
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<RawJson, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(RawJson {
            is_exact: all_exact(&value),
            json: serde_json::value::to_raw_value(&value).map_err(D::Error::custom)?,
        })
    }
}

fn all_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) if number.is_f64() => number.as_f64().is_some_and(is_exact),
        Value::Array(parts) => parts.iter().all(all_exact),
        Value::Object(members) => members.values().all(all_exact),
        _ => true,
    }
}

/// Reads a text and passes it to a function, without copying it.
struct WithText<F>(F);

impl<'de, T, F: FnOnce(&str) -> T> DeserializeSeed<'de> for WithText<F> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<T, F: FnOnce(&str) -> T> Visitor<'_> for WithText<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok((self.0)(text))
    }
}
