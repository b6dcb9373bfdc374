//! The trait to which a row is written, value by value.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::error::Result;

/// Receives the values of a row in the order of its columns.
///
/// A sink knows the column of the next value: it encodes moments and UUIDs as the column declares, and
/// checks lengths, digits and ranges.
///
/// # Errors
/// Every method returns [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when the value does not fit the
/// column; the value is not written then.
#[expect(
    clippy::missing_errors_doc,
    reason = "the trait's own section holds for every method"
)]
pub trait ParamSink {
    /// NULL.
    fn null(&mut self) -> Result<()>;
    /// A boolean.
    fn bool(&mut self, value: bool) -> Result<()>;
    /// An integer of any width; the column decides how wide it may be.
    fn integer(&mut self, value: i64) -> Result<()>;
    /// An exact decimal. Digits beyond the column's scale are refused, never rounded.
    fn decimal(&mut self, value: Decimal) -> Result<()>;
    /// Text.
    fn text(&mut self, value: &str) -> Result<()>;
    /// Bytes.
    fn bytes(&mut self, value: &[u8]) -> Result<()>;
    /// JSON text, which must be valid JSON.
    fn json(&mut self, value: &str) -> Result<()>;
    /// A moment, truncated to what the column can hold.
    fn date_time(&mut self, value: DateTime<Utc>) -> Result<()>;
    /// A UUID, spelled as the column declares.
    fn uuid(&mut self, value: Uuid) -> Result<()>;
    /// A numeric code that this version does not know. Refused where a row is written; accepted in a filter.
    fn unrecognized_integer(&mut self, code: i64) -> Result<()>;
    /// A text code that this version does not know; see
    /// [`unrecognized_integer`](ParamSink::unrecognized_integer).
    fn unrecognized_text(&mut self, code: &str) -> Result<()>;
}
