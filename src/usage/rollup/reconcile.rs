//! Making roll-ups agree with the logs.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::{
    AggregateQuery, Error, ErrorKind, Filter, Query, Result, SessionExt, Store, StoreExt, Tx,
};

use super::UsageRollup;
use super::filter::check_quarters;
use super::key::RollupKey;
use crate::usage::statistics::{QUARTER, Source, sums};
use crate::usage::{LogType, UsageDimension, UsageLog, UsageTotals};

/// What roll-ups are told apart by.
const DIMENSIONS: [UsageDimension; 5] = [
    UsageDimension::Model,
    UsageDimension::User,
    UsageDimension::Channel,
    UsageDimension::Token,
    UsageDimension::Group,
];

pub(super) async fn reconcile(
    store: &Arc<dyn Store>,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<u64> {
    check_quarters([("from", Some(from)), ("before", Some(before))])?;
    let (mut at, mut mended) = (from, 0);
    while let Some(start) = next(store, at, before).await? {
        let end = before.min(start + TimeDelta::days(1));
        let day = |tx: Tx| async move { mend(&tx, start, end).await };
        mended += store.transaction(day).await?;
        at = end;
    }
    Ok(mended)
}

/// The first quarter of an hour with a log or a roll-up.
async fn next(
    store: &Arc<dyn Store>,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    let session = store.session();
    let logs = AggregateQuery::over(UsageLog::within(from, before)).min(UsageLog::CREATED_AT);
    let rollups = AggregateQuery::over(UsageRollup::within(from, before)).min(UsageRollup::BUCKET);
    let first = [
        session.aggregate(logs).await?,
        session.aggregate(rollups).await?,
    ]
    .iter()
    .flatten()
    .filter_map(|row| row.value(0).as_i64())
    .min();
    let quarter = |second: i64| second.div_euclid(QUARTER) * QUARTER;
    Ok(first.and_then(|second| DateTime::from_timestamp(quarter(second), 0)))
}

async fn mend(tx: &Tx, from: DateTime<Utc>, before: DateTime<Utc>) -> Result<u64> {
    // Whoever adds to a roll-up waits from here on, and what they added before is seen below. A
    // roll-up that somebody is about to make is read before the logs are, so that it is missing
    // only together with its logs, or meets ours and this runs again.
    let within = UsageRollup::within(from, before);
    tx.update_where(within.clone(), [UsageRollup::REQUESTS.plus(0)])
        .await?;
    let mut stored = stored(tx, within).await?;
    let mut mended = 0;
    let mut missing = Vec::new();
    for (key, totals) in counted(tx, from, before).await? {
        match stored.remove(&key) {
            None => missing.push(key.with(totals)),
            Some(row) if row.totals() == totals => {}
            Some(row) => {
                let id = (row.bucket, row.dimensions);
                let changes = [
                    UsageRollup::REQUESTS.set(totals.requests),
                    UsageRollup::QUOTA.set(totals.quota),
                    UsageRollup::PROMPT_TOKENS.set(totals.prompt_tokens),
                    UsageRollup::COMPLETION_TOKENS.set(totals.completion_tokens),
                    UsageRollup::REFUNDS.set(totals.refunds),
                    UsageRollup::REFUNDED_QUOTA.set(totals.refunded_quota),
                ];
                guarded(tx.update_if(&id, unchanged(&row), changes).await?)?;
                mended += 1;
            }
        }
    }
    for row in stored.values() {
        let id = (row.bucket, row.dimensions);
        let locked = [UsageRollup::REQUESTS.plus(0)];
        guarded(tx.update_if(&id, unchanged(row), locked).await?)?;
        guarded(tx.delete::<UsageRollup>(&id).await?)?;
        mended += 1;
    }
    mended += u64::try_from(missing.len()).unwrap_or(u64::MAX);
    tx.insert_all(&missing)
        .await
        .map_err(|error| match error.kind() {
            ErrorKind::Conflict => raced().with_source(error),
            _ => error,
        })?;
    Ok(mended)
}

async fn stored(tx: &Tx, within: Filter<UsageRollup>) -> Result<BTreeMap<RollupKey, UsageRollup>> {
    let mut rows = BTreeMap::new();
    let mut query = Query::matching(within).page_size(1_000);
    loop {
        let page = tx.page(&query).await?;
        rows.extend(page.items.into_iter().map(|row| (row.key(), row)));
        let Some(next) = page.next else {
            return Ok(rows);
        };
        query = query.after(next);
    }
}

async fn counted(
    tx: &Tx,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<BTreeMap<RollupKey, UsageTotals>> {
    let charged = UsageLog::KIND.is_in([LogType::Consume, LogType::Refund]);
    let logs = UsageLog::within(from, before) & charged;
    let mut counted: BTreeMap<RollupKey, UsageTotals> = BTreeMap::new();
    for sum in sums(tx, logs, &DIMENSIONS.into(), Some(QUARTER)).await? {
        let start = sum.start.unwrap_or_default();
        let key = RollupKey::of_group(start.timestamp(), sum.group)?;
        counted.entry(key).or_default().add(&sum.totals)?;
    }
    Ok(counted)
}

/// The roll-up has the sums that were read.
fn unchanged(row: &UsageRollup) -> Filter<UsageRollup> {
    UsageRollup::REQUESTS.eq(row.requests)
        & UsageRollup::QUOTA.eq(row.quota)
        & UsageRollup::PROMPT_TOKENS.eq(row.prompt_tokens)
        & UsageRollup::COMPLETION_TOKENS.eq(row.completion_tokens)
        & UsageRollup::REFUNDS.eq(row.refunds)
        & UsageRollup::REFUNDED_QUOTA.eq(row.refunded_quota)
}

fn guarded(held: bool) -> Result<()> {
    if held { Ok(()) } else { Err(raced()) }
}

fn raced() -> Error {
    let message = "a roll-up was changed by somebody else";
    Error::new(ErrorKind::Serialization, message)
}
