//! A part of a charge is given back.

use genledger_contract::{Result, Violations};

use super::operation::{Effect, Facts, Head, Operation, Stop, check_positive, check_reason};
use super::request_text::RequestText;
use crate::accounting::{
    AccountingRecord, Currency, EntryKind, EntryOutcome, IdempotencyKey, Money, RecordStatus,
};
use crate::id::AccountingRecordId;
use crate::setters::setters;

/// A refund of a charge, in part or of all that is left of it. All refunds of a charge together are never more than was
/// charged, corrections of its price included.
///
/// | refused with | if |
/// |---|---|
/// | `record_not_found`, `currency_mismatch` | the customer has no such record, or it has another currency |
/// | `not_settled` | the record is not accounted |
/// | `exceeds_settled` | less is left of the charge, or nothing |
/// | `out_of_range` | the balance would reach 10^12 |
///
/// ```
/// use genledger::accounting::{Currency, IdempotencyKey, NewRefund};
/// use genledger::id::AccountingRecordId;
///
/// let charge = AccountingRecordId::new("0197a2b3c4d5")?;
/// let refund = NewRefund::all("c1", IdempotencyKey::new("refund-1")?, charge, Currency::iso("CNY")?)
///     .reason("the image was empty");
/// assert_eq!(refund.amount, None);
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewRefund {
    /// The customer; 1 to 32 visible ASCII characters.
    pub customer_id: String,
    /// The key of the operation.
    pub key: IdempotencyKey,
    /// The charge.
    pub record_id: AccountingRecordId,
    /// The currency of the account.
    pub currency: Currency,
    /// The amount, greater than 0; `None` for all that is left.
    pub amount: Option<Money>,
    /// Why; at most 200 characters.
    pub reason: Option<String>,
}

impl NewRefund {
    /// A refund of an amount, greater than 0.
    #[must_use]
    pub fn new(
        customer_id: impl Into<String>,
        key: IdempotencyKey,
        record_id: AccountingRecordId,
        amount: Money,
    ) -> Self {
        Self {
            amount: Some(amount),
            ..Self::all(customer_id, key, record_id, amount.currency())
        }
    }

    /// A refund of all that is left of a charge.
    #[must_use]
    pub fn all(
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
            amount: None,
            reason: None,
        }
    }

    setters! {
        /// Why; at most 200 characters.
        reason: text String;
    }
}

impl Operation for NewRefund {
    fn kind(&self) -> EntryKind {
        EntryKind::Refund
    }

    fn head(&self) -> Head {
        Head::new(&self.customer_id, &self.key, self.currency)
    }

    fn record_id(&self) -> Option<&AccountingRecordId> {
        Some(&self.record_id)
    }

    fn check(&self, found: &mut Violations) {
        if let Some(amount) = self.amount {
            check_positive(found, amount);
            let other = amount.currency() != self.currency;
            let message = "is another currency";
            found.check(other, "amount", "currency_mismatch", message);
        }
        check_reason(found, self.reason.as_ref());
    }

    fn write(&self, text: &mut RequestText) {
        text.field("record", &self.record_id);
        match self.amount {
            Some(amount) => text.field("amount", amount.amount()),
            None => text.field("amount", "all"),
        }
        text.maybe("reason", self.reason.as_ref());
    }

    fn decide(&self, facts: &Facts<'_>) -> Result<Effect, Stop> {
        let stated = self.amount.map_or(0, |amount| amount.units().into());
        let record = facts.record(stated)?;
        let charged = charged(facts, record, stated)?;
        let refunded = facts.units(record.state.refunded)?;
        let left = charged - refunded;
        let amount = self.amount.map_or(left, |amount| amount.units().into());
        if left <= 0 || amount > left {
            return Err(Stop::refused(EntryOutcome::ExceedsSettled, stated));
        }
        let mut effect = Effect::asking(amount);
        effect.amount = amount;
        let mut record = record.clone();
        record.state.refunded = facts.decimal(refunded + amount, amount)?;
        effect.record = Some(record);
        Ok(effect)
    }
}

/// What a record was charged, corrections included; it must be accounted.
pub(super) fn charged(
    facts: &Facts<'_>,
    record: &AccountingRecord,
    asked: i128,
) -> Result<i128, Stop> {
    if record.state.status != RecordStatus::Accounted {
        return Err(Stop::refused(EntryOutcome::NotSettled, asked));
    }
    Ok(facts.units(record.state.amount)? + facts.units(record.state.adjusted)?)
}
