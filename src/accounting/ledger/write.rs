//! What was decided is written, if the accounts are still as they were read.

use std::collections::BTreeSet;

use genledger_contract::query::{Changes, RowUpdate};
use genledger_contract::{Entity, Error, ErrorKind, Result, RowOutcome, SessionExt, Tx};

use super::book::{Book, Kept};
use super::decide::{Answer, Plan};
use super::operation::Request;
use crate::accounting::{AccountingRecord, BalanceEntry, CustomerBalance, RecordStateColumns as _};
use crate::id::CustomerBalanceId;

/// Writes a plan, and returns the replies to its requests; `None` for one whose account was lost: another session has
/// changed it since it was read, so that nothing of it was written.
///
/// Rows are written table by table, each in the order of the keys, so that two groups wait for each other and do not
/// deadlock.
pub(super) async fn write(
    tx: &Tx,
    plan: Plan,
    requests: &[&Request],
) -> Result<Vec<Option<Result<Answer>>>> {
    let Plan { mut books, answers } = plan;
    let mut lost = accounts(tx, books.values()).await?;
    lost.extend(new_accounts(tx, books.values()).await?);
    books.retain(|id, _| !lost.contains(id));
    let (records, changed) = books
        .values()
        .flat_map(|book| book.records.values())
        .partition::<Vec<_>, _>(|kept| kept.read.is_none());
    let records: Vec<_> = records.into_iter().map(|kept| kept.row.clone()).collect();
    if !records.is_empty() {
        tx.insert_many(&records).await?;
    }
    change_records(tx, changed).await?;
    let entries = books.values().flat_map(|book| book.entries.iter().cloned());
    let mut entries: Vec<BalanceEntry> = entries.collect();
    entries.sort_by(|one, other| place(one).cmp(&place(other)));
    if !entries.is_empty() {
        tx.insert_many(&entries).await?;
    }
    let answers = answers.into_iter().zip(requests);
    Ok(answers
        .map(|(answer, request)| answer.filter(|_| !lost.contains(&request.account)))
        .collect())
}

fn place(entry: &BalanceEntry) -> (&str, &str, i64) {
    (&entry.customer_id, &entry.currency, entry.seq)
}

type Lost = BTreeSet<CustomerBalanceId>;

/// Changes the accounts that were read, and returns those that have changed since.
async fn accounts(tx: &Tx, books: impl Iterator<Item = &Book>) -> Result<Lost> {
    let read = books.filter_map(|book| Some((book.read.as_ref()?, &book.row)));
    let read: Vec<_> = read.collect();
    if read.is_empty() {
        return Ok(Lost::new());
    }
    let updates = read.iter().map(|(read, row)| {
        let unchanged = CustomerBalance::LAST_ENTRY_SEQ.eq(read.last_entry_seq)
            & CustomerBalance::DIGEST.eq(read.digest.as_str());
        RowUpdate::new(&row.id, unchanged, account_changes(row))
    });
    let updates: Vec<_> = updates.collect();
    let matched = tx.update_each(updates).await?;
    let lost = read.iter().zip(matched).filter(|(_, matched)| !matched);
    Ok(lost.map(|((_, row), _)| row.id).collect())
}

fn account_changes(row: &CustomerBalance) -> Changes<CustomerBalance> {
    vec![
        CustomerBalance::BALANCE.set(row.balance),
        CustomerBalance::RESERVED.set(row.reserved),
        CustomerBalance::CREDIT_LIMIT.set(row.credit_limit),
        CustomerBalance::AVAILABLE.set(row.available),
        CustomerBalance::RESIDUAL.set(row.residual),
        CustomerBalance::STATUS.set(row.status.clone()),
        CustomerBalance::LAST_ENTRY_SEQ.set(row.last_entry_seq),
        CustomerBalance::HEAD_DIGEST.set(row.head_digest.as_str()),
        CustomerBalance::UPDATED_AT.set(row.updated_at),
        CustomerBalance::DIGEST.set(row.digest.as_str()),
    ]
}

