//! The interface for decoding the rows of a driver.

use std::fmt;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// A stored value whose type does not match its column: the type that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch(pub String);

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the stored value is {}", self.0)
    }
}

/// A value of a row; `None` is NULL.
pub type Decoded<T> = Result<Option<T>, Mismatch>;

/// Decodes the values of a driver's rows by position, leniently: integers of any width, booleans as
/// integers and integers as booleans, and numbers of the type that a sum returns.
///
/// # Errors
/// Every method returns [`Mismatch`] for a value of another type.
#[expect(
    clippy::missing_errors_doc,
    reason = "the section of the trait applies to every method"
)]
pub trait ReadRow<R> {
    /// A boolean.
    fn bool(row: &R, index: usize) -> Decoded<bool>;
    /// An integer.
    fn integer(row: &R, index: usize) -> Decoded<i64>;
    /// An exact decimal.
    fn decimal(row: &R, index: usize) -> Decoded<Decimal>;
    /// Text or JSON.
    fn text(row: &R, index: usize) -> Decoded<&str>;
    /// Bytes.
    fn bytes(row: &R, index: usize) -> Decoded<&[u8]>;
    /// A date and time in UTC.
    fn date_time(row: &R, index: usize) -> Decoded<DateTime<Utc>>;
}
