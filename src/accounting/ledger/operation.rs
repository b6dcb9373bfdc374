//! `Operation`, what an account is requested to do, and `Request`, one that was checked.

use std::fmt::Debug;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use genledger_contract::{Error, Result, Violation, Violations};
use rust_decimal::Decimal;

use super::account::{Account, decimal, units};
use super::request_text::RequestText;
use crate::accounting::key::visible;
use crate::accounting::{
    AccountingRecord, BalanceEntry, BalanceStatus, Currency, EntryKind, EntryOutcome,
    IdempotencyKey, Money,
};
use crate::id::{AccountingRecordId, CustomerBalanceId};

/// Whose account, and under which key.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) customer_id: String,
    pub(super) key: IdempotencyKey,
    pub(super) currency: Currency,
}

impl Head {
    pub(super) fn new(customer_id: &str, key: &IdempotencyKey, currency: Currency) -> Self {
        Self {
            customer_id: customer_id.to_owned(),
            key: key.clone(),
            currency,
        }
    }
}

/// An operation on an account: its rules, its text, and what it decides. Nothing in it reads or writes.
pub(super) trait Operation: Debug + Send + Sync {
    fn kind(&self) -> EntryKind;

    fn head(&self) -> Head;

    /// The record that it concerns.
    fn record_id(&self) -> Option<&AccountingRecordId> {
        None
    }

    /// The number of the entry that it concerns.
    fn target(&self) -> Option<i64> {
        None
    }

    /// The broken rules of its own fields.
    fn check(&self, found: &mut Violations);

    /// Its own fields.
    fn write(&self, text: &mut RequestText);

    /// What it does to an account. The caller checks that amounts stay in range.
    fn decide(&self, facts: &Facts<'_>) -> Result<Effect, Stop>;

    /// The record that it creates although it is refused.
    fn refused(&self, facts: &Facts<'_>) -> Result<Option<AccountingRecord>> {
        let _ = facts;
        Ok(None)
    }
}

/// An operation whose rules are kept.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) operation: Arc<dyn Operation>,
    pub(super) head: Head,
    pub(super) account: CustomerBalanceId,
    pub(super) text: String,
    /// The id of the record that it creates, if it does: the same in every attempt.
    pub(super) id: AccountingRecordId,
}

impl Request {
    pub(super) fn new(operation: impl Operation + 'static, id: AccountingRecordId) -> Result<Self> {
        let head = operation.head();
        let mut found = Violations::new();
        visible(&mut found, "customer_id", &head.customer_id, 32);
        // Operations whose keys the library makes do not accept one of the caller.
        if !is_keyed_by_library(&operation.kind()) {
            visible(&mut found, "key", head.key.as_str(), 64);
            let message = "must not begin with ~, as keys of the library do";
            found.check(head.key.is_of_library(), "key", "reserved", message);
        }
        operation.check(&mut found);
        found.into_result().map_err(Error::from)?;
        let mut text = RequestText::new(&operation.kind(), &head);
        operation.write(&mut text);
        Ok(Self {
            account: CustomerBalanceId::of(&head.customer_id, head.currency.code()),
            text: text.finish(),
            operation: Arc::new(operation),
            head,
            id,
        })
    }
}

const fn is_keyed_by_library(kind: &EntryKind) -> bool {
    matches!(kind, EntryKind::Expire | EntryKind::Reverse)
}

/// What an operation is decided from.
pub(super) struct Facts<'a> {
    pub(super) head: &'a Head,
    pub(super) account: &'a Account,
    /// The record that it concerns, if the customer has it.
    pub(super) record: Option<&'a AccountingRecord>,
    /// The entry that it concerns.
    pub(super) entry: Option<&'a BalanceEntry>,
    /// The id of a new record.
    pub(super) id: &'a AccountingRecordId,
    pub(super) now: DateTime<Utc>,
}

impl<'a> Facts<'a> {
    /// The record, which must be one of the account.
    pub(super) fn record(&self, asked: i128) -> Result<&'a AccountingRecord, Stop> {
        let refused = |outcome| Stop::Refused { outcome, asked };
        let record = self
            .record
            .ok_or_else(|| refused(EntryOutcome::RecordNotFound))?;
        if self.is_of_account(record) {
            Ok(record)
        } else {
            Err(refused(EntryOutcome::CurrencyMismatch))
        }
    }

    pub(super) fn is_of_account(&self, record: &AccountingRecord) -> bool {
        record.currency == self.account.currency.code()
    }

    /// An amount of the record in smallest units.
    pub(super) fn units(&self, amount: Decimal) -> Result<i128> {
        units(amount, self.account.currency)
    }

    /// Smallest units as an amount of the record, which refuses what was asked if they are out of range.
    pub(super) fn decimal(&self, units: i128, asked: i128) -> Result<Decimal, Stop> {
        let decimal = decimal(units, self.account.currency);
        decimal.map_err(|_| Stop::refused(EntryOutcome::OutOfRange, asked))
    }
}

/// What an operation does to an account that does not refuse it. Amounts are smallest units.
#[derive(Debug)]
pub(super) struct Effect {
    pub(super) asked: i128,
    /// The change of the balance.
    pub(super) amount: i128,
    /// The change of what is held.
    pub(super) hold: i128,
    /// The next residual, if it changes.
    pub(super) residual: Option<i64>,
    pub(super) credit_limit: Option<i128>,
    pub(super) status: Option<BalanceStatus>,
    /// The record as it is afterwards, without its numbers, its time and its digest.
    pub(super) record: Option<AccountingRecord>,
}

impl Effect {
    /// An operation that asks for an amount, and changes nothing yet.
    pub(super) const fn asking(asked: i128) -> Self {
        Self {
            asked,
            amount: 0,
            hold: 0,
            residual: None,
            credit_limit: None,
            status: None,
            record: None,
        }
    }
}

/// Why an operation is not done.
#[derive(Debug)]
pub(super) enum Stop {
    /// It is refused, which is kept.
    Refused { outcome: EntryOutcome, asked: i128 },
    /// There is nothing to do, and nothing is kept.
    Nothing,
    /// Nothing is kept.
    Error(Error),
}

impl Stop {
    pub(super) const fn refused(outcome: EntryOutcome, asked: i128) -> Self {
        Self::Refused { outcome, asked }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// The rule of a reason: at most 200 characters.
pub(super) fn check_reason(found: &mut Violations, reason: Option<&String>) {
    if reason.is_some_and(|reason| reason.chars().nth(200).is_some()) {
        let message = "is longer than 200 characters";
        found.push(Violation::new("reason", "too_long", message));
    }
}

/// The rule of an amount that must be greater than 0.
pub(super) fn check_positive(found: &mut Violations, amount: Money) {
    let positive = !amount.is_negative() && !amount.is_zero();
    let message = "must be greater than 0";
    found.check(!positive, "amount", "not_positive", message);
}

/// The rule of an amount that must not be less than 0.
pub(super) fn check_not_negative(found: &mut Violations, path: &'static str, amount: Money) {
    let message = "must not be negative";
    found.check(amount.is_negative(), path, "negative", message);
}
