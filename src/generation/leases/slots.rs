//! Whether the slots that accounts count are those of their open attempts.

use genledger_contract::query::{Count, MAX_PAGE_SIZE};
use genledger_contract::{Entity, Query, Result, SessionExt, Tx};

use crate::generation::account_row::{MediaColumns, keep_version, lock};
use crate::generation::change::overtaken;
use crate::generation::{GenerationAttempt, Medium, ProviderAccount};
use crate::id::ProviderAccountId;
use crate::store_or_tx::StoreOrTx;

/// The most open attempts of an account that are counted.
const MOST: u64 = 1_000_000;

/// An account whose counter of slots is wrong.
///
/// ```
/// use genledger::generation::{GenerationLeases, ImageTask};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[genledger::schema::generation()]).await?;
/// let leases = GenerationLeases::<ImageTask>::new(store);
/// for fault in leases.audit_slots().await? {
///     eprintln!("{}: {} counted, {} open", fault.account_id, fault.counted, fault.open);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SlotFault {
    /// The account.
    pub account_id: ProviderAccountId,
    /// The kind of media.
    pub medium: Medium,
    /// The slots that are taken by its row.
    pub counted: i32,
    /// The attempts that take one.
    pub open: i32,
}

/// Compares every account, deleted ones as well, and corrects those that differ if `repairs`.
pub(super) async fn compare(
    store: &StoreOrTx,
    medium: Medium,
    repairs: bool,
) -> Result<Vec<SlotFault>> {
    let mut faults = Vec::new();
    let mut query = Query::<ProviderAccount>::default().page_size(MAX_PAGE_SIZE);
    loop {
        let page = store.session().page_lenient(&query).await?;
        for account in page.items.into_iter().flatten() {
            let compare = |tx| async move { compare_one(&tx, account.id, medium, repairs).await };
            faults.extend(store.transaction(compare).await?);
        }
        match page.next {
            Some(next) => query = query.after(next),
            None => return Ok(faults),
        }
    }
}

async fn compare_one(
    tx: &Tx,
    id: ProviderAccountId,
    medium: Medium,
    repairs: bool,
) -> Result<Option<SlotFault>> {
    let columns = MediaColumns::of(medium)?;
    // Slots move together with the row, which this update keeps as it is until the end of the transaction.
    let account = lock(tx, id).await?;
    let Some(candidate) = account.and_then(|account| account.candidate(medium)) else {
        return Ok(None);
    };
    let open = GenerationAttempt::ACCOUNT_ID.eq(id)
        & GenerationAttempt::MEDIA.eq(medium)
        & GenerationAttempt::ENDED_AT.is_null();
    let open = match tx.count(open, MOST).await? {
        Count::Exactly(open) | Count::AtLeast(open) => i32::try_from(open).unwrap_or(i32::MAX),
    };
    let counted = candidate.active;
    if counted == open {
        return Ok(None);
    }
    if repairs {
        let same = columns.active.eq(counted);
        let changes = [columns.active.set(open), keep_version()];
        if !tx.update_if::<ProviderAccount>(&id, same, changes).await? {
            return Err(overtaken(ProviderAccount::TABLE.name));
        }
    }
    Ok(Some(SlotFault {
        account_id: id,
        medium,
        counted,
        open,
    }))
}
