//! The entity `AuditMark`: up to where an account was audited.

use chrono::{DateTime, Utc};
use genledger_contract::table::ColumnType;
use genledger_contract::{Entity, JsonRecord, Result, Violations};

use super::digest::row_digest;
use super::{BalanceEntry, rules};
use crate::time::unix_micros;
use crate::validate::Validate;

/// The last entry of an account up to which an [audit](super::Audit) has found nothing wrong. The next one may begin after
/// it, as long as that entry still has the digest.
///
/// Marks come from an audit. JSON uses the names of the columns and unix microseconds.
///
/// ```
/// use genledger::accounting::{Audit, AuditMark, Currency, IdempotencyKey, Ledger, Money, NewTopUp};
/// use genledger::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[genledger::schema::accounting()]).await?;
/// let ten = Money::new(10.into(), Currency::iso("CNY")?)?;
/// let top_up = NewTopUp::new("c1", IdempotencyKey::new("payment-8")?, ten);
/// Ledger::new(store.clone()).top_up(&top_up).await?;
///
/// Audit::new(store.clone()).marking(true).run(|_| {}).await?;
/// let marks = store.repository::<AuditMark>().page(&Query::default()).await?.items;
/// assert!(marks[0].seq == 1 && marks[0].is_intact());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Entity, JsonRecord)]
#[entity(table = "audit_marks", key(customer_id, currency))]
#[non_exhaustive]
pub struct AuditMark {
    /// The customer; 1 to 32 visible ASCII characters.
    #[column(max_chars = 32)]
    pub customer_id: String,
    /// The code of the currency or of the declared unit; at most 8 characters.
    #[column(max_chars = 8)]
    pub currency: String,
    /// The number of the last entry that was checked.
    #[column(range(1, 9_223_372_036_854_775_807))]
    pub seq: i64,
    /// The digest of that entry.
    #[column(max_chars = 64)]
    pub head_digest: String,
    /// When it was checked, in UTC, to the microsecond.
    #[column(time = "datetime6")]
    #[json(with = unix_micros)]
    pub checked_at: DateTime<Utc>,
    /// The digest of the row.
    #[column(max_chars = 64)]
    pub digest: String,
}

impl AuditMark {
    /// A mark at an entry.
    pub(super) fn at(entry: &BalanceEntry, now: DateTime<Utc>) -> Result<Self> {
        let mut mark = Self {
            customer_id: entry.customer_id.clone(),
            currency: entry.currency.clone(),
            seq: entry.seq,
            head_digest: entry.digest.clone(),
            checked_at: ColumnType::DateTime { digits: 6 }.truncate(now),
            digest: String::new(),
        };
        mark.digest = mark.row_digest()?;
        Ok(mark)
    }

    /// The digest of the values that the row has now.
    ///
    /// # Errors
    /// None for a row of this library.
    pub fn row_digest(&self) -> Result<String> {
        row_digest(self, None)
    }

    /// Whether the row has the values that its digest was calculated from.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.row_digest().is_ok_and(|digest| digest == self.digest)
    }
}

/// | rule | where |
/// |---|---|
/// | `required`, `not_visible_ascii`, `too_long` | `customer_id` is not 1 to 32 visible ASCII characters |
/// | `malformed_currency` | `currency` |
/// | `out_of_range` | `seq`; a time is not in the years 1000 to 9999 |
/// | `not_a_digest` | `head_digest`, `digest` |
impl Validate for AuditMark {
    fn violations(&self) -> Violations {
        let mut found = Violations::of(self);
        rules::customer(&mut found, &self.customer_id);
        rules::code(&mut found, &self.currency);
        rules::digest(&mut found, "head_digest", &self.head_digest);
        rules::digest(&mut found, "digest", &self.digest);
        found
    }
}
