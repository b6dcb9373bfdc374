//! Moments as whole microseconds since 1970-01-01 UTC in JSON, for `#[serde(with = "…")]`.
//!
//! ```
//! use chrono::{DateTime, Utc};
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Event {
//!     #[serde(with = "genledger::time::unix_micros")]
//!     created_at: DateTime<Utc>,
//! }
//!
//! let event: Event = serde_json::from_str(r#"{"created_at":1704067200000001}"#)?;
//! assert_eq!(event.created_at.to_rfc3339(), "2024-01-01T00:00:00.000001+00:00");
//! # Ok::<(), serde_json::Error>(())
//! ```

use chrono::{DateTime, Utc};
use genledger_contract::json::integer;
use serde::de::Error;
use serde::{Deserializer, Serializer};

/// Writes the microseconds; a fraction of one is left out.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(time.timestamp_micros())
}

/// Reads the microseconds, a number or a string.
///
/// # Errors
/// Those of the deserializer, and when the number is not a time, beyond ±262,000 years.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let micros: i64 = integer(deserializer)?;
    DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| D::Error::custom("the unix microseconds are out of range"))
}
