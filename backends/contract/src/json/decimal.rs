//! Decimals in JSON: `#[json(with = …::json::decimal)]`.
//!
//! Written as a JSON number with all digits of the decimal and none more (`12.50` stays `12.50` if
//! it is stored so; a column of scale 6 answers `12.500000`, written as `12.5`). Read from a number
//! or from a string, digit by digit: no float lies in between.

use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserializer, Serializer};

/// Writes a decimal as a JSON number in its shortest form.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    super::serialize_raw(value.normalize().to_string(), serializer)
}

/// Reads a decimal from a JSON number or string.
///
/// # Errors
/// A text that is no decimal, or has more digits than one can hold.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let text = super::deserialize_raw(deserializer)?;
    let parsed = if text.contains(['e', 'E']) {
        Decimal::from_scientific(&text)
    } else {
        Decimal::from_str_exact(&text)
    };
    parsed.map_err(|_| D::Error::custom("expected a decimal number or a string that holds one"))
}
