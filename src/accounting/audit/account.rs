//! Each account, with its mark, its entries and its records.

use chrono::{DateTime, Utc};
use genledger_contract::{CodedEnum as _, Entity, Filter, Query, Result, SessionExt};

use super::chain::{self, Before};
use super::scan::Scan;
use super::{Audit, AuditCheck, Discrepancy, marks, records};
use crate::accounting::{BalanceEntry, CustomerBalance};
use crate::id::CustomerBalanceId;
use crate::validate::Validate;

/// All accounts, by their ids.
pub(super) async fn all(scan: &mut Scan<'_>, audit: &Audit) -> Result<()> {
    let mut after = None;
    loop {
        let query = Query::<CustomerBalance>::matching(Filter::all());
        let page = scan.page(query, after).await?;
        for row in page.items {
            scan.audited.accounts += 1;
            match row {
                Ok(row) => one(scan, audit, &row).await?,
                Err(unreadable) => scan.unreadable::<CustomerBalance>(&unreadable.error),
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// A discrepancy of an account.
fn of_account(check: AuditCheck, row: &CustomerBalance) -> Discrepancy {
    let key = row.id.to_string();
    Discrepancy::new(check, CustomerBalance::TABLE.name, key).of(&row.customer_id, &row.currency)
}

async fn one(scan: &mut Scan<'_>, audit: &Audit, row: &CustomerBalance) -> Result<()> {
    let before = scan.audited.discrepancies;
    rules(scan, row)?;
    let mark = marks::checked(scan, row).await?;
    let is_in_part = audit.part.is_none_or(|part| is_in(row.id, part));
    let from = mark.filter(|_| !is_in_part);
    let (after, start) = match from {
        Some(entry) => (entry.seq, Before::Entry(Box::new(entry))),
        None => (0, Before::Nothing),
    };
    let last = chain::walk(scan, row, after, start).await?;
    if let Some(last) = &last {
        head(scan, row, last);
    }
    further(scan, row).await?;
    let is_alone = audit.part.is_some();
    records::walk(scan, row, (!is_in_part).then_some(after), is_alone).await?;
    if let Some(last) = last
        && audit.is_marking
        && scan.audited.discrepancies == before
    {
        marks::keep(scan, &last, now(audit)).await?;
    }
    Ok(())
}

fn now(audit: &Audit) -> DateTime<Utc> {
    audit.clock.now()
}

/// Whether an account is in a part of all accounts; ids are digests.
fn is_in(id: CustomerBalanceId, (part, of): (u32, u32)) -> bool {
    let low = id.get().as_u128() & u128::from(u32::MAX);
    low % u128::from(of) == u128::from(part)
}

fn rules(scan: &mut Scan<'_>, row: &CustomerBalance) -> Result<()> {
    for violation in row.violations().as_slice() {
        let found = of_account(AuditCheck::Rule, row).column(violation.path());
        let message = Some(violation.message().to_owned());
        scan.report(found.differs(Some(violation.rule().to_owned()), message));
    }
    scan.equal(&row.row_digest()?, &row.digest, || {
        of_account(AuditCheck::Digest, row).column("digest")
    });
    Ok(())
}

/// The account is what its last entry states.
fn head(scan: &mut Scan<'_>, row: &CustomerBalance, last: &BalanceEntry) {
    if last.seq != row.last_entry_seq {
        // The chain has reported it.
        return;
    }
    let mut equal = |column, expected: String, found: String| {
        scan.equal(&expected, &found, || {
            let found = of_account(AuditCheck::Balance, row);
            found.column(column).at(last.seq)
        });
    };
    for (column, expected, found) in [
        ("balance", last.balance, row.balance),
        ("reserved", last.reserved, row.reserved),
        ("credit_limit", last.credit_limit, row.credit_limit),
    ] {
        let text = |amount: rust_decimal::Decimal| amount.normalize().to_string();
        equal(column, text(expected), text(found));
    }
    equal(
        "residual",
        last.residual.to_string(),
        row.residual.to_string(),
    );
    equal("status", last.status.code(), row.status.code());
    equal("head_digest", last.digest.clone(), row.head_digest.clone());
    let micros = |time: DateTime<Utc>| time.timestamp_micros().to_string();
    equal(
        "updated_at",
        micros(last.created_at),
        micros(row.updated_at),
    );
}

/// No entry comes after the last one, unless the account has it by now.
async fn further(scan: &mut Scan<'_>, row: &CustomerBalance) -> Result<()> {
    let of_account = BalanceEntry::CUSTOMER_ID.eq(row.customer_id.as_str())
        & BalanceEntry::CURRENCY.eq(row.currency.as_str())
        & BalanceEntry::SEQ.gt(row.last_entry_seq);
    let further = scan.first(Query::matching(of_account)).await?.items.pop();
    match further {
        Some(Ok(entry)) if last_entry_seq(scan, row).await? < entry.seq => {
            let found = chain::of_entry(AuditCheck::Sequence, &entry).column("seq");
            scan.report(found.differs(None, Some(entry.seq.to_string())));
        }
        Some(Err(unreadable)) => scan.unreadable::<BalanceEntry>(&unreadable.error),
        _ => {}
    }
    Ok(())
}

/// The number of the last entry that an account has by now.
pub(super) async fn last_entry_seq(scan: &mut Scan<'_>, row: &CustomerBalance) -> Result<i64> {
    let again = scan.session.find::<CustomerBalance>(&row.id).await;
    Ok(match again {
        Ok(Some(again)) => again.last_entry_seq,
        Ok(None) => row.last_entry_seq,
        Err(error) if error.kind() == genledger_contract::ErrorKind::Corrupt => row.last_entry_seq,
        Err(error) => return Err(error),
    })
}
