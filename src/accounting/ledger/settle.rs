//! A hold is charged, and the rest of it released.

use std::sync::Arc;

use genledger_contract::{Result, Violations};

use super::details::Details;
use super::due::{Asked, Due, carried, priced, stated};
use super::hold::ended;
use super::operation::{Effect, Facts, Head, Operation, Stop};
use super::policy::{Late, Overrun};
use super::request_text::RequestText;
use crate::accounting::{
    AccountingRecord, Currency, EntryKind, EntryOutcome, IdempotencyKey, Money, PriceSheet,
    Quantities, RecordStatus,
};
use crate::id::AccountingRecordId;
use crate::json::JsonObject;
use crate::setters::setters;

/// The settlement of a hold: what is due is charged, and the rest of the hold is released. A record is settled once.
///
/// A hold can be settled until it was swept, also after its time. What was used is priced by the stated price, or else by
/// the one that the record keeps.
///
/// | refused with | if |
/// |---|---|
/// | `record_not_found`, `currency_mismatch` | the customer has no such record, or it has another currency |
/// | `already_settled`, `hold_voided`, `hold_refused` | the hold is not open |
/// | `hold_expired` | it has expired and was swept, and late settlements are not charged |
/// | `no_price`, `no_rate` | what was used has no price |
/// | `exceeds_hold` | more than the hold is due, and [`Overrun::Refuse`] |
/// | `insufficient_funds` | the settlement is late, more is due than available, and [`Overrun::Refuse`] |
/// | `out_of_range` | the balance or the cost would reach 10^12 |
///
/// ```
/// use genledger::accounting::{Currency, IdempotencyKey, Money, NewSettlement, Overrun};
/// use genledger::id::AccountingRecordId;
///
/// let hold = AccountingRecordId::new("0197a2b3c4d5")?;
/// let three = Money::new(3.into(), Currency::iso("CNY")?)?;
/// let settlement = NewSettlement::of_amount("c1", IdempotencyKey::new("settle-17")?, hold, three)
///     .overrun(Overrun::Available);
/// assert_eq!(settlement.overrun, Overrun::Available);
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewSettlement {
    /// The customer; 1 to 32 visible ASCII characters.
    pub customer_id: String,
    /// The key of the operation.
    pub key: IdempotencyKey,
    /// The hold.
    pub record_id: AccountingRecordId,
    /// What is due.
    pub due: Due,
    /// If more is due than was held.
    pub overrun: Overrun,
    /// If the hold has expired.
    pub late: Late,
    /// The id of the model; at most 32 characters. It replaces that of the hold.
    pub llmid: Option<String>,
    /// The name of the model; at most 128 characters. It replaces that of the hold.
    pub model_name: Option<String>,
    /// The price of what was used. It replaces that of the hold.
    pub price: Option<Arc<PriceSheet>>,
}

impl NewSettlement {
    /// A settlement of what is due, which is refused if it is more than was held, or too late.
    #[must_use]
    pub fn new(
        customer_id: impl Into<String>,
        key: IdempotencyKey,
        record_id: AccountingRecordId,
        due: Due,
    ) -> Self {
        Self {
            customer_id: customer_id.into(),
            key,
            record_id,
            due,
            overrun: Overrun::default(),
            late: Late::default(),
            llmid: None,
            model_name: None,
            price: None,
        }
    }

    /// [`new`](Self::new) of an amount.
    #[must_use]
    pub fn of_amount(
        customer_id: impl Into<String>,
        key: IdempotencyKey,
        record_id: AccountingRecordId,
        amount: Money,
    ) -> Self {
        Self::new(customer_id, key, record_id, Due::Amount(amount))
    }

    /// [`new`](Self::new) of what was used.
    #[must_use]
    pub fn of_usage(
        customer_id: impl Into<String>,
        key: IdempotencyKey,
        record_id: AccountingRecordId,
        currency: Currency,
        quantities: Quantities,
    ) -> Self {
        let due = Due::Usage {
            currency,
            quantities,
        };
        Self::new(customer_id, key, record_id, due)
    }

