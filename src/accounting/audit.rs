//! `Audit`: whether the rows of the accounting domain agree with each other.

mod account;
mod chain;
mod cost;
mod discrepancy;
mod fold;
mod marks;
mod missing;
mod records;
mod request;
mod scan;

use std::fmt;
use std::sync::Arc;

use genledger_contract::query::MAX_PAGE_SIZE;
use genledger_contract::{Result, Store, Violations};

use crate::time::{Clock, SystemClock};
use scan::Scan;

pub use discrepancy::{AuditCheck, Discrepancy};

/// The rows of a page, if the caller does not state it.
const PAGE: u32 = 500;

/// A check of accounts, entries and records against each other: which rows were changed, added or deleted by something
/// else than the library, or by a fault of it.
///
/// It reads in pages, while operations continue: each account up to the last entry that it had when it was read. What
/// differs is passed on one by one, also rows that cannot be read; an error ends the audit, and means that the store could
/// not be read.
///
/// Each entry is compared with the one before it and with its request, each account with its last entry, each record with
/// what its entries have made of it, and the costs with the rates and the quantities that the records keep. Usage logs and
/// roll-ups are not compared.
///
/// A record that no entry has created, because another program has written it, is compared only with the entries that have
/// changed it. The id of a price, the number of its tier and rates that were replaced by a rerating are protected by the digest of
/// the record alone.
///
/// ```
/// use genledger::accounting::{Audit, Currency, IdempotencyKey, Ledger, Money, NewTopUp};
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
/// let audit = Audit::new(store.clone());
/// let audited = audit.run(|found| eprintln!("{found}")).await?;
/// assert_eq!((audited.accounts, audited.entries, audited.discrepancies), (1, 1, 0));
///
/// // Every night what is new, and a thirtieth of the rest.
/// let day = 17;
/// audit.incremental(day % 30, 30).run(|found| eprintln!("{found}")).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Audit {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    page_size: u32,
    is_marking: bool,
    part: Option<(u32, u32)>,
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audit")
            .field("page_size", &self.page_size)
            .field("is_marking", &self.is_marking)
            .field("part", &self.part)
            .finish_non_exhaustive()
    }
}

/// What an audit has read, and how much of it differs.
///
/// ```
/// use genledger::accounting::{Audit, Audited};
/// use genledger::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[genledger::schema::accounting()]).await?;
/// assert_eq!(Audit::new(store).run(|_| {}).await?, Audited::default());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Audited {
    /// The accounts.
    pub accounts: u64,
    /// The entries that were checked.
    pub entries: u64,
    /// The records that were checked.
    pub records: u64,
    /// The discrepancies that were found.
    pub discrepancies: u64,
}

impl Audit {
    /// An audit of everything, which writes nothing.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            clock: Arc::new(SystemClock),
            page_size: PAGE,
            is_marking: false,
            part: None,
        }
    }

    /// The rows that are read at once, 1 to 1000; 500 if it is not stated.
    pub const fn page_size(mut self, rows: u32) -> Self {
        self.page_size = rows;
        self
    }

    /// Whether accounts without a discrepancy get an [`AuditMark`](super::AuditMark).
    pub const fn marking(mut self, marking: bool) -> Self {
        self.is_marking = marking;
        self
    }

    /// Only what is new since the marks, everything of pending records, and all of one account in `of`: those of the
    /// part `part`, 0 to `of - 1`. After `of` audits, each with the next part, every account was checked from its first
    /// entry. Accounts without a discrepancy get a mark.
    ///
    /// Entries, records and marks without an account are found by an audit of everything.
    pub const fn incremental(mut self, part: u32, of: u32) -> Self {
        self.is_marking = true;
        self.part = Some((part, of));
        self
    }

    /// The clock for the times of marks.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Runs the audit, and passes on each discrepancy when it is found.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a page size outside of 1 to 1000 and for a part that is not
    /// less than the number of parts; those of [`Session`](genledger_contract::Session).
    pub async fn run(&self, mut found: impl FnMut(Discrepancy) + Send) -> Result<Audited> {
        self.check()?;
        let session = self.store.session();
        let mut scan = Scan::new(&*session, self.page_size, &mut found);
        account::all(&mut scan, self).await?;
        if self.part.is_none() {
            missing::entries(&mut scan).await?;
            missing::records(&mut scan).await?;
            missing::marks(&mut scan).await?;
        }
        Ok(scan.audited)
    }

    fn check(&self) -> Result<()> {
        let mut found = Violations::new();
        let in_range = (1..=MAX_PAGE_SIZE).contains(&self.page_size);
        let message = "must be from 1 to 1000";
        found.check(!in_range, "page_size", "out_of_range", message);
        let is_part = self.part.is_none_or(|(part, of)| part < of);
        let message = "must be less than the number of parts";
        found.check(!is_part, "part", "out_of_range", message);
        Ok(found.into_result()?)
    }
}
