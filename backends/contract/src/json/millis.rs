//! Moments in JSON as unix milliseconds: `#[json(with = …::json::millis)]`.

use chrono::{DateTime, Utc};
use serde::de::Error as _;
use serde::{Deserializer, Serialize, Serializer};

use super::number::integer;

/// Writes a moment as whole milliseconds since 1970-01-01 UTC.
///
/// # Errors
/// Returns the errors of the serializer.
pub fn serialize<S: Serializer>(value: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    value.timestamp_millis().serialize(serializer)
}

/// Reads a moment from whole milliseconds since 1970-01-01 UTC, a number or a string.
///
/// # Errors
/// Returns an error for a value that is not an integer, or is out of range.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let millis: i64 = integer(deserializer)?;
    DateTime::from_timestamp_millis(millis)
        .ok_or_else(|| D::Error::custom("the time is out of range"))
}
