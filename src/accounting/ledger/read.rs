//! The rows that a group of requests is decided from.

use std::collections::{BTreeMap, BTreeSet};

use genledger_contract::query::MAX_PAGE_SIZE;
use genledger_contract::session::Unreadable;
use genledger_contract::{Entity, Filter, Query, Result, SessionExt, Tx};

use super::known::{EntryKey, Known, previous};
use super::operation::Request;
use crate::accounting::{AccountingRecord, BalanceEntry, CustomerBalance};

/// Accounts first: what is read afterwards is not older than its account, whose number proves that nothing has changed.
pub(super) async fn read(tx: &Tx, requests: &[&Request]) -> Result<Known> {
    let mut known = Known::default();
    let ids: BTreeSet<_> = requests.iter().map(|request| request.account).collect();
    for ids in chunks(&ids) {
        let rows = rows(tx, CustomerBalance::ID.is_in(ids)).await?;
        known.accounts.extend(by_key(rows, |row| row.id));
    }
    memos(tx, requests, &mut known).await?;
    entries(tx, requests, &mut known).await?;
    let named = requests.iter().filter_map(|one| one.operation.record_id());
    let targets = requests.iter().filter_map(|one| known.target(one).ok()?);
    let of_targets = targets.filter_map(|entry| entry.record_id.as_ref());
    let ids: BTreeSet<_> = named.chain(of_targets).cloned().collect();
    for ids in chunks(&ids) {
        let rows = rows(tx, AccountingRecord::ID.is_in(ids)).await?;
        known.records.extend(by_key(rows, |row| row.id.clone()));
    }
    Ok(known)
}

/// The entries of the keys.
async fn memos(tx: &Tx, requests: &[&Request], known: &mut Known) -> Result<()> {
    let keys = requests.iter().map(|request| {
        let head = &request.head;
        (head.customer_id.clone(), head.key.clone())
    });
    let keys: BTreeSet<_> = keys.collect();
    for chunk in chunks(&keys) {
        let mut of_customers = BTreeMap::<_, Vec<_>>::new();
        for (customer_id, key) in &chunk {
            let keys = of_customers.entry(customer_id.as_str()).or_default();
            keys.push(key.clone());
        }
        let filter = of_customers.into_iter().map(|(customer_id, keys)| {
            BalanceEntry::CUSTOMER_ID.eq(customer_id) & BalanceEntry::REQUEST_ID.is_in(keys)
        });
        for row in rows(tx, any(filter)).await? {
            match row {
                Ok(row) => {
                    let key = (row.customer_id.clone(), row.request_id.clone());
                    known.memos.insert(key, row);
                }
                Err(Unreadable {
                    key: Some((customer_id, ..)),
                    error,
                }) => {
                    known.unreadable.insert(customer_id, error);
                }
                Err(unreadable) => return Err(unreadable.error),
            }
        }
    }
    Ok(())
}

/// The entries that requests concern, and the one before each entry, to check its digest.
async fn entries(tx: &Tx, requests: &[&Request], known: &mut Known) -> Result<()> {
    let mut keys = BTreeSet::<EntryKey>::new();
    for request in requests {
        let head = &request.head;
        if let Some(seq) = request.operation.target() {
            let key = |seq| {
                (
                    head.customer_id.clone(),
                    head.currency.code().to_owned(),
                    seq,
                )
            };
            keys.insert(key(seq));
            keys.extend(seq.checked_sub(1).filter(|seq| *seq > 0).map(key));
        }
    }
    keys.extend(known.memos.values().filter_map(previous));
    for chunk in chunks(&keys) {
        let mut of_accounts = BTreeMap::<_, Vec<i64>>::new();
        for (customer_id, currency, seq) in &chunk {
            let seqs = of_accounts.entry((customer_id.as_str(), currency.as_str()));
            seqs.or_default().push(*seq);
        }
        let filter = of_accounts
            .into_iter()
            .map(|((customer_id, currency), seqs)| {
                BalanceEntry::CUSTOMER_ID.eq(customer_id)
                    & BalanceEntry::CURRENCY.eq(currency)
                    & BalanceEntry::SEQ.is_in(seqs)
            });
        let rows = rows(tx, any(filter)).await?;
        let of_row = |row: &BalanceEntry| (row.customer_id.clone(), row.currency.clone(), row.seq);
        known.entries.extend(by_key(rows, of_row));
    }
    Ok(())
}

fn any<E>(filters: impl Iterator<Item = Filter<E>>) -> Filter<E> {
    filters
        .reduce(|one, other| one | other)
        .unwrap_or_else(Filter::none)
}

/// As many as a page has rows.
fn chunks<T: Clone>(all: &BTreeSet<T>) -> Vec<Vec<T>> {
    let size = usize::try_from(MAX_PAGE_SIZE).unwrap_or(usize::MAX);
    let all: Vec<T> = all.iter().cloned().collect();
    all.chunks(size).map(<[T]>::to_vec).collect()
}

type Row<E> = Result<E, Unreadable<E>>;

async fn rows<E: Entity>(tx: &Tx, filter: Filter<E>) -> Result<Vec<Row<E>>> {
    let query = Query::matching(filter).page_size(MAX_PAGE_SIZE);
    Ok(tx.page_lenient::<E>(&query).await?.items)
}

/// Rows by their keys, also those that cannot be read.
fn by_key<E: Entity>(
    rows: Vec<Row<E>>,
    key: impl Fn(&E) -> E::Key,
) -> impl Iterator<Item = (E::Key, Result<E>)> {
    rows.into_iter().filter_map(move |row| match row {
        Ok(row) => Some((key(&row), Ok(row))),
        Err(unreadable) => Some((unreadable.key?, Err(unreadable.error))),
    })
}
