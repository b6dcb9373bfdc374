//! Money comes in.

use genledger_contract::{Result, Violations};

use super::details::Details;
use super::operation::{Effect, Facts, Head, Operation, Stop, check_positive};
use super::request_text::RequestText;
use crate::accounting::{EntryKind, IdempotencyKey, Money};
use crate::setters::setters;

/// An amount that comes in, greater than 0. It is never refused, unless the balance would reach 10^12.
///
/// ```
/// use genledger::accounting::{Currency, IdempotencyKey, Money, NewTopUp};
///
/// let ten = Money::new(10.into(), Currency::iso("CNY")?)?;
/// let top_up = NewTopUp::new("c1", IdempotencyKey::new("payment-8")?, ten).transno("t-8");
/// assert_eq!(top_up.amount, ten);
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewTopUp {
    /// The customer; 1 to 32 visible ASCII characters.
    pub customer_id: String,
    /// The key of the operation.
    pub key: IdempotencyKey,
    /// The amount, greater than 0.
    pub amount: Money,
    /// The trade number of the caller; at most 64 characters.
    pub transno: Option<String>,
}

impl NewTopUp {
    /// A top-up without a trade number.
    #[must_use]
    pub fn new(customer_id: impl Into<String>, key: IdempotencyKey, amount: Money) -> Self {
        Self {
            customer_id: customer_id.into(),
            key,
            amount,
            transno: None,
        }
    }

    setters! {
        /// The trade number of the caller; at most 64 characters.
        transno: text String;
    }

    fn details(&self) -> Details<'_> {
        Details {
            transno: self.transno.as_deref(),
            ..Default::default()
        }
    }
}

impl Operation for NewTopUp {
    fn kind(&self) -> EntryKind {
        EntryKind::TopUp
    }

    fn head(&self) -> Head {
        Head::new(&self.customer_id, &self.key, self.amount.currency())
    }

    fn check(&self, found: &mut Violations) {
        check_positive(found, self.amount);
        self.details().check(found, self.amount.currency());
    }

    fn write(&self, text: &mut RequestText) {
        text.field("amount", self.amount.amount());
        self.details().write(text);
    }

    fn decide(&self, _: &Facts<'_>) -> Result<Effect, Stop> {
        let amount = self.amount.units().into();
        let mut effect = Effect::asking(amount);
        effect.amount = amount;
        Ok(effect)
    }
}
