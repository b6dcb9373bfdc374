//! Rows without an account.

use std::collections::HashSet;

use genledger_contract::{Filter, Query, Result};

use super::records::of_record;
use super::scan::Scan;
use super::{AuditCheck, chain, marks};
use crate::accounting::{AccountingRecord, AuditMark, BalanceEntry, CustomerBalance};
use crate::id::CustomerBalanceId;

/// Entries whose account is missing: the first one of each.
pub(super) async fn entries(scan: &mut Scan<'_>) -> Result<()> {
    let mut query = Query::<BalanceEntry>::matching(Filter::all());
    loop {
        // One row of each account: the next account is found by the index.
        let page = scan.first(query.clone()).await?;
        let Some(row) = page.items.into_iter().next() else {
            return Ok(());
        };
        let (customer_id, currency, _) = match row {
            Ok(entry) => {
                let (customer_id, currency) = (&entry.customer_id, &entry.currency);
                let id = CustomerBalanceId::of(customer_id, currency);
                if existing(scan, &[id]).await?.is_empty() {
                    let found = chain::of_entry(AuditCheck::Account, &entry);
                    scan.report(found.differs(Some("an account".to_owned()), None));
                }
                (entry.customer_id, entry.currency, entry.seq)
            }
            Err(unreadable) => match (unreadable.key, page.next) {
                (Some(key), _) => {
                    let id = CustomerBalanceId::of(&key.0, &key.1);
                    if existing(scan, &[id]).await?.is_empty() {
                        scan.unreadable::<BalanceEntry>(&unreadable.error);
                    }
                    key
                }
                (None, Some(next)) => {
                    scan.unreadable::<BalanceEntry>(&unreadable.error);
                    query = query.after(next);
                    continue;
                }
                (None, None) => {
                    scan.unreadable::<BalanceEntry>(&unreadable.error);
                    return Ok(());
                }
            },
        };
        let of_customer = BalanceEntry::CUSTOMER_ID.eq(customer_id.as_str())
            & BalanceEntry::CURRENCY.gt(currency.as_str());
        let later = of_customer | BalanceEntry::CUSTOMER_ID.gt(customer_id.as_str());
        query = Query::matching(later);
    }
}

/// Records whose account is missing, unless no entry has created them, and those that cannot be read.
pub(super) async fn records(scan: &mut Scan<'_>) -> Result<()> {
    let mut cursor = None;
    loop {
        let query = Query::<AccountingRecord>::matching(Filter::all());
        let page = scan.page(query, cursor).await?;
        let readable = page.items.iter().filter_map(|row| row.as_ref().ok());
        let ids: Vec<_> = readable.map(account).collect();
        let existing = existing(scan, &ids).await?;
        for row in page.items {
            match row {
                Ok(row) if existing.contains(&account(&row)) => {}
                Ok(row) => alone(scan, &row)?,
                Err(unreadable) => scan.unreadable::<AccountingRecord>(&unreadable.error),
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

/// A record without an account: another program may have written it.
fn alone(scan: &mut Scan<'_>, row: &AccountingRecord) -> Result<()> {
    scan.audited.records += 1;
    scan.equal(&row.row_digest()?, &row.state.digest, || {
        of_record(AuditCheck::Digest, row).column("digest")
    });
    if row.state.opened_seq != 0 || row.state.last_seq != 0 || !row.state.held.is_zero() {
        let found = of_record(AuditCheck::Account, row);
        scan.report(found.differs(Some("an account".to_owned()), None));
    }
    Ok(())
}

/// Marks whose account is missing.
pub(super) async fn marks(scan: &mut Scan<'_>) -> Result<()> {
    let mut cursor = None;
    loop {
        let query = Query::<AuditMark>::matching(Filter::all());
        let page = scan.page(query, cursor).await?;
        for row in page.items {
            match row {
                Ok(mark) => {
                    let id = CustomerBalanceId::of(&mark.customer_id, &mark.currency);
                    if existing(scan, &[id]).await?.is_empty() {
                        let found = marks::of_mark(AuditCheck::Account, &mark);
                        scan.report(found.differs(Some("an account".to_owned()), None));
                    }
                }
                Err(unreadable) => {
                    // That of an account is reported with the account.
                    let id = unreadable.key.map(|(customer_id, currency)| {
                        CustomerBalanceId::of(&customer_id, &currency)
                    });
                    let is_known = match id {
                        Some(id) => !existing(scan, &[id]).await?.is_empty(),
                        None => false,
                    };
                    if !is_known {
                        scan.unreadable::<AuditMark>(&unreadable.error);
                    }
                }
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

fn account(row: &AccountingRecord) -> CustomerBalanceId {
    CustomerBalanceId::of(&row.customer_id, &row.currency)
}

/// Those of some accounts that exist, readable or not.
async fn existing(
    scan: &mut Scan<'_>,
    ids: &[CustomerBalanceId],
) -> Result<HashSet<CustomerBalanceId>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let query = Query::matching(CustomerBalance::ID.is_in(ids));
    let rows = scan.page(query, None).await?.items.into_iter();
    Ok(rows
        .filter_map(|row| match row {
            Ok(row) => Some(row.id),
            Err(unreadable) => unreadable.key,
        })
        .collect())
}
