//! Ids as text in JSON, for `#[serde(with = "…")]`: JavaScript's numbers end at 2⁵³.
//!
//! ```
//! use genledger::id::UsageLogId;
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Row {
//!     #[serde(with = "genledger::id::as_string")]
//!     id: UsageLogId,
//! }
//!
//! let row = Row { id: UsageLogId::new(247_302_400_118_784_000) };
//! assert_eq!(serde_json::to_string(&row)?, r#"{"id":"247302400118784000"}"#);
//! # Ok::<(), serde_json::Error>(())
//! ```

use serde::{Deserialize, Deserializer, Serializer};

use super::UsageLogId;

/// Writes the decimal digits as text.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(id: &UsageLogId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// Reads the text, or a number.
///
/// # Errors
/// Those of the deserializer, and when the text is not a 64-bit decimal number.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UsageLogId, D::Error> {
    UsageLogId::deserialize(deserializer)
}
