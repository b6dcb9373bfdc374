//! Writing logs and what they add up to, in one transaction.

use std::collections::BTreeMap;

use genledger_contract::{Error, ErrorKind, Query, Result, RowOutcome, Session, SessionExt};

use super::UsageRollup;
use super::key::RollupKey;
use crate::id::LogId;
use crate::usage::{LogType, UsageLog, UsageTotals};

/// Logs that are deleted are read and deleted in portions of a page.
const PORTION: usize = 1_000;

/// Appends logs and adds up those that are new. The session must be a transaction's.
pub(in crate::usage) async fn append(
    session: &dyn Session,
    logs: &[UsageLog],
) -> Result<Vec<RowOutcome>> {
    let outcomes = session.insert_many(logs).await?;
    let mut sums = BTreeMap::new();
    for (log, outcome) in logs.iter().zip(&outcomes) {
        if *outcome == RowOutcome::New {
            count(&mut sums, log, UsageTotals::add)?;
        }
    }
    add(session, sums).await?;
    Ok(outcomes)
}

/// Deletes logs and takes what they added. The session must be a transaction's.
pub(in crate::usage) async fn delete(session: &dyn Session, ids: &[LogId]) -> Result<u64> {
    let mut sums = BTreeMap::new();
    let mut deleted = 0;
    for portion in ids.chunks(PORTION) {
        let found = Query::matching(UsageLog::ID.is_in(portion)).page_size(1_000);
        let logs: Vec<UsageLog> = session.page(&found).await?.items;
        let ids = logs.iter().map(|log| log.id);
        let gone = session.delete_where(UsageLog::ID.is_in(ids)).await?;
        if usize::try_from(gone) != Ok(logs.len()) {
            // Who deleted them takes what they added; this transaction must not do it again.
            let message = "logs that were to be deleted were deleted by somebody else";
            return Err(Error::new(ErrorKind::Serialization, message));
        }
        deleted += gone;
        for log in &logs {
            count(&mut sums, log, UsageTotals::subtract)?;
        }
    }
    let ends = (sums.first_key_value(), sums.last_key_value());
    if let (Some((first, _)), Some((last, _))) = ends {
        let within = UsageRollup::BUCKET.ge(first.bucket) & UsageRollup::BUCKET.le(last.bucket);
        add(session, sums).await?;
        let empty = UsageRollup::REQUESTS.eq(0) & UsageRollup::REFUNDS.eq(0);
        session.delete_where(within & empty).await?;
    }
    Ok(deleted)
}

/// How a log changes sums.
type Change = fn(&mut UsageTotals, &UsageTotals) -> Result<()>;

fn count(
    sums: &mut BTreeMap<RollupKey, UsageTotals>,
    log: &UsageLog,
    change: Change,
) -> Result<()> {
    let Some(totals) = UsageTotals::of(log) else {
        return Ok(());
    };
    change(sums.entry(RollupKey::of(log)?).or_default(), &totals)
}

async fn add(session: &dyn Session, sums: BTreeMap<RollupKey, UsageTotals>) -> Result<()> {
    let rows: Vec<UsageRollup> = sums
        .into_iter()
        .map(|(key, totals)| key.with(totals))
        .collect();
    let changes = [
        UsageRollup::REQUESTS.add_inserted(),
        UsageRollup::QUOTA.add_inserted(),
        UsageRollup::PROMPT_TOKENS.add_inserted(),
        UsageRollup::COMPLETION_TOKENS.add_inserted(),
        UsageRollup::REFUNDS.add_inserted(),
        UsageRollup::REFUNDED_QUOTA.add_inserted(),
    ];
    session.upsert(&rows, changes).await
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
