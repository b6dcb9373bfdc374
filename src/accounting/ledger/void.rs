//! A hold is released: by the caller, or after its time.

use genledger_contract::{Result, Violations};

use super::hold::ended;
use super::operation::{Effect, Facts, Head, Operation, Stop};
use super::request_text::RequestText;
use crate::accounting::{
    AccountingRecord, Currency, EntryKind, FailureReason, IdempotencyKey, RecordStatus,
};
use crate::id::AccountingRecordId;

/// The release of a hold without a charge.
///
/// | refused with | if |
/// |---|---|
/// | `record_not_found`, `currency_mismatch` | the customer has no such record, or it has another currency |
/// | `already_settled`, `hold_voided`, `hold_refused`, `hold_expired` | the hold is not open |
///
/// ```
/// use genledger::accounting::{Currency, IdempotencyKey, NewVoid};
/// use genledger::id::AccountingRecordId;
///
/// let hold = AccountingRecordId::new("0197a2b3c4d5")?;
/// let void = NewVoid::new("c1", IdempotencyKey::new("void-17")?, hold, Currency::iso("CNY")?);
/// assert_eq!(void.record_id.as_str(), "0197a2b3c4d5");
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewVoid {
    /// The customer; 1 to 32 visible ASCII characters.
    pub customer_id: String,
    /// The key of the operation.
    pub key: IdempotencyKey,
    /// The hold.
    pub record_id: AccountingRecordId,
    /// The currency of the account.
    pub currency: Currency,
}

impl NewVoid {
    /// The release of a hold.
    #[must_use]
    pub fn new(
        customer_id: impl Into<String>,
        key: IdempotencyKey,
        record_id: AccountingRecordId,
        currency: Currency,
    ) -> Self {
        Self {
            customer_id: customer_id.into(),
            key,
            record_id,
            currency,
        }
    }
}

impl Operation for NewVoid {
    fn kind(&self) -> EntryKind {
        EntryKind::Void
    }

    fn head(&self) -> Head {
        Head::new(&self.customer_id, &self.key, self.currency)
    }

    fn record_id(&self) -> Option<&AccountingRecordId> {
        Some(&self.record_id)
    }

    fn check(&self, _: &mut Violations) {}

    fn write(&self, text: &mut RequestText) {
        text.field("record", &self.record_id);
    }

    fn decide(&self, facts: &Facts<'_>) -> Result<Effect, Stop> {
        let record = facts.record(0)?;
        match ended(record)? {
            Some(outcome) => Err(Stop::refused(outcome, 0)),
            None => released(facts, record, FailureReason::Voided),
        }
    }
}

/// The release of a hold whose time is over. The library makes its key.
#[derive(Clone, Debug)]
pub(super) struct Expiry {
    pub(super) customer_id: String,
    pub(super) record_id: AccountingRecordId,
    pub(super) currency: Currency,
}

impl Operation for Expiry {
    fn kind(&self) -> EntryKind {
        EntryKind::Expire
    }

    fn head(&self) -> Head {
        let key = IdempotencyKey::of_library(format!("~expire:{}", self.record_id));
        Head::new(&self.customer_id, &key, self.currency)
    }

    fn record_id(&self) -> Option<&AccountingRecordId> {
        Some(&self.record_id)
    }

    fn check(&self, _: &mut Violations) {}

    fn write(&self, text: &mut RequestText) {
        text.field("record", &self.record_id);
    }

    /// Another session may have ended the hold since it was found to be due.
    fn decide(&self, facts: &Facts<'_>) -> Result<Effect, Stop> {
        let record = facts.record.ok_or(Stop::Nothing)?;
        let expires_at = record.state.expires_at;
        let is_due = expires_at.is_some_and(|expires_at| expires_at <= facts.now);
        if !facts.is_of_account(record) || ended(record)?.is_some() || !is_due {
            return Err(Stop::Nothing);
        }
        released(facts, record, FailureReason::Expired)
    }
}

fn released(
    facts: &Facts<'_>,
    record: &AccountingRecord,
    reason: FailureReason,
) -> Result<Effect, Stop> {
    let mut effect = Effect::asking(0);
    effect.hold = -facts.units(record.state.held)?;
    let mut record = record.clone();
    record.state.status = RecordStatus::Failed;
    record.state.failure_reason = Some(reason);
    record.state.expires_at = None;
    effect.record = Some(record);
    Ok(effect)
}
