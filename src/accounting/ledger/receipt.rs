//! `Receipt`, what an operation has done, and `Refusal`, why one was refused.

use std::error::Error as StdError;
use std::fmt;

use chrono::{DateTime, Utc};
use genledger_contract::table::Code;
use genledger_contract::{Entity, Error, Field, Result};

use super::account::{Account, money};
use crate::accounting::{BalanceEntry, Currency, EntryOutcome, Money};
use crate::id::AccountingRecordId;

/// What became of an operation, with the account at that moment. It follows from the entry alone, so that a repetition
/// returns the same one, whatever has happened since.
///
/// ```
/// use genledger::accounting::{Currency, IdempotencyKey, Ledger, Money, NewTopUp};
/// use genledger::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[genledger::schema::accounting()]).await?;
/// let ledger = Ledger::new(store);
/// let ten = Money::new(10.into(), Currency::iso("CNY")?)?;
/// let top_up = NewTopUp::new("c1", IdempotencyKey::new("payment-8")?, ten);
/// let receipt = ledger.top_up(&top_up).await?;
/// assert_eq!((receipt.seq, receipt.balance, receipt.replayed), (1, ten, false));
/// assert!(ledger.top_up(&top_up).await?.replayed);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The number of the entry in the account.
    pub seq: i64,
    /// What became of the operation.
    pub outcome: EntryOutcome,
    /// The record that it concerns.
    pub record_id: Option<AccountingRecordId>,
    /// The requested amount, or the cost that was calculated; 0 if it was refused before that.
    pub asked: Money,
    /// The change of the balance.
    pub amount: Money,
    /// The balance afterwards.
    pub balance: Money,
    /// What was held afterwards.
    pub reserved: Money,
    /// What could be charged afterwards; the greatest amount without a credit limit.
    pub available: Money,
    /// When it was decided.
    pub time: DateTime<Utc>,
    /// Whether the operation was done before, and this is the stored receipt.
    pub replayed: bool,
}

impl Receipt {
    /// The receipt of an entry. The currency is that of the account, which has the scale.
    ///
    /// # Errors
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) if the entry has amounts that the currency does not have.
    pub fn of(entry: &BalanceEntry, currency: Currency) -> Result<Self> {
        let money = |amount| money(amount, currency);
        let units = |amount| Ok::<i128, Error>(money(amount)?.units().into());
        let account = Account {
            currency,
            balance: units(entry.balance)?,
            reserved: units(entry.reserved)?,
            credit_limit: units(entry.credit_limit)?,
            residual: entry.residual,
            status: entry.status.clone(),
        };
        Ok(Self {
            seq: entry.seq,
            outcome: entry.outcome.clone(),
            record_id: entry.record_id.clone(),
            asked: money(entry.asked)?,
            amount: money(entry.amount)?,
            balance: money(entry.balance)?,
            reserved: money(entry.reserved)?,
            available: Money::within(account.available(), currency)?,
            time: entry.created_at,
            replayed: false,
        })
    }

    /// The receipt, or the error of a refusal.
    pub(super) fn done(self) -> Result<Self> {
        if self.outcome.is_refusal() {
            Err(Refusal { receipt: self }.into())
        } else {
            Ok(self)
        }
    }
}

/// The refusal of an operation, which is stored: its repetition is refused again, with the same receipt. It is the source of
/// an error of the kind [`Refused`](genledger_contract::ErrorKind::Refused).
///
/// ```
/// use genledger::accounting::{
///     Currency, EntryOutcome, IdempotencyKey, Ledger, Money, NewCharge, Refusal,
/// };
/// use genledger::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[genledger::schema::accounting()]).await?;
/// let five = Money::new(5.into(), Currency::iso("CNY")?)?;
/// let charge = NewCharge::of_amount("c1", IdempotencyKey::new("call-18")?, five);
/// let error = Ledger::new(store).charge(&charge).await.unwrap_err();
/// assert_eq!((error.kind(), error.code()), (ErrorKind::Refused, Some("insufficient_funds")));
/// let refusal = Refusal::of(&error).unwrap();
/// assert_eq!(refusal.receipt.outcome, EntryOutcome::InsufficientFunds);
/// assert_eq!(refusal.receipt.asked, five);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// Its receipt: nothing has moved.
    pub receipt: Receipt,
}

impl Refusal {
    /// The refusal that an error of the ledger contains.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        error.source().and_then(<dyn StdError>::downcast_ref)
    }

    /// The code and its description.
    fn code(&self) -> (&'static str, &'static str) {
        let stored = self.receipt.outcome.as_str();
        let known = EntryOutcome::CODES.iter().find_map(|one| match one.code {
            Code::Text(code) if code == stored => Some((code, one.description)),
            _ => None,
        });
        known.unwrap_or((
            "unrecognized",
            "For a reason that this version does not know.",
        ))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code().1)
    }
}

impl StdError for Refusal {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let (code, description) = refusal.code();
        Self::refused(code, description)
            .with_table(BalanceEntry::TABLE.name)
            .with_source(refusal)
    }
}
