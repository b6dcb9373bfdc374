//! Writing logs and what they add up to, in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use genledger_contract::{Error, ErrorKind, Query, Result, RowOutcome, Session, SessionExt};
use uuid::Uuid;

use super::UsageRollup;
use super::key::RollupKey;
use crate::id::LogId;
use crate::usage::statistics::ExactTotals;
use crate::usage::{LogType, UsageLog, UsageTotals};

/// Logs that are deleted are read and deleted in portions of a page.
const PORTION: usize = 1_000;

type Sums = BTreeMap<RollupKey, ExactTotals>;

/// Appends logs and adds up those that are new. The session must be a transaction's, and an error
/// must undo what it did.
pub(in crate::usage) async fn append(
    session: &dyn Session,
    logs: &[UsageLog],
) -> Result<Vec<RowOutcome>> {
    let outcomes = session.insert_many(logs).await?;
    let mut sums = Sums::new();
    for (log, outcome) in logs.iter().zip(&outcomes) {
        if *outcome == RowOutcome::New {
            count(&mut sums, log, ExactTotals::add)?;
        }
    }
    add(session, sums).await?;
    Ok(outcomes)
}

/// Deletes logs and takes what they added. The session must be a transaction's, and an error must
/// undo what it did.
pub(in crate::usage) async fn delete(session: &dyn Session, ids: &[LogId]) -> Result<u64> {
    // Everybody deletes in the same order, so that nobody waits in a circle.
    let ids: BTreeSet<LogId> = ids.iter().copied().collect();
    let ids: Vec<LogId> = ids.into_iter().collect();
    let mut sums = Sums::new();
    let mut deleted = 0;
    for portion in ids.chunks(PORTION) {
        let found = Query::matching(UsageLog::ID.is_in(portion)).page_size(1_000);
        let logs: Vec<UsageLog> = session.page(&found).await?.items;
        let ids = logs.iter().map(|log| log.id);
        let gone = session.delete_where(UsageLog::ID.is_in(ids)).await?;
        // Rows never change and ids are never used again, so as many rows are the same rows.
        if usize::try_from(gone) != Ok(logs.len()) {
            // Who deleted them takes what they added; this transaction must not do it again.
            let message = "logs that were to be deleted were deleted by somebody else";
            return Err(Error::new(ErrorKind::Serialization, message));
        }
        deleted += gone;
        for log in &logs {
            count(&mut sums, log, ExactTotals::subtract)?;
        }
    }
    let mut buckets: BTreeMap<DateTime<Utc>, Vec<Uuid>> = BTreeMap::new();
    for key in sums.keys() {
        buckets.entry(key.bucket).or_default().push(key.dimensions);
    }
    add(session, sums).await?;
    let empty = UsageRollup::REQUESTS.eq(0) & UsageRollup::REFUNDS.eq(0);
    for (bucket, dimensions) in buckets {
        for portion in dimensions.chunks(PORTION) {
            let written = UsageRollup::DIMENSIONS.is_in(portion) & empty.clone();
            let empty = UsageRollup::BUCKET.eq(bucket) & written;
            session.delete_where(empty).await?;
        }
    }
    Ok(deleted)
}

/// Counts a log, if it is of a kind that is added up.
fn count(sums: &mut Sums, log: &UsageLog, with: fn(&mut ExactTotals, &UsageTotals)) -> Result<()> {
    if let Some(totals) = UsageTotals::of(log) {
        with(sums.entry(RollupKey::of(log)?).or_default(), &totals);
    }
    Ok(())
}

/// Adds sums to the roll-ups.
async fn add(session: &dyn Session, mut sums: Sums) -> Result<()> {
    // Once, unless a sum is larger than a number of the database.
    loop {
        let part = |(key, sums): (&RollupKey, &mut ExactTotals)| {
            let totals = sums.take_part()?;
            Some(key.clone().with(totals))
        };
        let rows: Vec<UsageRollup> = sums.iter_mut().filter_map(part).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let changes = [
            UsageRollup::REQUESTS.add_inserted(),
            UsageRollup::QUOTA.add_inserted(),
            UsageRollup::PROMPT_TOKENS.add_inserted(),
            UsageRollup::COMPLETION_TOKENS.add_inserted(),
            UsageRollup::REFUNDS.add_inserted(),
            UsageRollup::REFUNDED_QUOTA.add_inserted(),
        ];
        session.upsert(&rows, changes).await?;
    }
}

impl UsageTotals {
    /// Those of one log; `None` for a kind that is not added up.
    fn of(log: &UsageLog) -> Option<Self> {
        match log.kind {
            LogType::Consume => Some(Self {
                requests: 1,
                quota: log.quota,
                prompt_tokens: log.prompt_tokens,
                completion_tokens: log.completion_tokens,
                ..Self::default()
            }),
            LogType::Refund => Some(Self {
                refunds: 1,
                refunded_quota: log.quota,
                ..Self::default()
            }),
            _ => None,
        }
    }
}
