//! `RecordState`: the columns of a record that the library sets.

use chrono::{DateTime, Utc};
use genledger_contract::json::decimal;
use genledger_contract::table::ColumnType;
use genledger_contract::{Embed, JsonRecord};
use rust_decimal::Decimal;

use super::{FailureReason, RecordStatus, kept_json};
use crate::json::JsonObject;
use crate::time::unix_micros;

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq, Embed, JsonRecord)]
pub struct RecordState {
    /// What was charged.
    #[column(default = decimal("0"))]
    #[json(with = decimal)]
    pub amount: Decimal,
    /// The status.
    #[column(filter, default = "pending")]
    #[json(default)]
    pub status: RecordStatus,
    /// The price as it was used, a JSON object: the tier and its rates.
    #[json(with = kept_json)]
    pub price: Option<JsonObject>,
    /// The version of the price sheet: the SHA-256 of its canonical text.
    #[column(max_chars = 64)]
    pub price_version: Option<String>,
    /// What was held for it.
    #[column(default = decimal("0"))]
    #[json(with = decimal)]
    pub held: Decimal,
    /// What was due and not charged.
    #[column(default = decimal("0"))]
    #[json(with = decimal)]
    pub shortfall: Decimal,
    /// The sum of later corrections of the price; negative if it became less.
    #[column(default = decimal("0"))]
    #[json(with = decimal)]
    pub adjusted: Decimal,
    /// The sum of refunds.
    #[column(default = decimal("0"))]
    #[json(with = decimal)]
    pub refunded: Decimal,
    /// Why it failed.
    pub failure_reason: Option<FailureReason>,
    /// When its hold expires, in UTC, to the microsecond; only while it is pending.
    #[column(filter, time = "datetime6")]
    #[json(with = unix_micros)]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was charged, in UTC, to the microsecond.
    #[column(time = "datetime6")]
    #[json(with = unix_micros)]
    pub accounted_at: Option<DateTime<Utc>>,
    /// The usage log that was written with it.
    pub log_id: Option<i64>,
    /// The digest of that log.
    #[column(max_chars = 64)]
    pub log_digest: Option<String>,
    /// The number of the entry that created it; 0 for a row that was adopted from another program.
    #[column(default = 0, range(0, 9_223_372_036_854_775_807))]
    #[json(default)]
    pub opened_seq: i64,
    /// The number of the last entry that concerns it, which is also the version of the row.
    #[column(filter, default = 0, range(0, 9_223_372_036_854_775_807))]
    #[json(default)]
    pub last_seq: i64,
    /// The digest of the row.
    #[column(max_chars = 64)]
    pub digest: String,
    /// When it was created, in UTC, to the microsecond.
    #[column(filter, time = "datetime6")]
    #[json(with = unix_micros)]
    pub created_at: DateTime<Utc>,
    /// When it was last changed, in UTC, to the microsecond.
    #[column(time = "datetime6")]
    #[json(with = unix_micros)]
    pub updated_at: DateTime<Utc>,
}

impl RecordState {
    /// Pending, with nothing held, and without a digest.
    pub(super) fn pending(now: DateTime<Utc>) -> Self {
        let now = ColumnType::DateTime { digits: 6 }.truncate(now);
        Self {
            amount: Decimal::ZERO,
            status: RecordStatus::Pending,
            price: None,
            price_version: None,
            held: Decimal::ZERO,
            shortfall: Decimal::ZERO,
            adjusted: Decimal::ZERO,
            refunded: Decimal::ZERO,
            failure_reason: None,
            expires_at: None,
            accounted_at: None,
            log_id: None,
            log_digest: None,
            opened_seq: 0,
            last_seq: 0,
            digest: String::new(),
            created_at: now,
            updated_at: now,
        }
    }
}
