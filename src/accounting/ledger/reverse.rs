//! An entry is reversed by another one.

use genledger_contract::{Entity, Error, ErrorKind, Result, Violation, Violations};

use super::operation::{Effect, Facts, Head, Operation, Stop, check_reason};
use super::request_text::RequestText;
use crate::accounting::{
    AccountingRecord, BalanceEntry, Currency, EntryKind, EntryOutcome, IdempotencyKey,
};
use crate::setters::setters;

/// The reversal of a top-up, an adjustment or a refund. It takes the amount back, also more than is available. An entry is
/// reversed once: the library makes the key of it.
///
/// It is refused with `out_of_range` if the balance would reach 10^12.
///
/// ```
/// use genledger::accounting::{Currency, NewReversal};
///
/// let reversal = NewReversal::new("c1", Currency::iso("CNY")?, 7).reason("the payment was recalled");
/// assert_eq!(reversal.seq, 7);
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewReversal {
    /// The customer; 1 to 32 visible ASCII characters.
    pub customer_id: String,
    /// The currency of the account.
    pub currency: Currency,
    /// The number of the entry in the account, from 1 on.
    pub seq: i64,
    /// Why; at most 200 characters.
    pub reason: Option<String>,
}

impl NewReversal {
    /// The reversal of an entry.
    #[must_use]
    pub fn new(customer_id: impl Into<String>, currency: Currency, seq: i64) -> Self {
        Self {
            customer_id: customer_id.into(),
            currency,
            seq,
            reason: None,
        }
    }

    setters! {
        /// Why; at most 200 characters.
        reason: text String;
    }
}

impl Operation for NewReversal {
    fn kind(&self) -> EntryKind {
        EntryKind::Reverse
    }

    fn head(&self) -> Head {
        let key = format!("~reverse:{}:{}", self.currency.code(), self.seq);
        let key = IdempotencyKey::of_library(key);
        Head::new(&self.customer_id, &key, self.currency)
    }

    fn target(&self) -> Option<i64> {
        Some(self.seq)
    }

    fn check(&self, found: &mut Violations) {
        let message = "must be 1 or more";
        found.check(self.seq < 1, "seq", "out_of_range", message);
        check_reason(found, self.reason.as_ref());
    }

    fn write(&self, text: &mut RequestText) {
        text.field("seq", self.seq);
        text.maybe("reason", self.reason.as_ref());
    }

    fn decide(&self, facts: &Facts<'_>) -> Result<Effect, Stop> {
        let Some(entry) = facts.entry else {
            let error = Error::new(
                ErrorKind::NotFound,
                "the account has no entry of this number",
            );
            return Err(error.with_table(BalanceEntry::TABLE.name).into());
        };
        let reversible = matches!(
            entry.kind,
            EntryKind::TopUp | EntryKind::Adjust | EntryKind::Refund
        );
        if !reversible || entry.outcome != EntryOutcome::Done {
            let message = "must be a top-up, an adjustment or a refund that was done";
            return Err(Error::from(Violation::new("seq", "not_reversible", message)).into());
        }
        let amount = facts.units(entry.amount)?;
        let mut effect = Effect::asking(0);
        effect.amount = -amount;
        if entry.kind == EntryKind::Refund {
            let record = facts.record.ok_or_else(missing)?;
            let mut record = record.clone();
            let refunded = facts.units(record.state.refunded)? - amount;
            if refunded < 0 {
                return Err(missing().into());
            }
            record.state.refunded = facts.decimal(refunded, 0)?;
            effect.record = Some(record);
        }
        Ok(effect)
    }
}

fn missing() -> Error {
    let message = "a refund does not have its record, or the record does not contain the refund";
    Error::corrupt(message).with_table(AccountingRecord::TABLE.name)
}
