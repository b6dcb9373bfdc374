//! `Discrepancy`: what an audit has found.

use std::fmt;

use genledger_contract::CodedEnum;
use genledger_contract::entity::UnrecognizedCode;
use serde::Serialize;

/// The check that has found a discrepancy.
///
/// ```
/// use genledger::accounting::AuditCheck;
///
/// assert_eq!(AuditCheck::Digest.as_str(), "digest");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(text, max_chars = 16)]
pub enum AuditCheck {
    /// A row cannot be read.
    #[code("unreadable")]
    Unreadable,
    /// A row breaks a rule of its table, such as the id of an account that follows from its customer.
    #[code("rule")]
    Rule,
    /// A row does not have its digest, or an entry is not chained to the one before it.
    #[code("digest")]
    Digest,
    /// The numbers of an account have a gap, or continue after the last entry of the account.
    #[code("sequence")]
    Sequence,
    /// The state after an entry is not the one before it with the change, or a refused operation has changed something.
    #[code("change")]
    Change,
    /// The columns of an entry are not those of its request.
    #[code("request")]
    Request,
    /// An entry is earlier than the one before it.
    #[code("time")]
    Time,
    /// The account is not the state after its last entry.
    #[code("balance")]
    Balance,
    /// An account without entries; entries, records or a mark without an account.
    #[code("account")]
    Account,
    /// The record of an entry is missing or is one of another account; or a record is not what its entries have made of it.
    #[code("record")]
    Record,
    /// A record that was charged does not have exactly one entry that settles it, or one that was not has one.
    #[code("settlement")]
    Settlement,
    /// The amounts that are held for pending records are not what the account has reserved.
    #[code("holds")]
    Holds,
    /// What was asked and the change of the residual are not the cost by the rates and the quantities that are kept.
    #[code("cost")]
    Cost,
    /// The entry of a mark is missing, or has another digest.
    #[code("mark")]
    Mark,
    /// A word that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// Two things that should be equal and are not.
///
/// Values are written as in the digest of a row: times in unix microseconds, decimals in the shortest form, `%` before the
/// two digits of a byte that is not visible ASCII. It is JSON when it is serialized.
///
/// ```
/// use genledger::accounting::{Audit, AuditCheck, Currency, CustomerBalance, IdempotencyKey, Ledger, Money, NewTopUp};
/// use genledger::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[genledger::schema::accounting()]).await?;
/// let ten = Money::new(10.into(), Currency::iso("CNY")?)?;
/// let top_up = NewTopUp::new("c1", IdempotencyKey::new("payment-8")?, ten);
/// Ledger::new(store.clone()).top_up(&top_up).await?;
///
/// // Another program changes the balance.
/// let changes = [CustomerBalance::BALANCE.set(rust_decimal::Decimal::from(1_000))];
/// store.session().update_where(CustomerBalance::CUSTOMER_ID.eq("c1"), changes).await?;
///
/// let mut found = Vec::new();
/// Audit::new(store).run(|one| found.push(one)).await?;
/// let balance = found.iter().find(|one| one.check == AuditCheck::Balance).unwrap();
/// assert_eq!(balance.column.as_deref(), Some("balance"));
/// assert_eq!((balance.expected.as_deref(), balance.found.as_deref()), (Some("10"), Some("1000")));
/// println!("{balance}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Discrepancy {
    /// The check.
    pub check: AuditCheck,
    /// The table of the row.
    pub table: &'static str,
    /// The primary key of the row, its columns separated by `/`; empty where it cannot be read.
    pub key: String,
    /// The column, if it is one.
    pub column: Option<String>,
    /// What it should be; `None` for nothing, or NULL.
    pub expected: Option<String>,
    /// What it is; `None` for nothing, or NULL.
    pub found: Option<String>,
    /// The customer and the currency of the account, if they are known.
    pub account: Option<(String, String)>,
    /// The number of the entry, if it concerns one.
    pub seq: Option<i64>,
}

impl Discrepancy {
    pub(super) fn new(check: AuditCheck, table: &'static str, key: impl Into<String>) -> Self {
        Self {
            check,
            table,
            key: key.into(),
            column: None,
            expected: None,
            found: None,
            account: None,
            seq: None,
        }
    }

    pub(super) fn of(mut self, customer_id: &str, currency: &str) -> Self {
        self.account = Some((customer_id.to_owned(), currency.to_owned()));
        self
    }

    pub(super) const fn at(mut self, seq: i64) -> Self {
        self.seq = Some(seq);
        self
    }

    pub(super) fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    pub(super) fn differs(mut self, expected: Option<String>, found: Option<String>) -> Self {
        self.expected = expected;
        self.found = found;
        self
    }
}

/// One line.
impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.check.as_str(), self.table, self.key)?;
        if let Some(column) = &self.column {
            write!(f, " {column}")?;
        }
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        write!(
            f,
            ": expected {}, found {}",
            shown(&self.expected),
            shown(&self.found)
        )?;
        if let Some((customer_id, currency)) = &self.account {
            write!(f, " (account {customer_id} {currency}")?;
            if let Some(seq) = self.seq {
                write!(f, ", entry {seq}")?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}
