//! Compares roll-ups with the logs and repairs them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::query::{AggregateQuery, Change};
use genledger_contract::{
    Entity, Error, ErrorKind, Filter, Query, Result, Session, SessionExt, Tx, Violation, Violations,
};

use super::coverage::{complete, kept_before, registration};
use super::key::RollupKey;
use super::set::DAY;
use super::{UsageDimensions, UsageRollup, UsageRollupCoverage, UsageRollupSet};
use crate::store_or_tx::StoreOrTx;
use crate::time::{in_calendars, stored_seconds};
use crate::usage::statistics::{ExactTotals, QUARTER, Source, sums};
use crate::usage::{UsageLog, UsageLogType, UsageTotals, UsageTotalsColumns};

type Stored = BTreeMap<RollupKey, UsageRollup>;
type Counted = BTreeMap<RollupKey, UsageTotals>;

/// From a time (included) to another (excluded).
type Range = (DateTime<Utc>, DateTime<Utc>);

/// Checks a range of times.
pub(super) fn check_range(from: DateTime<Utc>, before: DateTime<Utc>) -> Result<()> {
    let mut found = Violations::new();
    for (name, time) in [("from", from), ("before", before)] {
        let whole = time.timestamp_subsec_nanos() == 0 && time.timestamp().rem_euclid(QUARTER) == 0;
        let message = "must be a whole quarter of an hour";
        found.check(!whole, name, "not_a_quarter", message);
    }
    found.into_result()?;
    for (name, time) in [("from", from), ("before", before)] {
        if !in_calendars(time) {
            let message = "must be within the years -200,000 to 200,000";
            return Err(Violation::new(name, "out_of_range", message).into());
        }
    }
    if from >= before {
        return Err(Violation::new("before", "empty_range", "must be later than `from`").into());
    }
    Ok(())
}

/// Compares and repairs the roll-ups of a set, which becomes complete for the range.
pub(super) async fn reconcile(
    store: &StoreOrTx,
    set: UsageRollupSet,
    (from, before): Range,
) -> Result<u64> {
    // In a transaction of its own: from its commit on, all writers maintain the set.
    let register = |tx: Tx| async move { registration(&tx, set).await };
    let registration = store.transaction(register).await?;
    let session = store.session();
    let bucket_after = |second: i64| set.bucket(second + set.seconds() - 1);
    // The buckets that contain the range, without those whose logs were deleted.
    let kept = kept_before(&*session).await?.map_or(i64::MIN, bucket_after);
    let from = set.bucket(from.timestamp()).max(kept);
    let before = bucket_after(before.timestamp());
    if from >= before {
        return Ok(0);
    }
    let (from, before) = (moment(from)?, moment(before)?);
    let (mut at, mut repaired) = (from, 0);
    while let Some(start) = next(&*session, set, (at, before)).await? {
        let day = start.checked_add_signed(TimeDelta::seconds(DAY));
        at = day.map_or(before, |end| end.min(before));
        let day = (start, at);
        if !agree(&*session, set, day).await? {
            let day = |tx: Tx| async move { repair(&tx, set, day).await };
            repaired += store.transaction(day).await?;
        }
    }
    let range = (from, before);
    let complete = |tx: Tx| async move { complete(&tx, set, registration, range).await };
    store.transaction(complete).await?;
    Ok(repaired)
}

/// Deletes a set, whose roll-ups are maintained no longer.
pub(super) async fn remove(session: &dyn Session, set: UsageRollupSet) -> Result<u64> {
    session.delete::<UsageRollupCoverage>(&set.code()).await?;
    let mut deleted = 0;
    loop {
        let first = AggregateQuery::over(UsageRollup::of_set(set)).min(UsageRollup::BUCKET);
        let rows = session.aggregate(first).await?;
        let Some(first) = rows.first().and_then(|row| row.value(0).as_i64()) else {
            return Ok(deleted);
        };
        let day = UsageRollup::BUCKET.lt(moment(first + DAY)?);
        deleted += session.delete_where(UsageRollup::of_set(set) & day).await?;
    }
}

fn moment(second: i64) -> Result<DateTime<Utc>> {
    let moment = DateTime::from_timestamp(second, 0);
    moment.ok_or_else(|| Error::invalid("the time is out of range"))
}

/// The roll-ups of a set in a range.
fn of_set(set: UsageRollupSet, (from, before): Range) -> Filter<UsageRollup> {
    UsageRollup::of_set(set) & UsageRollup::within(Some(from), Some(before))
}

/// The first bucket with a log or a roll-up.
async fn next(
    session: &dyn Session,
    set: UsageRollupSet,
    (from, before): Range,
) -> Result<Option<DateTime<Utc>>> {
    let logs = UsageLog::within(Some(from), Some(before));
    let logs = AggregateQuery::over(logs).min(UsageLog::CREATED_AT);
    let rollups = AggregateQuery::over(of_set(set, (from, before))).min(UsageRollup::BUCKET);
    let mut rows = session.aggregate(logs).await?;
    rows.extend(session.aggregate(rollups).await?);
    let first = rows.iter().filter_map(|row| row.value(0).as_i64()).min();
    let Some(second) = first else {
        return Ok(None);
    };
    let bucket = stored_seconds(set.bucket(second));
    bucket.map(Some).ok_or_else(no_time)
}

