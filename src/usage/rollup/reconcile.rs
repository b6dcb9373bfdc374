//! Compares roll-ups with the logs and repairs them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::query::{AggregateQuery, Change};
use genledger_contract::{
    Entity, Error, ErrorKind, Filter, Query, Result, Session, SessionExt, Tx, Violation,
};

use super::UsageRollup;
use super::filter::check_quarters;
use super::key::RollupKey;
use crate::store_or_tx::StoreOrTx;
use crate::time::{in_calendars, stored_seconds};
use crate::usage::statistics::{ExactTotals, QUARTER, Source, sums};
use crate::usage::{UsageDimension, UsageLog, UsageLogType, UsageTotals, UsageTotalsColumns};

type Stored = BTreeMap<RollupKey, UsageRollup>;
type Counted = BTreeMap<RollupKey, UsageTotals>;

pub(super) async fn reconcile(
    store: &StoreOrTx,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<u64> {
    check_quarters([("from", Some(from)), ("before", Some(before))])?;
    for (name, time) in [("from", from), ("before", before)] {
        if !in_calendars(time) {
            let message = "must be within the years -200,000 to 200,000";
            return Err(Violation::new(name, "out_of_range", message).into());
        }
    }
    if from >= before {
        return Err(Violation::new("before", "empty_range", "must be later than `from`").into());
    }
    let session = store.session();
    let (mut at, mut repaired) = (from, 0);
    while let Some(start) = next(&*session, at, before).await? {
        let day = start.checked_add_signed(TimeDelta::days(1));
        at = day.map_or(before, |end| end.min(before));
        if !agree(&*session, start, at).await? {
            let day = |tx: Tx| async move { repair(&tx, start, at).await };
            repaired += store.transaction(day).await?;
        }
    }
    Ok(repaired)
}

/// The first quarter of an hour with a log or a roll-up.
async fn next(
    session: &dyn Session,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    let logs = AggregateQuery::over(UsageLog::within(from, before)).min(UsageLog::CREATED_AT);
    let rollups = AggregateQuery::over(UsageRollup::within(from, before)).min(UsageRollup::BUCKET);
    let mut rows = session.aggregate(logs).await?;
    rows.extend(session.aggregate(rollups).await?);
    let first = rows.iter().filter_map(|row| row.value(0).as_i64()).min();
    let Some(second) = first else {
        return Ok(None);
    };
    let quarter = stored_seconds(second.div_euclid(QUARTER) * QUARTER);
    quarter.map(Some).ok_or_else(no_time)
}

/// The error for a time without a calendar, which no row in the range is expected to have.
fn no_time() -> Error {
    Error::corrupt("a time within the range is outside of the calendar")
        .with_table(UsageLog::TABLE.name)
        .with_column(UsageLog::CREATED_AT.definition().name)
}

/// Whether the roll-ups agree with the logs. They are read before and after the logs are
/// counted, so no lock is needed.
async fn agree(session: &dyn Session, from: DateTime<Utc>, before: DateTime<Utc>) -> Result<bool> {
    let first = stored(session, from, before).await?;
    let counted = counted(session, from, before).await?;
    let same = |(key, totals)| first.get(key).map(|row| row.totals) == Some(totals);
    let agree =
        first.len() == counted.len() && counted.iter().all(|(key, totals)| same((key, *totals)));
    Ok(agree && stored(session, from, before).await? == first)
}

async fn repair(tx: &Tx, from: DateTime<Utc>, before: DateTime<Utc>) -> Result<u64> {
    // From here on, writers of these roll-ups wait; what they added before is read below.
    // An update without effect, which locks the rows.
    let no_change = || [UsageRollup::REQUESTS.plus(0)];
    let within = UsageRollup::within(from, before);
    tx.update_where(within, no_change()).await?;
    let mut surplus = stored(tx, from, before).await?;
    let counted_first = counted(tx, from, before).await?;
    let mut changed = Vec::new();
    let mut missing = Vec::new();
    for (key, totals) in &counted_first {
        match surplus.remove(key) {
            Some(row) if row.totals == *totals => continue,
            Some(row) => guarded(
                tx.update_if(&row.key(), unchanged(&row), set(totals))
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
        let counted = counted(tx, from, before).await?;
        let same = |key| counted.get(key) == counted_first.get(key);
        guarded(changed.iter().all(same))?;
    }
    Ok(u64::try_from(changed.len()).unwrap_or(u64::MAX))
}

/// The roll-ups as they are.
async fn stored(
    session: &dyn Session,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<Stored> {
    let mut rows = Stored::new();
    let mut query = Query::matching(UsageRollup::within(from, before)).page_size(1_000);
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
async fn counted(
    session: &dyn Session,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<Counted> {
    let charged = UsageLog::KIND.is_in([UsageLogType::Consume, UsageLogType::Refund]);
    let logs = UsageLog::within(from, before) & charged;
    let mut counted: BTreeMap<RollupKey, ExactTotals> = BTreeMap::new();
    for sum in sums(session, logs, &UsageDimension::ALL.into(), Some(QUARTER)).await? {
        let start = sum.start.ok_or_else(no_time)?;
        let key = RollupKey::of_group(start.timestamp(), sum.group)?;
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

fn set(totals: &UsageTotals) -> Vec<Change<UsageRollup>> {
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
