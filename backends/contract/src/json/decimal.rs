//! Decimals in JSON: `#[json(with = …::json::decimal)]`.
//!
//! Written as a JSON number in its shortest form: `12.50` as `12.5`, whatever scale the column has.
//! Read from a number or from a string, digit by digit, without a float in between.
//!
//! Readers that convert a number to a float keep 15 digits: `serde_json::Value` is one (without its feature
//! `arbitrary_precision`), and so are the buffers of serde for `#[serde(flatten)]` and for enums that are
//! untagged or have their tag inside. A fraction with more digits that comes from such a buffer is refused;
//! write it as a string. In a `Value` the digits are lost before they are read here.

pub(super) mod spelled;

use std::fmt::{self, Write as _};

use rust_decimal::Decimal;
use serde::ser::Error as _;
use serde::{Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::number::number;

pub use spelled::parse;

/// Writes a decimal as a JSON number in its shortest form.
///
/// # Errors
/// Returns the errors of the serializer.
pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    let value = value.normalize();
    if value.scale() == 0
        && let Ok(whole) = i64::try_from(value)
    {
        return serializer.serialize_i64(whole);
    }
    let mut digits = Digits::default();
    write!(digits, "{value}").map_err(S::Error::custom)?;
    let raw: &RawValue = serde_json::from_str(digits.as_str()).map_err(S::Error::custom)?;
    raw.serialize(serializer)
}

/// Reads a decimal from a JSON number or string.
///
/// # Errors
/// Returns an error for a text that is not a decimal or has more digits than one can hold, and for a float
/// with more digits than it holds exactly, as the buffers of `flatten` and of untagged enums produce.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let expected = "a decimal number or a string that holds one";
    number(deserializer, expected, parse)
}

/// A sign, a zero before the point, the point, and 29 digits.
const MOST: usize = 32;

/// The text of one decimal.
#[derive(Default)]
struct Digits {
    bytes: [u8; MOST],
    length: usize,
}

impl Digits {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl fmt::Write for Digits {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        let place = self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
