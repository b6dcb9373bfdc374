//! The records of an account, compared with what their entries have made of them, and the sum of what they hold.

use std::collections::BTreeMap;

use genledger_contract::{Entity, ErrorKind, Query, Result, SessionExt};
use rust_decimal::Decimal;

use super::fold::{Fold, changes};
use super::scan::Scan;
use super::{AuditCheck, Discrepancy};
use crate::accounting::{
    AccountingRecord, BalanceEntry, CustomerBalance, RecordStateColumns as _, RecordStatus,
};
use crate::id::AccountingRecordId;

/// A record, and what was seen of its entries.
struct Seen {
    row: AccountingRecord,
    fold: Fold,
    /// The sum of the changes of what is held, up to the last entry that the account had when it was read.
    held: Decimal,
    /// An entry that has changed it, and is later than the record.
    later: Option<i64>,
}

/// A discrepancy of a record.
pub(super) fn of_record(check: AuditCheck, row: &AccountingRecord) -> Discrepancy {
    let found = Discrepancy::new(check, AccountingRecord::TABLE.name, row.id.as_str());
    found.of(&row.customer_id, &row.currency)
}

/// All records of an account, or only those that have changed after the entry `after`, and pending ones. Those that cannot
/// be read are only reported where the audit does not read the whole table later.
pub(super) async fn walk(
    scan: &mut Scan<'_>,
    row: &CustomerBalance,
    after: Option<i64>,
    reports_unreadable: bool,
) -> Result<()> {
    let mut held = Some(Decimal::ZERO);
    let mut cursor = None;
    loop {
        let of_account = AccountingRecord::CUSTOMER_ID.eq(row.customer_id.as_str())
            & AccountingRecord::CURRENCY.eq(row.currency.as_str());
        let records = match after {
            Some(after) => {
                let of_interest = AccountingRecord::STATUS.eq(RecordStatus::Pending)
                    | AccountingRecord::LAST_SEQ.gt(after);
                of_account & of_interest
            }
            None => of_account,
        };
        let query = Query::matching(records).order_by([
            AccountingRecord::CUSTOMER_ID.asc(),
            AccountingRecord::CREATED_AT.asc(),
            AccountingRecord::ID.asc(),
        ]);
        let page = scan.page(query, cursor).await?;
        let mut seen = BTreeMap::new();
        for record in page.items {
            match record {
                Ok(record) => {
                    seen.insert(record.id.clone(), Seen::of(record));
                }
                Err(unreadable) if reports_unreadable => {
                    scan.unreadable::<AccountingRecord>(&unreadable.error);
                }
                Err(_) => {}
            }
        }
        entries(scan, row, &mut seen).await?;
        for record in seen.values() {
            scan.audited.records += 1;
            held = held.and_then(|held| held.checked_add(record.held_at(row.last_entry_seq)));
            record.check(scan).await?;
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let text = |amount: Decimal| amount.normalize().to_string();
    let found = held.map_or_else(|| "more than an amount".to_owned(), text);
    scan.equal(&text(row.reserved), &found, || {
        let key = row.id.to_string();
        Discrepancy::new(AuditCheck::Holds, CustomerBalance::TABLE.name, key)
            .of(&row.customer_id, &row.currency)
            .column("reserved")
    });
    Ok(())
}

/// Follows the entries of a page of records.
async fn entries(
    scan: &mut Scan<'_>,
    account: &CustomerBalance,
    seen: &mut BTreeMap<AccountingRecordId, Seen>,
) -> Result<()> {
    if seen.is_empty() {
        return Ok(());
    }
    let mut cursor = None;
    loop {
        let ids = seen.keys().cloned().map(Some);
        let of_records = BalanceEntry::RECORD_ID.is_in(ids)
            & BalanceEntry::CUSTOMER_ID.eq(account.customer_id.as_str())
            & BalanceEntry::CURRENCY.eq(account.currency.as_str());
        let query = Query::matching(of_records).order_by([
            BalanceEntry::RECORD_ID.asc(),
            BalanceEntry::SEQ.asc(),
            BalanceEntry::CUSTOMER_ID.asc(),
            BalanceEntry::CURRENCY.asc(),
        ]);
        let page = scan.page(query, cursor).await?;
        for entry in page.items.into_iter().filter_map(std::result::Result::ok) {
            let record = entry.record_id.as_ref().and_then(|id| seen.get_mut(id));
            if let Some(record) = record {
                record.follow(&entry, account.last_entry_seq);
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

impl Seen {
    fn of(row: AccountingRecord) -> Self {
        Self {
            fold: Fold::before(&row),
            row,
            held: Decimal::ZERO,
            later: None,
        }
    }

    fn follow(&mut self, entry: &BalanceEntry, last_entry_seq: i64) {
        if entry.seq <= last_entry_seq {
            self.held = self.held.checked_add(entry.hold).unwrap_or(self.held);
        }
        if entry.seq <= self.row.state.last_seq {
            self.fold.apply(entry, &self.row);
        } else if changes(entry) {
            self.later = Some(entry.seq);
        }
    }

    /// What it held after an entry of the account.
    fn held_at(&self, last_entry_seq: i64) -> Decimal {
        let state = &self.row.state;
        if state.last_seq > last_entry_seq {
            return self.held;
        }
        match state.status {
            RecordStatus::Pending => state.held,
            _ => Decimal::ZERO,
        }
    }

    async fn check(&self, scan: &mut Scan<'_>) -> Result<()> {
        let row = &self.row;
        scan.equal(&row.row_digest()?, &row.state.digest, || {
            of_record(AuditCheck::Digest, row).column("digest")
        });
        if row.state.opened_seq != 0 && !self.fold.is_opened {
            let opened = row.state.opened_seq;
            let found = of_record(AuditCheck::Record, row).column("opened_seq");
            let text = opened.to_string();
            scan.report(found.at(opened).differs(None, Some(text)));
            return Ok(());
        }
        if let Some(later) = self.later {
            self.check_later(scan, later).await?;
        }
        if self.fold.is_unknown {
            // The chain reports its entry.
            return Ok(());
        }
        let is_settled = row.state.status == RecordStatus::Accounted;
        let is_adopted = row.state.opened_seq == 0 && self.fold.settlements == 0;
        if !is_adopted {
            let expected = u32::from(is_settled);
            scan.equal(&expected, &self.fold.settlements, || {
                of_record(AuditCheck::Settlement, row).column("status")
            });
        }
        for (column, expected, found) in self.fold.differences(row)? {
            let other = of_record(AuditCheck::Record, row).column(column);
            let other = other.at(row.state.last_seq);
            scan.report(other.differs(expected, found));
        }
        Ok(())
    }

    /// The record has changed since it was read, or it should have.
    async fn check_later(&self, scan: &mut Scan<'_>, later: i64) -> Result<()> {
        let again = scan.session.find::<AccountingRecord>(&self.row.id).await;
        let last_seq = match again {
            Ok(again) => again.map(|again| again.state.last_seq),
            Err(error) if error.kind() == ErrorKind::Corrupt => None,
            Err(error) => return Err(error),
        };
        if last_seq.is_none_or(|last_seq| last_seq < later) {
            let found = of_record(AuditCheck::Record, &self.row).column("last_seq");
            let values = (Some(later.to_string()), last_seq.map(|seq| seq.to_string()));
            scan.report(found.at(later).differs(values.0, values.1));
        }
        Ok(())
    }
}
