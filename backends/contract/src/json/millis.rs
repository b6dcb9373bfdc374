//! Moments in JSON as unix milliseconds: `#[json(with = …::json::millis)]`.

use chrono::{DateTime, Utc};
use serde::de::Error as _;
use serde::{Deserializer, Serialize, Serializer};

use super::value_free;

/// Writes a moment as whole milliseconds since 1970-01-01 UTC.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(value: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    value.timestamp_millis().serialize(serializer)
}

/// Reads a moment from whole milliseconds since 1970-01-01 UTC.
///
/// # Errors
/// What is not an integer, or out of range.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let millis: i64 = value_free(deserializer)?;
    DateTime::from_timestamp_millis(millis)
        .ok_or_else(|| D::Error::custom("the time is out of range"))
}

/// The same for a moment that may be absent.
pub mod option {
    use chrono::{DateTime, Utc};
    use serde::de::Error as _;
    use serde::{Deserializer, Serialize, Serializer};

    use crate::json::value_free;

    /// Writes a moment as milliseconds, or null.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(
        value: &Option<DateTime<Utc>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value
            .map(|value| value.timestamp_millis())
            .serialize(serializer)
    }

    /// Reads a moment from milliseconds, or null.
    ///
    /// # Errors
    /// What is neither null nor an integer, or out of range.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<DateTime<Utc>>, D::Error> {
        value_free::<Option<i64>, _>(deserializer)?
            .map(|millis| {
                DateTime::from_timestamp_millis(millis)
                    .ok_or_else(|| D::Error::custom("the time is out of range"))
            })
            .transpose()
    }
}