    /// If more is due than was held.
    #[must_use]
    pub const fn overrun(mut self, overrun: Overrun) -> Self {
        self.overrun = overrun;
        self
    }

    /// If the hold has expired.
    #[must_use]
    pub const fn late(mut self, late: Late) -> Self {
        self.late = late;
        self
    }

    setters! {
        /// The id of the model; at most 32 characters. It replaces that of the hold.
        llmid: text String;
        /// The name of the model; at most 128 characters. It replaces that of the hold.
        model_name: text String;
        /// The price of what was used. It replaces that of the hold.
        price: text Arc<PriceSheet>;
    }

    fn details(&self) -> Details<'_> {
        Details {
            llmid: self.llmid.as_deref(),
            model_name: self.model_name.as_deref(),
            price: self.price.as_deref(),
            ..Details::default()
        }
    }

    fn asked(&self, facts: &Facts<'_>, record: &AccountingRecord) -> Result<Asked, Stop> {
        let Due::Usage { quantities, .. } = &self.due else {
            return Ok(stated(self.due.stated()));
        };
        let priced = priced(quantities, self.price.as_deref(), Some(record))?;
        carried(priced.cost, Some(priced.price), facts.account)
    }

    /// What is charged of an amount, if a hold of `held` is open, or has expired.
    fn charged(&self, asked: i128, held: i128, free: i128, is_late: bool) -> Result<i128, Stop> {
        let refused = |outcome| Err(Stop::refused(outcome, asked));
        match (self.overrun, is_late) {
            (Overrun::Refuse, false) if asked > held => refused(EntryOutcome::ExceedsHold),
            (Overrun::Refuse, true) if asked > free => refused(EntryOutcome::InsufficientFunds),
            (Overrun::Refuse, _) => Ok(asked),
            (Overrun::Hold, false) => Ok(asked.min(held)),
            (Overrun::Hold, true) => Ok(asked.min(held).min(free)),
            (Overrun::Available, false) => Ok(asked.min(held.saturating_add(free))),
            (Overrun::Available, true) => Ok(asked.min(free)),
        }
    }
}

impl Operation for NewSettlement {
    fn kind(&self) -> EntryKind {
        EntryKind::Settle
    }

    fn head(&self) -> Head {
        Head::new(&self.customer_id, &self.key, self.due.currency())
    }

    fn record_id(&self) -> Option<&AccountingRecordId> {
        Some(&self.record_id)
    }

    fn check(&self, found: &mut Violations) {
        self.due.check(found);
        self.details().check(found, self.due.currency());
    }

    fn write(&self, text: &mut RequestText) {
        text.field("record", &self.record_id);
        self.due.write(text);
        let overrun = Some(self.overrun).filter(|overrun| *overrun != Overrun::Refuse);
        text.maybe("overrun", overrun);
        text.maybe("late", Some(self.late).filter(|late| *late != Late::Refuse));
        self.details().write(text);
    }

    fn decide(&self, facts: &Facts<'_>) -> Result<Effect, Stop> {
        let record = facts.record(self.due.stated())?;
        let is_late = match ended(record)? {
            None => false,
            Some(EntryOutcome::HoldExpired) if self.late == Late::Charge => true,
            Some(outcome) => return Err(Stop::refused(outcome, self.due.stated())),
        };
        let asked = self.asked(facts, record)?;
        let held = facts.units(record.state.held)?;
        let charged = self.charged(asked.units, held, facts.account.free(), is_late)?;
        let mut effect = Effect::asking(asked.units);
        effect.amount = -charged;
        effect.hold = if is_late { 0 } else { -held };
        effect.residual = asked.residual;
        let mut record = record.clone();
        self.details().replace(&mut record);
        self.due.used(&mut record)?;
        if let Some(price) = &asked.price {
            record.state.price = Some(JsonObject::from(price));
        }
        let state = &mut record.state;
        state.status = RecordStatus::Accounted;
        state.failure_reason = None;
        state.expires_at = None;
        state.accounted_at = Some(facts.now);
        state.amount = facts.decimal(charged, asked.units)?;
        state.shortfall = facts.decimal(asked.units - charged, asked.units)?;
        effect.record = Some(record);
        Ok(effect)
    }
}
