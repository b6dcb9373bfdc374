//! Writes logs and updates their roll-ups, in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use genledger_contract::entity::Column;
use genledger_contract::{
    Entity, Error, ErrorKind, Query, Result, RowOutcome, Session, SessionExt,
};
use uuid::Uuid;

use super::UsageRollup;
use super::key::RollupKey;
use crate::id::UsageLogId;
use crate::time::stored_seconds;
use crate::usage::statistics::{ExactTotals, QUARTER};
use crate::usage::{UsageGroup, UsageLog, UsageLogType, UsageTotals, UsageTotalsColumns};

/// Logs are read and deleted in chunks of a page.
const CHUNK: usize = 1_000;

type Sums = BTreeMap<RollupKey, ExactTotals>;

/// The summed columns of a log: the table of the logs, described with these columns only, so that
/// a row of another program cannot prevent a delete.
#[derive(Clone, Debug, Entity)]
#[entity(table = "logs", key(id), append_only)]
struct Charge {
    id: UsageLogId,
    user_id: Option<i64>,
    created_at: Option<i64>,
    #[column(name = "type")]
    kind: Option<i16>,
    #[column(max_chars = 255)]
    model_name: Option<String>,
    channel_id: Option<i64>,
    token_id: Option<i64>,
    #[column(max_chars = 255)]
    group: Option<String>,
    quota: Option<i64>,
    prompt_tokens: Option<i64>,
    completion_tokens: Option<i64>,
}

impl Charge {
    /// The roll-up that it was added to, and what was added; `None` for a row without a roll-up: it
    /// is of another kind, has no user, or its time is outside of the calendar.
    fn counted(self) -> Option<(RollupKey, UsageTotals)> {
        let totals = UsageTotals::of(
            UsageLogType::from_code(self.kind?),
            self.quota.unwrap_or_default(),
            self.prompt_tokens.unwrap_or_default(),
            self.completion_tokens.unwrap_or_default(),
        )?;
        let group = UsageGroup {
            user_id: Some(self.user_id?),
            model_name: self.model_name,
            channel_id: self.channel_id,
            token_id: self.token_id,
            group: self.group,
            ..UsageGroup::default()
        };
        let begin = stored_seconds(self.created_at?)?
            .timestamp()
            .div_euclid(QUARTER)
            * QUARTER;
        Some((RollupKey::of_group(begin, group).ok()?, totals))
    }
}

/// Appends logs and adds those that are new to their roll-ups. The session must be that of a transaction
/// which is rolled back after an error.
pub(in crate::usage) async fn append(
    session: &dyn Session,
    logs: &[UsageLog],
) -> Result<Vec<RowOutcome>> {
    let outcomes = session.insert_if_absent(logs).await?;
    let mut sums = Sums::new();
    for (log, outcome) in logs.iter().zip(&outcomes) {
        let totals = UsageTotals::of(
            log.kind,
            log.quota,
            log.prompt_tokens,
            log.completion_tokens,
        );
        if let (RowOutcome::New, Some(totals)) = (outcome, totals) {
            sums.entry(RollupKey::of(log)?).or_default().add(&totals);
        }
    }
    add(session, sums).await?;
    Ok(outcomes)
}

/// Deletes logs and subtracts them from their roll-ups. The session must be that of a transaction which
/// is rolled back after an error.
pub(in crate::usage) async fn delete(session: &dyn Session, ids: &[UsageLogId]) -> Result<u64> {
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
        for (key, totals) in logs.into_iter().filter_map(Charge::counted) {
            sums.entry(key).or_default().subtract(&totals);
        }
    }
    let mut buckets: BTreeMap<DateTime<Utc>, Vec<Uuid>> = BTreeMap::new();
    for key in sums.keys() {
        buckets
            .entry(key.bucket)
            .or_default()
            .push(key.dimensions_id);
    }
    add(session, sums).await?;
    let empty = UsageRollup::REQUESTS.eq(0) & UsageRollup::REFUNDS.eq(0);
    for (bucket, dimensions) in buckets {
        for chunk in dimensions.chunks(CHUNK) {
            let written = UsageRollup::DIMENSIONS_ID.is_in(chunk) & empty.clone();
            let empty = UsageRollup::BUCKET.eq(bucket) & written;
            session.delete_where(empty).await?;
        }
    }
    Ok(deleted)
}

/// Adds sums to the roll-ups.
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

impl UsageTotals {
    /// The totals of one log; `None` for a kind that is not summed up.
    fn of(
        kind: UsageLogType,
        quota: i64,
        prompt_tokens: i64,
        completion_tokens: i64,
    ) -> Option<Self> {
        match kind {
            UsageLogType::Consume => Some(Self {
                requests: 1,
                quota,
                prompt_tokens,
                completion_tokens,
                ..Self::default()
            }),
            UsageLogType::Refund => Some(Self {
                refunds: 1,
                refunded_quota: quota,
                ..Self::default()
            }),
            _ => None,
        }
    }
}
