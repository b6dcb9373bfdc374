//! Drops months of logs together with their sums.
//!
//! The months of the database and roll-ups do not change in one transaction everywhere, so the roll-ups are not complete
//! for these times meanwhile: a reader takes the sums of the logs.

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::query::{AggregateQuery, Count};
use genledger_contract::schema::{Partition, Partitions};
use genledger_contract::{Error, Filter, Result, Session, SessionExt, Tx};

use super::coverage::{kept_before, registered, retract};
use super::reconcile::reconcile;
use super::set::DAY;
use super::{UsageRollup, UsageRollupCoverage};
use crate::store_or_tx::StoreOrTx;
use crate::usage::UsageLog;
use crate::usage::statistics::Source;

/// Drops the partitions before a time, and removes the sums of their logs.
pub(in crate::usage) async fn drop_before(
    store: &StoreOrTx,
    partitions: &dyn Partitions,
    time: DateTime<Utc>,
) -> Result<Vec<Partition>> {
    let end = end_of_day(time)?;
    if let Some(kept) = kept_before(&*store.session()).await? {
        if kept >= end.timestamp() {
            // The sums of all these times are kept.
            return partitions.drop_before(time).await;
        }
        let message = "the sums of earlier logs were kept: keep these as well, by `delete_before` with `keep_rollups`";
        return Err(Error::unsupported(message));
    }
    if partitions
        .list()
        .await?
        .iter()
        .any(|one| one.is_before(time))
    {
        // From its commit on, no reader uses these roll-ups, and a `reconcile` that is running does not declare them complete.
        let retract = |tx: Tx| async move { retract(&tx, end).await };
        store.transaction(retract).await?;
    }
    let dropped = partitions.drop_before(time).await?;
    settle(store, end).await?;
    Ok(dropped)
}

/// The end of the day of UTC, which no bucket crosses.
fn end_of_day(time: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let second = time.timestamp() + i64::from(time.timestamp_subsec_nanos() > 0);
    moment(second.div_euclid(DAY) * DAY + if second.rem_euclid(DAY) == 0 { 0 } else { DAY })
}

fn moment(second: i64) -> Result<DateTime<Utc>> {
    let moment = DateTime::from_timestamp(second, 0);
    moment.ok_or_else(|| Error::invalid("the time is out of range"))
}

/// Makes the sets complete again that are complete from some time before `end` on.
async fn settle(store: &StoreOrTx, end: DateTime<Utc>) -> Result<()> {
    let session = store.session();
    let to_repair = |row: &UsageRollupCoverage| {
        row.complete_from
            .is_some_and(|from| from > i64::MIN && from <= end.timestamp())
    };
    let rows = registered(&*session).await?;
    let sets = rows.iter().filter(|row| to_repair(row));
    let sets: Vec<_> = sets.filter_map(UsageRollupCoverage::set).collect();
    if sets.is_empty() {
        return Ok(());
    }
    let first = delete_sums_without_logs(&*session, end).await?;
    let day_before = end - TimeDelta::seconds(DAY);
    let from = first.map_or(Ok(day_before), moment)?.min(day_before);
    for set in sets {
        reconcile(store, set, (from, end)).await?;
    }
    Ok(())
}

/// Deletes the roll-ups of each day without a log, and returns the first day. `reconcile` would delete them one by one.
async fn delete_sums_without_logs(
    session: &dyn Session,
    end: DateTime<Utc>,
) -> Result<Option<i64>> {
    let logs = UsageLog::within(None, Some(end));
    let oldest = AggregateQuery::over(logs).min(UsageLog::CREATED_AT);
    let rows = session.aggregate(oldest).await?;
    let oldest = rows.first().and_then(|row| row.value(0).as_i64());
    let mut first = oldest.map(|second| second.div_euclid(DAY) * DAY);
    let mut from = None;
    loop {
        let rest = UsageRollup::within(from, Some(end));
        let next = AggregateQuery::over(rest).min(UsageRollup::BUCKET);
        let rows = session.aggregate(next).await?;
        let Some(bucket) = rows.first().and_then(|row| row.value(0).as_i64()) else {
            return Ok(first);
        };
        let day = bucket.div_euclid(DAY) * DAY;
        first = Some(first.map_or(day, |first| first.min(day)));
        let (begin, after) = (moment(day)?, moment(day + DAY)?);
        let logs: Filter<UsageLog> = UsageLog::within(Some(begin), Some(after));
        if session.count(logs, 1).await? == Count::Exactly(0) {
            let sums = UsageRollup::within(Some(begin), Some(after));
            session.delete_where(sums).await?;
        }
        from = Some(after);
    }
}
