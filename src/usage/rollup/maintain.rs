//! Writes logs and updates their roll-ups, in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use genledger_contract::entity::Column;
use genledger_contract::{Error, ErrorKind, Query, Result, RowOutcome, Session, SessionExt};
use uuid::Uuid;

use super::coverage::maintained;
use super::key::RollupKey;
use super::row::{Charge, Collected, Counted};
use super::{UsageRollup, UsageRollupSet};
use crate::id::UsageLogId;
use crate::usage::statistics::ExactTotals;
use crate::usage::{UsageLog, UsageTotals, UsageTotalsColumns};

/// Logs are read and deleted in chunks of a page.
const CHUNK: usize = 1_000;

type Sums = BTreeMap<RollupKey, ExactTotals>;

/// Appends logs and adds those that are new to their roll-ups. The session must be that of a transaction
/// which is rolled back after an error.
pub(in crate::usage) async fn append(
    session: &dyn Session,
    declared: &[UsageRollupSet],
    logs: &[UsageLog],
) -> Result<Vec<RowOutcome>> {
    // Before the logs are written: whether there are any decides about a set that is declared here.
    let sets = maintained(session, declared).await?;
    let outcomes = session.insert_if_absent(logs).await?;
    let mut new = Collected::default();
    for (log, outcome) in logs.iter().zip(&outcomes) {
        if let (RowOutcome::New, Some(log)) = (outcome, Counted::of(log)) {
            new.add(&sets, &log);
        }
    }
    add(session, new.into_sums().collect::<Result<Sums>>()?).await?;
    Ok(outcomes)
}

/// Deletes logs and subtracts them from their roll-ups. The session must be that of a transaction which
/// is rolled back after an error.
pub(in crate::usage) async fn delete(
    session: &dyn Session,
    declared: &[UsageRollupSet],
    ids: &[UsageLogId],
) -> Result<u64> {
    let sets = maintained(session, declared).await?;
    // All sessions delete in the same order, so that there is no deadlock.
    let ids: BTreeSet<UsageLogId> = ids.iter().copied().collect();
    let ids: Vec<UsageLogId> = ids.into_iter().collect();
    let mut sums = Sums::new();
    let mut deleted = 0;
    for chunk in ids.chunks(CHUNK) {
        let found = Query::matching(Charge::ID.is_in(chunk)).page_size(1_000);
        let logs = session.page(&found).await?.items;
        let ids = logs.iter().map(|log| log.id);
        let gone = session.delete_where(UsageLog::ID.is_in(ids)).await?;
        // Rows never change and ids are never reused, so the same number of rows means the same rows.
        if usize::try_from(gone) != Ok(logs.len()) {
            // The session that deleted them has subtracted them; this transaction must not do it again.
            let message = "logs that were to be deleted were deleted by another session";
            return Err(Error::new(ErrorKind::SerializationFailure, message));
        }
        deleted += gone;
        let mut old = Collected::default();
        for log in logs.iter().filter_map(Charge::counted) {
            old.add(&sets, &log);
        }
        for group in old.into_sums() {
            let (key, totals) = group?;
            sums.entry(key).or_default().subtract_all(&totals);
        }
    }
    let mut buckets: BTreeMap<(i16, DateTime<Utc>), Vec<Uuid>> = BTreeMap::new();
    for key in sums.keys() {
        let bucket = buckets.entry((key.set, key.bucket)).or_default();
        bucket.push(key.dimensions_id);
    }
    add(session, sums).await?;
    let empty = UsageRollup::REQUESTS.eq(0) & UsageRollup::REFUNDS.eq(0);
    for ((set, bucket), dimensions) in buckets {
        let bucket = UsageRollup::DIMENSION_SET.eq(set) & UsageRollup::BUCKET.eq(bucket);
        for chunk in dimensions.chunks(CHUNK) {
            let written = UsageRollup::DIMENSIONS_ID.is_in(chunk) & empty.clone();
            session.delete_where(bucket.clone() & written).await?;
        }
    }
    Ok(deleted)
}

/// Adds to roll-ups, of all sets in one statement. Only changed ones are written, in the order of their
/// keys.
async fn add(session: &dyn Session, mut sums: Sums) -> Result<()> {
    // Runs once, unless a sum is larger than 64 bits.
    loop {
        let part = |(key, sums): (&RollupKey, &mut ExactTotals)| {
            let totals = sums.take_part()?;
            Some(key.clone().with(totals))
        };
        let rows: Vec<UsageRollup> = sums.iter_mut().filter_map(part).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let changes = UsageTotals::columns().map(Column::add_inserted);
        session.upsert(&rows, changes).await?;
    }
}
