//! The marks of earlier audits.

use chrono::{DateTime, Utc};
use genledger_contract::{Entity, Result, SessionExt};

use super::account::last_entry_seq;
use super::scan::Scan;
use super::{AuditCheck, Discrepancy};
use crate::accounting::{AuditMark, BalanceEntry, CustomerBalance};

pub(super) fn of_mark(check: AuditCheck, mark: &AuditMark) -> Discrepancy {
    let key = format!("{}/{}", mark.customer_id, mark.currency);
    let found = Discrepancy::new(check, AuditMark::TABLE.name, key);
    found.of(&mark.customer_id, &mark.currency)
}

/// The entry of the mark of an account, if the mark has its digest and the entry too.
pub(super) async fn checked(
    scan: &mut Scan<'_>,
    row: &CustomerBalance,
) -> Result<Option<BalanceEntry>> {
    let key = (row.customer_id.clone(), row.currency.clone());
    let Some(mark) = scan.find::<AuditMark>(&key).await? else {
        return Ok(None);
    };
    let digest = mark.row_digest()?;
    if digest != mark.digest {
        let found = of_mark(AuditCheck::Digest, &mark).column("digest");
        scan.report(found.differs(Some(digest), Some(mark.digest)));
        return Ok(None);
    }
    if mark.seq > row.last_entry_seq {
        // Another audit may have made it since the account was read.
        if mark.seq > last_entry_seq(scan, row).await? {
            let found = of_mark(AuditCheck::Mark, &mark).column("seq").at(mark.seq);
            let last = row.last_entry_seq.to_string();
            scan.report(found.differs(Some(last), Some(mark.seq.to_string())));
        }
        return Ok(None);
    }
    let (customer_id, currency) = key;
    let key = (customer_id, currency, mark.seq);
    let entry = scan.find::<BalanceEntry>(&key).await?;
    let digest = entry.as_ref().map(|entry| entry.digest.clone());
    if digest.as_ref() != Some(&mark.head_digest) {
        let found = of_mark(AuditCheck::Mark, &mark).column("head_digest");
        let found = found.at(mark.seq);
        scan.report(found.differs(digest, Some(mark.head_digest)));
        return Ok(None);
    }
    Ok(entry)
}

/// Marks an account up to an entry.
pub(super) async fn keep(
    scan: &mut Scan<'_>,
    entry: &BalanceEntry,
    now: DateTime<Utc>,
) -> Result<()> {
    let mark = AuditMark::at(entry, now)?;
    let changes = [
        AuditMark::SEQ.inserted(),
        AuditMark::HEAD_DIGEST.inserted(),
        AuditMark::CHECKED_AT.inserted(),
        AuditMark::DIGEST.inserted(),
    ];
    scan.session.upsert(&[mark], changes).await
}
