//! The entries of an account: numbers, digests, and the state after each of them.

use std::collections::HashMap;

use genledger_contract::{CodedEnum as _, Entity, Query, Result};
use rust_decimal::Decimal;

use super::request::Fields;
use super::scan::Scan;
use super::{AuditCheck, Discrepancy, cost};
use crate::accounting::digest::NO_DIGEST;
use crate::accounting::{
    AccountingRecord, BalanceEntry, BalanceStatus, CustomerBalance, EntryKind, EntryOutcome, Money,
};
use crate::id::AccountingRecordId;
use crate::validate::Validate;

/// What is known of the account before an entry.
pub(super) enum Before {
    /// It is the first one.
    Nothing,
    /// The entry before it.
    Entry(Box<BalanceEntry>),
    /// The one before it is missing or cannot be read.
    Unknown,
}

/// A discrepancy of an entry.
pub(super) fn of_entry(check: AuditCheck, entry: &BalanceEntry) -> Discrepancy {
    let (customer_id, currency) = (&entry.customer_id, &entry.currency);
    let key = format!("{customer_id}/{currency}/{}", entry.seq);
    let found = Discrepancy::new(check, BalanceEntry::TABLE.name, key);
    found.of(customer_id, currency).at(entry.seq)
}

/// The entries after a number, up to the last one that the account had when it was read, which is returned.
pub(super) async fn walk(
    scan: &mut Scan<'_>,
    row: &CustomerBalance,
    after: i64,
    mut before: Before,
) -> Result<Option<BalanceEntry>> {
    let mut expected = after + 1;
    let mut cursor = None;
    loop {
        let mut entries = BalanceEntry::CUSTOMER_ID.eq(row.customer_id.as_str())
            & BalanceEntry::CURRENCY.eq(row.currency.as_str())
            & BalanceEntry::SEQ.le(row.last_entry_seq);
        if after > 0 {
            entries = entries & BalanceEntry::SEQ.gt(after);
        }
        let page = scan.page(Query::matching(entries), cursor).await?;
        let readable = page.items.iter().filter_map(|entry| entry.as_ref().ok());
        let records = records(scan, readable).await?;
        for entry in page.items {
            scan.audited.entries += 1;
            match entry {
                Ok(entry) => {
                    if entry.seq != expected {
                        gap(scan, row, expected, Some(entry.seq));
                        before = Before::Unknown;
                    }
                    one(scan, row, &before, &entry)?;
                    record(scan, &before, &entry, &records).await?;
                    expected = entry.seq.saturating_add(1);
                    before = Before::Entry(Box::new(entry));
                }
                Err(unreadable) => {
                    scan.unreadable::<BalanceEntry>(&unreadable.error);
                    let seq = unreadable.key.map(|(_, _, seq)| seq);
                    expected = seq.unwrap_or(expected).saturating_add(1);
                    before = Before::Unknown;
                }
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    if row.last_entry_seq < 1 {
        let found = Discrepancy::new(
            AuditCheck::Account,
            CustomerBalance::TABLE.name,
            row.id.to_string(),
        );
        let found = found.of(&row.customer_id, &row.currency);
        scan.report(
            found
                .column("last_entry_seq")
                .differs(Some("an entry".to_owned()), None),
        );
    } else if expected <= row.last_entry_seq {
        gap(scan, row, expected, None);
    }
    Ok(match before {
        Before::Entry(entry) if entry.seq == row.last_entry_seq => Some(*entry),
        _ => None,
    })
}

fn gap(scan: &mut Scan<'_>, row: &CustomerBalance, expected: i64, found: Option<i64>) {
    let (customer_id, currency) = (&row.customer_id, &row.currency);
    let key = format!("{customer_id}/{currency}/{expected}");
    let missing = Discrepancy::new(AuditCheck::Sequence, BalanceEntry::TABLE.name, key)
        .of(customer_id, currency)
        .at(expected)
        .column("seq");
    let found = found.map(|seq| seq.to_string());
    scan.report(missing.differs(Some(expected.to_string()), found));
}

/// An entry by itself, and after the one before it.
fn one(
    scan: &mut Scan<'_>,
    row: &CustomerBalance,
    before: &Before,
    entry: &BalanceEntry,
) -> Result<()> {
    for violation in entry.violations().as_slice() {
        let found = of_entry(AuditCheck::Rule, entry).column(violation.path());
        let message = Some(violation.message().to_owned());
        scan.report(found.differs(Some(violation.rule().to_owned()), message));
    }
    let fields = Fields::read(&entry.request);
    requested(scan, entry, fields.as_ref());
    let previous = match before {
        Before::Nothing => NO_DIGEST,
        Before::Entry(before) => before.digest.as_str(),
        Before::Unknown => return Ok(()),
    };
    let digest = entry.row_digest(previous)?;
    scan.equal(&digest, &entry.digest, || {
        of_entry(AuditCheck::Digest, entry).column("digest")
    });
    let before = match before {
        Before::Entry(before) => Some(&**before),
        _ => None,
    };
    if let Some(fields) = &fields {
        change(scan, row, before, entry, fields);
    }
    if let Some(before) = before
        && entry.created_at < before.created_at
    {
        let micros = [before.created_at, entry.created_at];
        let [least, found] = micros.map(|time| Some(time.timestamp_micros().to_string()));
        let late = of_entry(AuditCheck::Time, entry).column("created_at");
        scan.report(late.differs(least, found));
    }
    Ok(())
}

/// The columns that the request states.
fn requested(scan: &mut Scan<'_>, entry: &BalanceEntry, fields: Option<&Fields>) {
    let Some(fields) = fields else {
        let found = of_entry(AuditCheck::Request, entry).column("request");
        scan.report(found.differs(None, Some("another text".to_owned())));
        return;
    };
    let key = entry.request_id.as_str();
    let reverses = entry.reverses.map(|seq| seq.to_string());
    for (column, name, found) in [
        ("kind", "operation", Some(entry.kind.as_str())),
        ("customer_id", "customer", Some(entry.customer_id.as_str())),
        ("request_id", "key", Some(key)),
        ("currency", "currency", Some(entry.currency.as_str())),
        ("reverses", "seq", reverses.as_deref()),
    ] {
        let expected = fields.text(name);
        if expected != found {
            let values = (expected.map(str::to_owned), found.map(str::to_owned));
            let other = of_entry(AuditCheck::Request, entry).column(column);
            scan.report(other.differs(values.0, values.1));
        }
    }
    // A refusal may name no record: the customer has none with this id.
    let named = fields.text("record");
    let found = entry.record_id.as_ref().map(AccountingRecordId::as_str);
    if named.is_some() && found.is_some() && named != found {
        let values = (named.map(str::to_owned), found.map(str::to_owned));
        let other = of_entry(AuditCheck::Request, entry).column("record_id");
        scan.report(other.differs(values.0, values.1));
    }
}

/// The state after an entry is the one before it with the change.
fn change(
    scan: &mut Scan<'_>,
    row: &CustomerBalance,
    before: Option<&BalanceEntry>,
    entry: &BalanceEntry,
    fields: &Fields,
) {
    let zero = Decimal::ZERO;
    let (balance, reserved, limit) = before.map_or((zero, zero, zero), |before| {
        (before.balance, before.reserved, before.credit_limit)
    });
    let is_done = entry.outcome == EntryOutcome::Done;
    let limit = match entry.kind {
        EntryKind::Limit if is_done => stated_limit(row, fields),
        _ => Some(limit),
    };
    for (column, expected, found) in [
        ("balance", balance.checked_add(entry.amount), entry.balance),
        ("reserved", reserved.checked_add(entry.hold), entry.reserved),
        ("credit_limit", limit, entry.credit_limit),
    ] {
        let text = |amount: Decimal| amount.normalize().to_string();
        let expected = expected.map_or_else(|| "an amount".to_owned(), text);
        scan.equal(&expected, &text(found), || {
            of_entry(AuditCheck::Change, entry).column(column)
        });
    }
    let status = before.map_or(BalanceStatus::Open, |before| before.status.clone());
    let status = match (&entry.kind, fields.text("status")) {
        (EntryKind::Status, Some(status)) if is_done => status.to_owned(),
        _ => status.code(),
    };
    scan.equal(&status, &entry.status.code(), || {
        of_entry(AuditCheck::Change, entry).column("status")
    });
    let residual = before.map_or(0, |before| before.residual);
    if !(is_done && cost::carries(entry, fields)) {
        scan.equal(&residual, &entry.residual, || {
            of_entry(AuditCheck::Cost, entry).column("residual")
        });
    } else if entry.kind == EntryKind::Rerate {
        let cost = cost::carried(entry, residual);
        let (expected, found) = (fields.attos("delta"), cost);
        cost::compare(scan, entry, expected, found);
    }
}

fn stated_limit(row: &CustomerBalance, fields: &Fields) -> Option<Decimal> {
    match fields.text("limit")? {
        "unlimited" => Some(Money::max(row.currency().ok()?).amount()),
        limit => limit.parse().ok(),
    }
}

type Records = HashMap<AccountingRecordId, Option<AccountingRecord>>;

/// The records of entries; `None` for one that cannot be read.
async fn records(
    scan: &mut Scan<'_>,
    entries: impl Iterator<Item = &BalanceEntry> + Send,
) -> Result<Records> {
    let mut ids: Vec<_> = entries
        .filter_map(|entry| entry.record_id.clone())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Records::new());
    }
    let query = Query::matching(AccountingRecord::ID.is_in(ids));
    let rows = scan.page(query, None).await?.items.into_iter();
    Ok(rows
        .filter_map(|row| match row {
            Ok(row) => Some((row.id.clone(), Some(row))),
            Err(unreadable) => Some((unreadable.key?, None)),
        })
        .collect())
}

/// The record of an entry exists, is one of the account, and keeps what the cost was calculated from.
async fn record(
    scan: &mut Scan<'_>,
    before: &Before,
    entry: &BalanceEntry,
    records: &Records,
) -> Result<()> {
    let Some(id) = &entry.record_id else {
        return Ok(());
    };
    let found = || {
        let found = Discrepancy::new(
            AuditCheck::Record,
            AccountingRecord::TABLE.name,
            id.as_str(),
        );
        found.of(&entry.customer_id, &entry.currency).at(entry.seq)
    };
    let record = match records.get(id) {
        Some(Some(record)) => record,
        Some(None) => return Ok(()),
        None => {
            scan.report(found().differs(Some("a record".to_owned()), None));
            return Ok(());
        }
    };
    for (column, expected, is) in [
        ("customer_id", &entry.customer_id, &record.customer_id),
        ("currency", &entry.currency, &record.currency),
    ] {
        scan.equal(expected, is, || found().column(column));
    }
    let residual = match before {
        Before::Nothing => 0,
        Before::Entry(before) => before.residual,
        Before::Unknown => return Ok(()),
    };
    cost::settled(scan, entry, residual, record).await
}
