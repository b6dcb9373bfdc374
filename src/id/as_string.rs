//! Ids as text in JSON, for `#[serde(with = "…")]`: JavaScript's numbers end at 2⁵³.
//!
//! ```
//! use genledger::id::LogId;
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Row {
//!     #[serde(with = "genledger::id::as_string")]
//!     id: LogId,
//! }
//!
//! let row = Row { id: LogId::new(247_302_400_118_784_000) };
//! assert_eq!(serde_json::to_string(&row)?, r#"{"id":"247302400118784000"}"#);
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::fmt;

use genledger_contract::json::{Fault, ValueFree};
use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

use super::LogId;

/// Writes the decimal digits as text.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(id: &LogId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// Reads the text, or a number.
///
/// # Errors
/// Those of the deserializer, and when the text is no 64-bit decimal number.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LogId, D::Error> {
    let read = ValueFree::new(deserializer).deserialize_any(IdVisitor);
    read.map_err(Fault::into_error)
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = LogId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id as text or number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<LogId, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<LogId, E> {
        Ok(LogId::new(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<LogId, E> {
        i64::try_from(number).map(LogId::new).map_err(E::custom)
    }
}
