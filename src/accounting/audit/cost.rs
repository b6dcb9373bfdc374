//! The costs of entries, calculated again from what their records keep.

use genledger_contract::{Query, Result};

use super::AuditCheck;
use super::chain::of_entry;
use super::request::{Fields, attos};
use super::scan::Scan;
use crate::accounting::{
    AccountingRecord, BalanceEntry, EntryKind, EntryOutcome, Quantities, UsedPrice,
};

/// Whether an entry that is done carries the residual.
pub(super) fn carries(entry: &BalanceEntry, fields: &Fields) -> bool {
    match entry.kind {
        EntryKind::Rerate => true,
        EntryKind::Settle | EntryKind::Charge => fields.is_priced(),
        _ => false,
    }
}

/// The cost of an entry in 10^-18 of the currency: what was asked and the change of the residual.
pub(super) fn carried(entry: &BalanceEntry, residual: i64) -> Option<i128> {
    let change = i128::from(entry.residual) - i128::from(residual);
    attos(entry.asked)?.checked_add(change)
}

pub(super) fn compare(
    scan: &mut Scan<'_>,
    entry: &BalanceEntry,
    expected: Option<i128>,
    found: Option<i128>,
) {
    if expected != found || expected.is_none() {
        let text = |cost: Option<i128>| cost.map(|cost| cost.to_string());
        let other = of_entry(AuditCheck::Cost, entry).column("asked");
        scan.report(other.differs(text(expected), text(found)));
    }
}

/// The cost of a charge or a settlement is that of the quantities by the rates, unless a rerating has replaced them.
pub(super) async fn settled(
    scan: &mut Scan<'_>,
    entry: &BalanceEntry,
    residual: i64,
    record: &AccountingRecord,
) -> Result<()> {
    let Some(fields) = Fields::read(&entry.request) else {
        return Ok(());
    };
    let is_done = entry.outcome == EntryOutcome::Done;
    if !is_done || !entry.kind.settles() || !fields.is_priced() {
        return Ok(());
    }
    let (expected, found) = (kept(record), carried(entry, residual));
    if expected.is_some() && expected == found || is_rerated(scan, entry).await? {
        return Ok(());
    }
    compare(scan, entry, expected, found);
    Ok(())
}

fn kept(record: &AccountingRecord) -> Option<i128> {
    let price = UsedPrice::parse(record.state.price.as_ref()?.as_str()).ok()?;
    let quantities = Quantities::parse(record.quantities.as_ref()?.as_str()).ok()?;
    Some(price.cost(&quantities).ok()?.attos())
}

/// Whether the record of an entry got another price later.
async fn is_rerated(scan: &mut Scan<'_>, entry: &BalanceEntry) -> Result<bool> {
    let mut after = None;
    loop {
        let later = BalanceEntry::RECORD_ID.eq(entry.record_id.clone())
            & BalanceEntry::KIND.eq(EntryKind::Rerate)
            & BalanceEntry::OUTCOME.eq(EntryOutcome::Done)
            & BalanceEntry::SEQ.gt(entry.seq);
        let page = scan.page(Query::matching(later), after).await?;
        let has_price = |row: &BalanceEntry| {
            let fields = Fields::read(&row.request);
            fields.is_some_and(|fields| fields.text("price").is_some())
        };
        if page.items.iter().flatten().any(has_price) {
            return Ok(true);
        }
        after = page.next;
        if after.is_none() {
            return Ok(false);
        }
    }
}
