//! The balance is corrected.

use genledger_contract::{Result, Violations};

use super::operation::{Effect, Facts, Head, Operation, Stop, check_reason};
use super::request_text::RequestText;
use crate::accounting::{EntryKind, EntryOutcome, IdempotencyKey, Money};
use crate::setters::setters;

/// A correction of the balance, up or down. Money is exchanged by two of them in one transaction.
///
/// | refused with | if |
/// |---|---|
/// | `insufficient_funds` | it takes more than is available, and debt is not allowed |
/// | `out_of_range` | the balance would reach 10^12 |
///
/// ```
/// use genledger::accounting::{Currency, IdempotencyKey, Money, NewAdjustment};
///
/// let less = Money::new((-3).into(), Currency::iso("CNY")?)?;
/// let adjustment = NewAdjustment::new("c1", IdempotencyKey::new("fee-6")?, less).debt(true).reason("fee");
/// assert!(adjustment.debt);
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewAdjustment {
    /// The customer; 1 to 32 visible ASCII characters.
    pub customer_id: String,
    /// The key of the operation.
    pub key: IdempotencyKey,
    /// The change of the balance, not 0.
    pub amount: Money,
    /// Whether it may take more than is available.
    pub debt: bool,
    /// Why; at most 200 characters.
    pub reason: Option<String>,
}

impl NewAdjustment {
    /// A correction by an amount that is not 0, which takes no more than is available.
    #[must_use]
    pub fn new(customer_id: impl Into<String>, key: IdempotencyKey, amount: Money) -> Self {
        Self {
            customer_id: customer_id.into(),
            key,
            amount,
            debt: false,
            reason: None,
        }
    }

    /// Whether it may take more than is available.
    #[must_use]
    pub const fn debt(mut self, debt: bool) -> Self {
        self.debt = debt;
        self
    }

    setters! {
        /// Why; at most 200 characters.
        reason: text String;
    }
}

impl Operation for NewAdjustment {
    fn kind(&self) -> EntryKind {
        EntryKind::Adjust
    }

    fn head(&self) -> Head {
        Head::new(&self.customer_id, &self.key, self.amount.currency())
    }

    fn check(&self, found: &mut Violations) {
        let message = "must not be 0";
        found.check(self.amount.is_zero(), "amount", "zero", message);
        check_reason(found, self.reason.as_ref());
    }

    fn write(&self, text: &mut RequestText) {
        text.field("amount", self.amount.amount());
        text.maybe("debt", self.debt.then_some(true));
        text.maybe("reason", self.reason.as_ref());
    }

    fn decide(&self, facts: &Facts<'_>) -> Result<Effect, Stop> {
        let amount = i128::from(self.amount.units());
        if -amount > facts.account.free() && !self.debt {
            return Err(Stop::refused(EntryOutcome::InsufficientFunds, amount));
        }
        let mut effect = Effect::asking(amount);
        effect.amount = amount;
        Ok(effect)
    }
}
