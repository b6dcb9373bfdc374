//! The entity `BalanceEntry`: one operation on an account.

use chrono::{DateTime, Utc};
use genledger_contract::json::decimal;
use genledger_contract::{CodedEnum, Entity, JsonRecord, Result, Violations};
use rust_decimal::Decimal;

use super::digest::row_digest;
use super::{BalanceStatus, EntryKind, EntryOutcome, IdempotencyKey, rules};
use crate::id::AccountingRecordId;
use crate::time::unix_micros;
use crate::validate::Validate;

/// An operation on an account, done or refused, and the account after it. Entries are never changed or deleted: a
/// correction is another entry.
///
/// The numbers of an account have no gaps. Each entry is chained to the one before it by its digest. Entries come from a
/// store. JSON uses the names of the columns and unix microseconds.
///
/// ```
/// use genledger::accounting::BalanceEntry;
/// use genledger::contract::{Query, Repository, Store, StoreExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[genledger::schema::accounting()]).await?;
///
/// // The statement of an account, newest first.
/// let of_account = BalanceEntry::CUSTOMER_ID.eq("c1") & BalanceEntry::CURRENCY.eq("CNY");
/// let query = Query::matching(of_account).order_by([
///     BalanceEntry::CUSTOMER_ID.desc(),
///     BalanceEntry::CURRENCY.desc(),
///     BalanceEntry::SEQ.desc(),
/// ]);
/// assert!(store.repository::<BalanceEntry>().page(&query).await?.items.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Entity, JsonRecord)]
#[entity(
    table = "balance_entries",
    key(customer_id, currency, seq),
    append_only,
    unique(customer_id, request_id),
    index(record_id, seq)
)]
pub struct BalanceEntry {
    /// The customer; 1 to 32 visible ASCII characters.
    #[column(max_chars = 32)]
    pub customer_id: String,
    /// The code of the currency or of the declared unit; at most 8 characters.
    #[column(max_chars = 8, filter)]
    pub currency: String,
    /// Its number in the account, from 1 on, without gaps.
    #[column(range(1, 9_223_372_036_854_775_807), filter)]
    pub seq: i64,
    /// The key of the operation, unique for the customer.
    #[column(max_chars = 64, filter)]
    pub request_id: IdempotencyKey,
    /// The operation.
    #[column(filter)]
    pub kind: EntryKind,
    /// What became of it.
    #[column(filter)]
    pub outcome: EntryOutcome,
    /// The record that it concerns.
    #[column(max_chars = 32)]
    pub record_id: Option<AccountingRecordId>,
    /// The number of the entry that it reverses.
    #[column(range(1, 9_223_372_036_854_775_807))]
    pub reverses: Option<i64>,
    /// The requested amount, or the cost that was calculated; 0 if it was refused before that.
    #[json(with = decimal)]
    pub asked: Decimal,
    /// The change of the balance.
    #[json(with = decimal)]
    pub amount: Decimal,
    /// The change of what is held.
    #[json(with = decimal)]
    pub hold: Decimal,
    /// The balance afterwards.
    #[json(with = decimal)]
    pub balance: Decimal,
    /// What is held afterwards.
    #[json(with = decimal)]
    pub reserved: Decimal,
    /// The credit limit afterwards.
    #[json(with = decimal)]
    pub credit_limit: Decimal,
    /// The part below the smallest unit that is not charged afterwards, in 10^-18 of the currency.
    #[column(range(0, 999_999_999_999_999_999))]
    pub residual: i64,
    /// The status of the account afterwards.
    pub status: BalanceStatus,
    /// The request as canonical text, by which its repetition is recognised; at most 4096 characters.
    #[column(max_chars = 4096)]
    pub request: String,
    /// When it was decided, in UTC, to the microsecond.
    #[column(time = "datetime6")]
    #[json(with = unix_micros)]
    pub created_at: DateTime<Utc>,
    /// The digest of the row and of the entry before it.
    #[column(max_chars = 64)]
    pub digest: String,
}

impl BalanceEntry {
    /// The digest of the values that the row has now, after an entry with the digest `previous`; 64 zeros for the first.
    ///
    /// # Errors
    /// None for a row of this library.
    pub fn row_digest(&self, previous: &str) -> Result<String> {
        row_digest(self, Some(previous))
    }
}

/// | rule | where |
/// |---|---|
/// | `required`, `not_visible_ascii`, `too_long` | `customer_id` is not 1 to 32 visible ASCII characters, `request_id` not 1 to 64; `request` is empty or too long |
/// | `malformed_currency` | `currency` |
/// | `out_of_range`, `too_many_digits` | an amount; `seq`, `reverses` and `residual`; a time is not in the years 1000 to 9999 |
/// | `negative` | `reserved`, `credit_limit` |
/// | `refused` | `amount` or `hold` of a refused operation is not 0 |
/// | `required`, `not_allowed` | `reverses`, which only the operation `reverse` has |
/// | `not_earlier` | `reverses` is not an earlier entry |
/// | `not_a_digest` | `digest` |
/// | `unrecognized_code` | the codes |
impl Validate for BalanceEntry {
    fn violations(&self) -> Violations {
        let mut found = Violations::of(self);
        rules::customer(&mut found, &self.customer_id);
        rules::code(&mut found, &self.currency);
        rules::key(&mut found, &self.request_id);
        rules::not_negative(&mut found, "reserved", self.reserved);
        rules::not_negative(&mut found, "credit_limit", self.credit_limit);
        let refused = self.outcome.is_known() && self.outcome.is_refusal();
        for (path, change) in [("amount", self.amount), ("hold", self.hold)] {
            let message = "must be 0 for a refused operation";
            found.check(refused && !change.is_zero(), path, "refused", message);
        }
        let reverses = self.kind == EntryKind::Reverse;
        let missing = reverses && self.reverses.is_none();
        let message = "is required for a reversal";
        found.check(missing, Self::REVERSES, "required", message);
        let extra = self.kind.is_known() && !reverses && self.reverses.is_some();
        let message = "is only allowed for a reversal";
        found.check(extra, Self::REVERSES, "not_allowed", message);
        found.check(
            self.reverses.is_some_and(|seq| seq >= self.seq),
            Self::REVERSES,
            "not_earlier",
            "must be an earlier entry",
        );
        found.check(
            self.request.is_empty(),
            Self::REQUEST,
            "required",
            "must not be empty",
        );
        rules::digest(&mut found, "digest", &self.digest);
        found
    }
}
