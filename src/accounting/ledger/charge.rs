//! An amount is charged without a hold.

use std::sync::Arc;

use genledger_contract::{Error, Result, Violations};

use super::details::Details;
use super::due::{Asked, Due, carried, priced, stated};
use super::operation::{Effect, Facts, Head, Operation, Stop};
use super::policy::Overrun;
use super::request_text::RequestText;
use crate::accounting::{
    AccountingRecord, Currency, EntryKind, EntryOutcome, IdempotencyKey, Money, PriceSheet,
    Quantities, RecordStatus,
};
use crate::json::JsonObject;
use crate::setters::setters;

/// A charge of an amount, or of what was used by a price.
///
/// | refused with | if |
/// |---|---|
/// | `account_frozen` | the account is frozen |
/// | `insufficient_funds` | more is due than available, and [`Overrun::Refuse`]; 0 never is |
/// | `out_of_range` | the balance would reach 10^12 |
///
/// A refused charge has a record as well, which has failed.
///
/// ```
/// use genledger::accounting::{Currency, IdempotencyKey, Money, NewCharge};
///
/// let five = Money::new(5.into(), Currency::iso("CNY")?)?;
/// let charge = NewCharge::of_amount("c1", IdempotencyKey::new("call-18")?, five).llmid("m-1");
/// assert_eq!(charge.llmid.as_deref(), Some("m-1"));
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewCharge {
    /// The customer; 1 to 32 visible ASCII characters.
    pub customer_id: String,
    /// The key of the operation.
    pub key: IdempotencyKey,
    /// What is due.
    pub due: Due,
    /// If more is due than available; not [`Overrun::Hold`].
    pub overrun: Overrun,
    /// The id of the model; at most 32 characters.
    pub llmid: Option<String>,
    /// The name of the model; at most 128 characters.
    pub model_name: Option<String>,
    /// The price of what was used.
    pub price: Option<Arc<PriceSheet>>,
    /// The trade number of the caller; at most 64 characters.
    pub transno: Option<String>,
    /// How often the caller had tried before.
    pub retry_count: Option<i16>,
}

impl NewCharge {
    /// A charge of an amount, 0 or more.
    #[must_use]
    pub fn of_amount(customer_id: impl Into<String>, key: IdempotencyKey, amount: Money) -> Self {
        Self {
            customer_id: customer_id.into(),
            key,
            due: Due::Amount(amount),
            overrun: Overrun::default(),
            llmid: None,
            model_name: None,
            price: None,
            transno: None,
            retry_count: None,
        }
    }

    /// A charge of what was used, by a price.
    #[must_use]
    pub fn of_usage(
        customer_id: impl Into<String>,
        key: IdempotencyKey,
        currency: Currency,
        quantities: Quantities,
        price: impl Into<Arc<PriceSheet>>,
    ) -> Self {
        let due = Due::Usage {
            currency,
            quantities,
        };
        Self {
            due,
            price: Some(price.into()),
            ..Self::of_amount(customer_id, key, Money::zero(currency))
        }
    }

    /// If more is due than available; not [`Overrun::Hold`].
    #[must_use]
    pub const fn overrun(mut self, overrun: Overrun) -> Self {
        self.overrun = overrun;
        self
    }

    setters! {
        /// The id of the model; at most 32 characters.
        llmid: text String;
        /// The name of the model; at most 128 characters.
        model_name: text String;
        /// The price of what was used.
        price: text Arc<PriceSheet>;
        /// The trade number of the caller; at most 64 characters.
        transno: text String;
        /// How often the caller had tried before.
        retry_count: value i16;
    }

    fn details(&self) -> Details<'_> {
        Details {
            llmid: self.llmid.as_deref(),
            model_name: self.model_name.as_deref(),
            price: self.price.as_deref(),
            transno: self.transno.as_deref(),
            retry_count: self.retry_count,
        }
    }

    fn asked(&self, facts: &Facts<'_>) -> Result<Asked, Stop> {
        let Due::Usage { quantities, .. } = &self.due else {
            return Ok(stated(self.due.stated()));
        };
        let priced = priced(quantities, self.price.as_deref(), None)?;
        carried(priced.cost, Some(priced.price), facts.account)
    }
}

impl Operation for NewCharge {
    fn kind(&self) -> EntryKind {
        EntryKind::Charge
    }

    fn head(&self) -> Head {
        Head::new(&self.customer_id, &self.key, self.due.currency())
    }

    fn check(&self, found: &mut Violations) {
        self.due.check(found);
        let message = "is for the settlement of a hold";
        let of_hold = self.overrun == Overrun::Hold;
        found.check(of_hold, "overrun", "not_allowed", message);
        self.details().check(found, self.due.currency());
        match (&self.due, &self.price) {
            (Due::Usage { quantities, .. }, Some(price)) => {
                let fault = price.price(quantities).err().map(Error::from);
                found.extend(fault.iter().flat_map(|error| error.violations().to_vec()));
            }
            (Due::Usage { .. }, None) => {
                let message = "is required for what was used";
                found.check(true, "price", "required", message);
            }
            (Due::Amount(_), _) => {}
        }
    }

    fn write(&self, text: &mut RequestText) {
        self.due.write(text);
        let overrun = Some(self.overrun).filter(|overrun| *overrun != Overrun::Refuse);
        text.maybe("overrun", overrun);
        self.details().write(text);
    }

    fn decide(&self, facts: &Facts<'_>) -> Result<Effect, Stop> {
        let asked = self.asked(facts);
        if facts.account.is_frozen() {
            let asked = asked.map_or(0, |asked| asked.units);
            return Err(Stop::refused(EntryOutcome::AccountFrozen, asked));
        }
        let asked = asked?;
        let free = facts.account.free();
        if self.overrun == Overrun::Refuse && asked.units > free {
            return Err(Stop::refused(EntryOutcome::InsufficientFunds, asked.units));
        }
        let charged = asked.units.min(free);
        let mut effect = Effect::asking(asked.units);
        effect.amount = -charged;
        effect.residual = asked.residual;
        let mut record = self.details().record(facts, Some(&self.due))?;
        record.state.price = asked.price.as_ref().map(JsonObject::from);
        record.state.status = RecordStatus::Accounted;
        record.state.accounted_at = Some(facts.now);
        record.state.amount = facts.decimal(charged, asked.units)?;
        record.state.shortfall = facts.decimal(asked.units - charged, asked.units)?;
        effect.record = Some(record);
        Ok(effect)
    }

    fn refused(&self, facts: &Facts<'_>) -> Result<Option<AccountingRecord>> {
        self.details().record(facts, Some(&self.due)).map(Some)
    }
}
