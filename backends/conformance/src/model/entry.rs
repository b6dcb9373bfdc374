//! A log: rows that are only inserted, read from the newest, and aggregated.

use chrono::{DateTime, Utc};
use genledger_contract::Entity;
use rust_decimal::Decimal;

/// An entry of a log.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    crate = genledger_contract,
    table = "suite_entries",
    key(id),
    index(created_at desc, id desc),
    index(model, created_at),
    append_only
)]
pub(crate) struct Entry {
    /// Its number.
    pub(crate) id: i64,
    /// When it was written.
    #[column(time = "unix_seconds")]
    pub(crate) created_at: DateTime<Utc>,
    /// When it was requested.
    #[column(time = "unix_millis", filter)]
    pub(crate) asked_at: Option<DateTime<Utc>>,
    /// The model.
    #[column(max_chars = 64)]
    pub(crate) model: String,
    /// A 64-bit measure.
    #[column(filter)]
    pub(crate) tokens: i64,
    /// A 32-bit measure that may be absent.
    #[column(filter)]
    pub(crate) millis: Option<i32>,
    /// An exact measure.
    #[column(precision = 18, scale = 6, filter)]
    pub(crate) cost: Decimal,
}

impl Entry {
    /// An entry written `seconds` after 1970 began.
    pub(crate) fn new(id: i64, seconds: i64) -> Self {
        Self {
            id,
            created_at: DateTime::from_timestamp(seconds, 0).expect("a valid moment"),
            asked_at: None,
            model: "m".to_owned(),
            tokens: 1,
            millis: None,
            cost: Decimal::ONE,
        }
    }
}
