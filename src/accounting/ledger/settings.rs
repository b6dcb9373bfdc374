//! The credit limit and the status of an account are set.

use genledger_contract::{CodedEnum, Result, Violations};

use super::operation::{Effect, Facts, Head, Operation, Stop, check_not_negative, check_reason};
use super::request_text::RequestText;
use crate::accounting::{BalanceStatus, Currency, EntryKind, IdempotencyKey, Money};
use crate::setters::setters;

/// The text of a limit that is none.
const UNLIMITED: &str = "unlimited";

/// Another credit limit: how far the balance may go below zero. It may be less than what is used already, and nothing
/// refuses it.
///
/// ```
/// use genledger::accounting::{Currency, IdempotencyKey, Money, NewLimit};
///
/// let cny = Currency::iso("CNY")?;
/// let none = NewLimit::new("c1", IdempotencyKey::new("limit-1")?, Money::zero(cny));
/// assert!(none.limit.is_zero()); // no overdraft
/// let unlimited = NewLimit::unlimited("c1", IdempotencyKey::new("limit-2")?, cny);
/// assert_eq!(unlimited.limit, Money::max(cny));
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewLimit {
    /// The customer; 1 to 32 visible ASCII characters.
    pub customer_id: String,
    /// The key of the operation.
    pub key: IdempotencyKey,
    /// The limit, 0 or more; the greatest amount is "without a limit".
    pub limit: Money,
}

impl NewLimit {
    /// A limit, 0 or more.
    #[must_use]
    pub fn new(customer_id: impl Into<String>, key: IdempotencyKey, limit: Money) -> Self {
        Self {
            customer_id: customer_id.into(),
            key,
            limit,
        }
    }

    /// No limit.
    #[must_use]
    pub fn unlimited(
        customer_id: impl Into<String>,
        key: IdempotencyKey,
        currency: Currency,
    ) -> Self {
        Self::new(customer_id, key, Money::max(currency))
    }
}

impl Operation for NewLimit {
    fn kind(&self) -> EntryKind {
        EntryKind::Limit
    }

    fn head(&self) -> Head {
        Head::new(&self.customer_id, &self.key, self.limit.currency())
    }

    fn check(&self, found: &mut Violations) {
        check_not_negative(found, "limit", self.limit);
    }

    fn write(&self, text: &mut RequestText) {
        if self.limit == Money::max(self.limit.currency()) {
            text.field("limit", UNLIMITED);
        } else {
            text.field("limit", self.limit.amount());
        }
    }

    fn decide(&self, _: &Facts<'_>) -> Result<Effect, Stop> {
        let mut effect = Effect::asking(0);
        effect.credit_limit = Some(self.limit.units().into());
        Ok(effect)
    }
}

/// Another status: a frozen account refuses new holds and charges, and everything else continues. Nothing refuses it.
///
/// ```
/// use genledger::accounting::{BalanceStatus, Currency, IdempotencyKey, NewStatus};
///
/// let key = IdempotencyKey::new("freeze-1")?;
/// let frozen = NewStatus::new("c1", key, Currency::iso("CNY")?, BalanceStatus::Frozen).reason("deleted");
/// assert_eq!(frozen.status, BalanceStatus::Frozen);
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewStatus {
    /// The customer; 1 to 32 visible ASCII characters.
    pub customer_id: String,
    /// The key of the operation.
    pub key: IdempotencyKey,
    /// The currency of the account.
    pub currency: Currency,
    /// The status.
    pub status: BalanceStatus,
    /// Why; at most 200 characters.
    pub reason: Option<String>,
}

impl NewStatus {
    /// A status.
    #[must_use]
    pub fn new(
        customer_id: impl Into<String>,
        key: IdempotencyKey,
        currency: Currency,
        status: BalanceStatus,
    ) -> Self {
        Self {
            customer_id: customer_id.into(),
            key,
            currency,
            status,
            reason: None,
        }
    }

    setters! {
        /// Why; at most 200 characters.
        reason: text String;
    }
}

impl Operation for NewStatus {
    fn kind(&self) -> EntryKind {
        EntryKind::Status
    }

    fn head(&self) -> Head {
        Head::new(&self.customer_id, &self.key, self.currency)
    }

    fn check(&self, found: &mut Violations) {
        let message = "is not known to this version";
        let unknown = !self.status.is_known();
        found.check(unknown, "status", "unrecognized_code", message);
        check_reason(found, self.reason.as_ref());
    }

    fn write(&self, text: &mut RequestText) {
        text.field("status", self.status.as_str());
        text.maybe("reason", self.reason.as_ref());
    }

    fn decide(&self, _: &Facts<'_>) -> Result<Effect, Stop> {
        let mut effect = Effect::asking(0);
        effect.status = Some(self.status.clone());
        Ok(effect)
    }
}
