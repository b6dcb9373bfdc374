//! An amount is held for a record.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use genledger_contract::{Error, Result, Violations};

use super::details::Details;
use super::operation::{Effect, Facts, Head, Operation, Stop, check_not_negative};
use super::request_text::RequestText;
use crate::accounting::{
    AccountingRecord, EntryKind, EntryOutcome, IdempotencyKey, Money, PriceSheet,
};
use crate::setters::setters;

/// The longest time of a hold: 366 days.
const MAX_TTL: u64 = 31_622_400;

/// A hold: an amount that is reserved until it is settled, voided, or its time is over. It is a pending record.
///
/// A price that is stated is fixed for the settlement. A hold of a cost, rounded up, suffices for it only while the account
/// carries no residual: with one, the cost can ask for one smallest unit more.
///
/// | refused with | if |
/// |---|---|
/// | `account_frozen` | the account is frozen |
/// | `insufficient_funds` | the maximum is more than what is available; 0 never is |
/// | `out_of_range` | what is held would reach 10^12 |
///
/// A refused hold has a record as well, which has failed.
///
/// ```
/// use std::time::Duration;
/// use genledger::accounting::{Currency, IdempotencyKey, Money, NewAuthorization};
///
/// let most = Money::new(4.into(), Currency::iso("CNY")?)?;
/// let key = IdempotencyKey::new("call-17")?;
/// let hold = NewAuthorization::new("c1", key, most, Duration::from_secs(600)).model_name("qwen-max");
/// assert_eq!(hold.max, most);
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewAuthorization {
    /// The customer; 1 to 32 visible ASCII characters.
    pub customer_id: String,
    /// The key of the operation.
    pub key: IdempotencyKey,
    /// The amount that is held, 0 or more.
    pub max: Money,
    /// How long it is held at least: whole seconds, 1 second to 366 days.
    pub ttl: Duration,
    /// The id of the model; at most 32 characters.
    pub llmid: Option<String>,
    /// The name of the model; at most 128 characters.
    pub model_name: Option<String>,
    /// The price by which it will be settled.
    pub price: Option<Arc<PriceSheet>>,
    /// The trade number of the caller; at most 64 characters.
    pub transno: Option<String>,
    /// How often the caller had tried before.
    pub retry_count: Option<i16>,
}

impl NewAuthorization {
    /// A hold of an amount for a time.
    #[must_use]
    pub fn new(
        customer_id: impl Into<String>,
        key: IdempotencyKey,
        max: Money,
        ttl: Duration,
    ) -> Self {
        Self {
            customer_id: customer_id.into(),
            key,
            max,
            ttl,
            llmid: None,
            model_name: None,
            price: None,
            transno: None,
            retry_count: None,
        }
    }

    setters! {
        /// The id of the model; at most 32 characters.
        llmid: text String;
        /// The name of the model; at most 128 characters.
        model_name: text String;
        /// The price by which it will be settled.
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
}

impl Operation for NewAuthorization {
    fn kind(&self) -> EntryKind {
        EntryKind::Authorize
    }

    fn head(&self) -> Head {
        Head::new(&self.customer_id, &self.key, self.max.currency())
    }

    fn check(&self, found: &mut Violations) {
        check_not_negative(found, "max", self.max);
        let message = "must be from 1 second to 366 days";
        let in_range = (1..=MAX_TTL).contains(&self.ttl.as_secs());
        let whole = self.ttl.subsec_nanos() == 0;
        let too_long = self.ttl.as_secs() == MAX_TTL && !whole;
        found.check(!in_range || too_long, "ttl", "out_of_range", message);
        let message = "must be whole seconds";
        found.check(in_range && !whole, "ttl", "too_many_digits", message);
        self.details().check(found, self.max.currency());
    }

    fn write(&self, text: &mut RequestText) {
        text.field("max", self.max.amount());
        text.field("ttl", self.ttl.as_secs());
        self.details().write(text);
    }

    fn decide(&self, facts: &Facts<'_>) -> Result<Effect, Stop> {
        let max = i128::from(self.max.units());
        if facts.account.is_frozen() {
            return Err(Stop::refused(EntryOutcome::AccountFrozen, max));
        }
        if max > facts.account.free() {
            return Err(Stop::refused(EntryOutcome::InsufficientFunds, max));
        }
        let ttl = TimeDelta::from_std(self.ttl).unwrap_or(TimeDelta::MAX);
        let expires_at = facts.now.checked_add_signed(ttl);
        let expires_at = expires_at.ok_or_else(|| Error::invalid("the clock is out of range"))?;
        let mut record = self.details().record(facts, None)?;
        record.state.held = self.max.amount();
        record.state.expires_at = Some(expires_at);
        let mut effect = Effect::asking(max);
        effect.hold = max;
        effect.record = Some(record);
        Ok(effect)
    }

    fn refused(&self, facts: &Facts<'_>) -> Result<Option<AccountingRecord>> {
        self.details().record(facts, None).map(Some)
    }
}