/// The error for a time without a calendar, which no row in the range is expected to have.
fn no_time() -> Error {
    Error::corrupt("a time within the range is outside of the calendar")
        .with_table(UsageLog::TABLE.name)
        .with_column(UsageLog::CREATED_AT.definition().name)
}

/// Whether the roll-ups agree with the logs. They are read before and after the logs are
/// counted, so no lock is needed.
async fn agree(session: &dyn Session, set: UsageRollupSet, range: Range) -> Result<bool> {
    let first = stored(session, set, range).await?;
    let counted = counted(session, set, range).await?;
    let same = |(key, totals)| first.get(key).map(|row| row.totals) == Some(totals);
    let agree =
        first.len() == counted.len() && counted.iter().all(|(key, totals)| same((key, *totals)));
    Ok(agree && stored(session, set, range).await? == first)
}

async fn repair(tx: &Tx, set: UsageRollupSet, range: Range) -> Result<u64> {
    // From here on, writers of these roll-ups wait; what they added before is read below.
    // An update without effect, which locks the rows.
    let no_change = || [UsageRollup::REQUESTS.plus(0)];
    tx.update_where(of_set(set, range), no_change()).await?;
    let mut surplus = stored(tx, set, range).await?;
    let counted_first = counted(tx, set, range).await?;
    let mut changed = Vec::new();
    let mut missing = Vec::new();
    for (key, totals) in &counted_first {
        match surplus.remove(key) {
            Some(row) if row.totals == *totals => continue,
            Some(row) => guarded(
                tx.update_if(&row.key(), unchanged(&row), replaced_by(totals))
                    .await?,
            )?,
            None => missing.push(key.clone().with(*totals)),
        }
        changed.push(key.clone());
    }
    for (key, row) in surplus {
        guarded(
            tx.update_if(&row.key(), unchanged(&row), no_change())
                .await?,
        )?;
        guarded(tx.delete::<UsageRollup>(&row.key()).await?)?;
        changed.push(key);
    }
    let taken = |error: Error| match error.kind() {
        ErrorKind::UniqueViolation => raced().with_source(error),
        _ => error,
    };
    tx.insert_many(&missing).await.map_err(taken)?;
    if !changed.is_empty() {
        // A log that was added and deleted while its roll-up did not exist yet was counted above;
        // now all of them are locked.
        let counted = counted(tx, set, range).await?;
        let same = |key| counted.get(key) == counted_first.get(key);
        guarded(changed.iter().all(same))?;
        // Logs whose sums are kept may be gone from what was counted: they were deleted after this was recorded.
        let kept = kept_before(tx).await?;
        guarded(kept.is_none_or(|kept| kept <= range.0.timestamp()))?;
    }
    Ok(u64::try_from(changed.len()).unwrap_or(u64::MAX))
}

/// The roll-ups as they are.
async fn stored(session: &dyn Session, set: UsageRollupSet, range: Range) -> Result<Stored> {
    let mut rows = Stored::new();
    let mut query = Query::matching(of_set(set, range)).page_size(1_000);
    loop {
        let page = session.page(&query).await?;
        rows.extend(page.items.into_iter().map(|row| (row.rollup_key(), row)));
        let Some(next) = page.next else {
            return Ok(rows);
        };
        query = query.after(next);
    }
}

/// The roll-ups as they should be.
async fn counted(session: &dyn Session, set: UsageRollupSet, range: Range) -> Result<Counted> {
    let charged = UsageLog::KIND.is_in([UsageLogType::Consume, UsageLogType::Refund]);
    let logs = UsageLog::within(Some(range.0), Some(range.1)) & charged;
    let dimensions = set.dimensions().collect();
    let mut counted: BTreeMap<RollupKey, ExactTotals> = BTreeMap::new();
    for sum in sums(session, logs, &dimensions, Some(set.seconds())).await? {
        let bucket = sum.start.ok_or_else(no_time)?;
        let dimensions = UsageDimensions {
            user_id: sum.group.user_id,
            model_name: sum.group.model_name,
            channel_id: sum.group.channel_id,
            token_id: sum.group.token_id,
            group: sum.group.group,
        };
        let key = RollupKey::new(set, bucket, dimensions);
        counted.entry(key).or_default().add(&sum.totals);
    }
    let totals = |(key, sums): (RollupKey, ExactTotals)| {
        let totals = sums.totals();
        totals
            .map(|totals| (key, totals))
            .map_err(|error| error.with_table(UsageLog::TABLE.name))
    };
    counted.into_iter().map(totals).collect()
}

/// The roll-up has the sums that were read.
fn unchanged(row: &UsageRollup) -> Filter<UsageRollup> {
    let columns = UsageTotals::columns().into_iter();
    columns
        .zip(row.totals.numbers())
        .map(|(column, number)| column.eq(number))
        .fold(Filter::all(), |all, same| all & same)
}

fn replaced_by(totals: &UsageTotals) -> Vec<Change<UsageRollup>> {
    let columns = UsageTotals::columns().into_iter();
    columns
        .zip(totals.numbers())
        .map(|(column, number)| column.set(number))
        .collect()
}

fn guarded(held: bool) -> Result<()> {
    if held { Ok(()) } else { Err(raced()) }
}

fn raced() -> Error {
    let message = "a roll-up was changed by another session";
    Error::new(ErrorKind::SerializationFailure, message)
}
