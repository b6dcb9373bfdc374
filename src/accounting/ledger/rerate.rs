//! A charge is corrected to another price.

use std::sync::Arc;

use genledger_contract::{Result, Violations};

use super::details::Details;
use super::due::carried;
use super::operation::{Effect, Facts, Head, Operation, Stop};
use super::refund::charged;
use super::request_text::RequestText;
use crate::accounting::{
    AccountingRecord, Cost, Currency, EntryKind, EntryOutcome, IdempotencyKey, PriceSheet,
    Quantities,
};
use crate::id::AccountingRecordId;
use crate::json::JsonObject;
use crate::setters::setters;

/// A correction of a charge to another price: the exact difference of the costs, of which whole units are due, and the rest
/// is carried. A lower price first reduces what was not charged.
///
/// | refused with | if |
/// |---|---|
/// | `record_not_found`, `currency_mismatch` | the customer has no such record, or it has another currency |
/// | `not_settled` | the record is not accounted |
/// | `exceeds_settled` | more was refunded than the charge would be |
/// | `insufficient_funds` | more is due than available, and debt is not allowed |
/// | `out_of_range` | an amount would reach 10^12 |
///
/// ```
/// use genledger::accounting::{Cost, Currency, IdempotencyKey, NewRerating};
/// use genledger::id::AccountingRecordId;
///
/// let charge = AccountingRecordId::new("0197a2b3c4d5")?;
/// let less = Cost::from_attos(-840_000_000_000)?;
/// let key = IdempotencyKey::new("rerate-1")?;
/// let rerating = NewRerating::new("c1", key, charge, Currency::iso("CNY")?, less);
/// assert_eq!(rerating.delta.to_string(), "-0.00000084");
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewRerating {
    /// The customer; 1 to 32 visible ASCII characters.
    pub customer_id: String,
    /// The key of the operation.
    pub key: IdempotencyKey,
    /// The charge.
    pub record_id: AccountingRecordId,
    /// The currency of the account.
    pub currency: Currency,
    /// The new cost without the old one, not 0.
    pub delta: Cost,
    /// The new price, which the record keeps.
    pub price: Option<Arc<PriceSheet>>,
    /// Whether it may take more than is available.
    pub debt: bool,
}

impl NewRerating {
    /// A correction by a difference that is not 0, which takes no more than is available.
    #[must_use]
    pub fn new(
        customer_id: impl Into<String>,
        key: IdempotencyKey,
        record_id: AccountingRecordId,
        currency: Currency,
        delta: Cost,
    ) -> Self {
        Self {
            customer_id: customer_id.into(),
            key,
            record_id,
            currency,
            delta,
            price: None,
            debt: false,
        }
    }

    /// Whether it may take more than is available.
    #[must_use]
    pub const fn debt(mut self, debt: bool) -> Self {
        self.debt = debt;
        self
    }

    setters! {
        /// The new price, which the record keeps.
        price: text Arc<PriceSheet>;
    }

    fn details(&self) -> Details<'_> {
        Details {
            price: self.price.as_deref(),
            ..Details::default()
        }
    }

    /// Keeps the new price, with its rates of what was used, if it has them.
    fn reprice(&self, record: &mut AccountingRecord) {
        self.details().replace(record);
        let quantities = record.quantities.as_ref();
        let quantities = quantities.and_then(|kept| Quantities::parse(kept.as_str()).ok());
        if let (Some(price), Some(quantities)) = (&self.price, quantities) {
            let priced = price.price(&quantities).ok();
            record.state.price = priced.map(|priced| JsonObject::from(&priced.price));
        }
    }
}

impl Operation for NewRerating {
    fn kind(&self) -> EntryKind {
        EntryKind::Rerate
    }

    fn head(&self) -> Head {
        Head::new(&self.customer_id, &self.key, self.currency)
    }

    fn record_id(&self) -> Option<&AccountingRecordId> {
        Some(&self.record_id)
    }

    fn check(&self, found: &mut Violations) {
        let message = "must not be 0";
        found.check(self.delta.attos() == 0, "delta", "zero", message);
        self.details().check(found, self.currency);
    }

    fn write(&self, text: &mut RequestText) {
        text.field("record", &self.record_id);
        text.maybe("debt", self.debt.then_some(true));
        text.field("delta", self.delta);
        self.details().write(text);
    }

    fn decide(&self, facts: &Facts<'_>) -> Result<Effect, Stop> {
        let record = facts.record(0)?;
        let before = charged(facts, record, 0)?;
        let carried = carried(self.delta, None, facts.account)?;
        let asked = carried.units;
        let shortfall = facts.units(record.state.shortfall)?;
        let waived = shortfall.min((-asked).max(0));
        let due = asked + waived;
        if facts.units(record.state.refunded)? > before + due {
            return Err(Stop::refused(EntryOutcome::ExceedsSettled, asked));
        }
        if due > facts.account.free() && !self.debt {
            return Err(Stop::refused(EntryOutcome::InsufficientFunds, asked));
        }
        let mut effect = Effect::asking(asked);
        effect.amount = -due;
        effect.residual = carried.residual;
        let mut record = record.clone();
        self.reprice(&mut record);
        let adjusted = facts.units(record.state.adjusted)? + due;
        record.state.adjusted = facts.decimal(adjusted, asked)?;
        record.state.shortfall = facts.decimal(shortfall - waived, asked)?;
        effect.record = Some(record);
        Ok(effect)
    }
}