/// Creates the accounts that did not exist, and returns those that another session has created since.
async fn new_accounts(tx: &Tx, books: impl Iterator<Item = &Book>) -> Result<Lost> {
    let new = books.filter(|book| book.read.is_none());
    let new: Vec<_> = new.map(|book| book.row.clone()).collect();
    if new.is_empty() {
        return Ok(Lost::new());
    }
    let outcomes = tx.insert_if_absent(&new).await?;
    let lost = new.iter().zip(outcomes);
    let lost = lost.filter(|(_, outcome)| *outcome != RowOutcome::New);
    Ok(lost.map(|(row, _)| row.id).collect())
}

/// Changes the records that were read. Their accounts were not changed since, so that they were not either, unless
/// something else than the library has done it.
async fn change_records(tx: &Tx, mut changed: Vec<&Kept>) -> Result<()> {
    if changed.is_empty() {
        return Ok(());
    }
    changed.sort_by(|one, other| one.row.id.cmp(&other.row.id));
    let updates = changed.into_iter().filter_map(|kept| {
        let read = &kept.read.as_ref()?.state;
        let unchanged = AccountingRecord::LAST_SEQ.eq(read.last_seq)
            & AccountingRecord::DIGEST.eq(read.digest.as_str());
        Some(RowUpdate::new(
            &kept.row.id,
            unchanged,
            record_changes(&kept.row),
        ))
    });
    let updates: Vec<_> = updates.collect();
    if tx
        .update_each(updates)
        .await?
        .into_iter()
        .all(|matched| matched)
    {
        return Ok(());
    }
    let message = "something else than the library has changed the record at the same time";
    let error = Error::new(ErrorKind::SerializationFailure, message);
    Err(error.with_table(AccountingRecord::TABLE.name))
}

/// Every column that an operation can change.
fn record_changes(row: &AccountingRecord) -> Changes<AccountingRecord> {
    let state = &row.state;
    vec![
        AccountingRecord::LLMID.set(row.llmid.clone()),
        AccountingRecord::MODEL_NAME.set(row.model_name.clone()),
        AccountingRecord::PRICING_ID.set(row.pricing_id.clone()),
        AccountingRecord::INPUT_TOKENS.set(row.input_tokens),
        AccountingRecord::OUTPUT_TOKENS.set(row.output_tokens),
        AccountingRecord::TOTAL_TOKENS.set(row.total_tokens),
        AccountingRecord::UNIT.set(row.unit.clone()),
        AccountingRecord::QUANTITY.set(row.quantity),
        AccountingRecord::QUANTITIES.set(row.quantities.clone()),
        AccountingRecord::AMOUNT.set(state.amount),
        AccountingRecord::STATUS.set(state.status.clone()),
        AccountingRecord::PRICE.set(state.price.clone()),
        AccountingRecord::PRICE_VERSION.set(state.price_version.clone()),
        AccountingRecord::SHORTFALL.set(state.shortfall),
        AccountingRecord::ADJUSTED.set(state.adjusted),
        AccountingRecord::REFUNDED.set(state.refunded),
        AccountingRecord::FAILURE_REASON.set(state.failure_reason.clone()),
        AccountingRecord::EXPIRES_AT.set(state.expires_at),
        AccountingRecord::ACCOUNTED_AT.set(state.accounted_at),
        AccountingRecord::LAST_SEQ.set(state.last_seq),
        AccountingRecord::DIGEST.set(state.digest.as_str()),
        AccountingRecord::UPDATED_AT.set(state.updated_at),
    ]
}

/// Locks the accounts until the end of the transaction, by writes that change nothing.
pub(super) async fn lock(tx: &Tx, requests: &[&Request]) -> Result<()> {
    let ids: Lost = requests.iter().map(|request| request.account).collect();
    let updates = ids.iter().map(|id| {
        let keep = [CustomerBalance::LAST_ENTRY_SEQ.plus(0)];
        RowUpdate::new(id, CustomerBalance::ID.eq(*id), keep)
    });
    let updates: Vec<_> = updates.collect();
    tx.update_each(updates).await.map(drop)
}
