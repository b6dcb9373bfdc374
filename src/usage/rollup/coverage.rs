//! The entity `UsageRollupCoverage`: the sets that have roll-ups, and the times for which they are complete.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use genledger_contract::query::Count;
use genledger_contract::{
    Entity, Error, ErrorKind, Filter, Query, Result, RowOutcome, Session, SessionExt, Tx,
};
use uuid::Uuid;

use super::row::Charge;
use super::{UsageRollup, UsageRollupSet};
use crate::usage::{UsageLog, UsageLogType};

/// A set of dimensions that has [roll-ups](UsageRollup), and the times for which it is complete.
///
/// This table is the list of the sets that every writer maintains: those that other writers declared as well.
/// Sums are read from a set only for times within its range. A set is complete for all times when it was
/// declared by the first writer with roll-ups and there was no log yet; later ones become complete by
/// [`reconcile`](super::UsageRollups::reconcile).
///
/// ```
/// use genledger::contract::Repository;
/// use genledger::prelude::*;
/// use genledger::usage::{UsageRollups, UsageRollupSet};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(genledger::schema::all()).await?;
/// let ids = UsageLogIdGenerator::system(NodeId::ZERO);
/// let log = NewUsageLog::new(UsageLogType::Consume, 42).quota(900).into_log(&ids)?;
/// UsageLogs::new(store.clone()).with_rollups().append(&log).await?;
///
/// let coverage = UsageRollups::new(store).coverage().await?;
/// let sets: Vec<_> = coverage.iter().filter_map(|row| row.set()).collect();
/// assert_eq!(sets, UsageRollupSet::DEFAULT);
/// assert!(coverage.iter().all(|row| row.covers(None, None)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(table = "usage_rollup_coverage", key(dimension_set))]
#[non_exhaustive]
pub struct UsageRollupCoverage {
    /// Primary key: the set, with the same numbers as in `usage_rollups`. Two rows belong to no set: −1 is written by
    /// the first writer with roll-ups, and −2 by the first deletion that
    /// [keeps sums](crate::retention::Retention::keep_rollups): its `complete_before` is the time before which logs
    /// were deleted.
    pub dimension_set: i16,
    /// A number of its own for each time that the set is declared: it changes when the set is removed and
    /// declared again.
    #[column(filter)]
    pub registration: Uuid,
    /// From when on the roll-ups are complete, in unix seconds; the least number for all times. NULL when they
    /// are not complete for any time.
    #[column(filter)]
    pub complete_from: Option<i64>,
    /// Until when the roll-ups are complete, excluded, in unix seconds; the greatest number for all times to
    /// come.
    #[column(filter)]
    pub complete_before: Option<i64>,
}

fn seconds_up(time: DateTime<Utc>) -> i64 {
    time.timestamp() + i64::from(time.timestamp_subsec_nanos() > 0)
}

/// The row that the first writer with roll-ups writes.
const FIRST_WRITER: i16 = -1;

/// The row of the time before which logs were deleted and their sums kept.
const KEPT: i16 = -2;

impl UsageRollupCoverage {
    fn incomplete(dimension_set: i16, registration: Uuid) -> Self {
        Self {
            dimension_set,
            registration,
            complete_from: None,
            complete_before: None,
        }
    }

    /// The set; `None` for a set that this version does not know.
    #[must_use]
    pub const fn set(&self) -> Option<UsageRollupSet> {
        UsageRollupSet::from_code(self.dimension_set)
    }

    /// Whether the roll-ups from a time (included) to another (excluded) are complete; `None` for all times.
    #[must_use]
    pub fn covers(&self, from: Option<DateTime<Utc>>, before: Option<DateTime<Utc>>) -> bool {
        let (Some(complete_from), Some(complete_before)) =
            (self.complete_from, self.complete_before)
        else {
            return false;
        };
        from.map_or(i64::MIN, |time| time.timestamp()) >= complete_from
            && before.map_or(i64::MAX, seconds_up) <= complete_before
    }
}

/// The sets that are registered.
pub(super) async fn registered(session: &dyn Session) -> Result<Vec<UsageRollupCoverage>> {
    let sets = UsageRollupCoverage::DIMENSION_SET.gt(FIRST_WRITER);
    let page = session
        .page(&Query::matching(sets).page_size(1_000))
        .await?;
    Ok(page.items)
}

/// The sets that a writer has to maintain: those that are registered, and the declared ones, which it
/// registers. The session must be that of the transaction that writes.
pub(super) async fn maintained(
    session: &dyn Session,
    declared: &[UsageRollupSet],
) -> Result<Vec<UsageRollupSet>> {
    let mut sets = registered_sets(session).await?;
    let missing: BTreeSet<_> = declared.iter().filter(|set| !sets.contains(set)).collect();
    if !missing.is_empty() {
        register(session, &missing).await?;
        // Also those of a transaction that this one waited for.
        sets = registered_sets(session).await?;
    }
    Ok(sets.into_iter().collect())
}

async fn registered_sets(session: &dyn Session) -> Result<BTreeSet<UsageRollupSet>> {
    let newer = || {
        // Not to maintain it would make its sums wrong.
        Error::corrupt("a set of roll-ups is not known to this version")
            .with_table(UsageRollupCoverage::TABLE.name)
            .with_column(UsageRollupCoverage::DIMENSION_SET.definition().name)
    };
    let rows = registered(session).await?.into_iter();
    rows.map(|row| row.set().ok_or_else(newer)).collect()
}

/// Registers sets in a transaction. Of the first one with roll-ups, and without a log, they are complete.
async fn register(session: &dyn Session, missing: &BTreeSet<&UsageRollupSet>) -> Result<()> {
    // Waits for another transaction that registers sets, whose logs are not in the sets of this one.
    let first = UsageRollupCoverage::incomplete(FIRST_WRITER, Uuid::nil());
    let outcome = session.insert_if_absent(&[first]).await?;
    let complete = outcome == [RowOutcome::New] && is_empty(session).await?;
    let row = |set: &&UsageRollupSet| {
        let row = UsageRollupCoverage::incomplete(set.code(), Uuid::now_v7());
        UsageRollupCoverage {
            complete_from: complete.then_some(i64::MIN),
            complete_before: complete.then_some(i64::MAX),
            ..row
        }
    };
    let rows: Vec<_> = missing.iter().map(row).collect();
    session.insert_if_absent(&rows).await.map(drop)
}

/// Whether there is neither a log nor a roll-up.
async fn is_empty(session: &dyn Session) -> Result<bool> {
    let logs = session.count(Filter::<UsageLog>::all(), 1).await?;
    let rollups = session.count(Filter::<UsageRollup>::all(), 1).await?;
    Ok((logs, rollups) == (Count::Exactly(0), Count::Exactly(0)))
}

/// The time before which logs were deleted while their sums were kept, in unix seconds: sums of such times cannot be
/// compared with logs.
pub(super) async fn kept_before(session: &dyn Session) -> Result<Option<i64>> {
    let row = session.find::<UsageRollupCoverage>(&KEPT).await?;
    Ok(row.and_then(|row| row.complete_before))
}

/// Records that logs before a time are deleted and their sums kept. The session must be that of the transaction
/// that deletes them, and record it first.
pub(in crate::usage) async fn keep_before(
    session: &dyn Session,
    time: DateTime<Utc>,
) -> Result<()> {
    let second = seconds_up(time);
    if kept_before(session)
        .await?
        .is_some_and(|kept| kept >= second)
    {
        return Ok(());
    }
    let none = UsageRollupCoverage::incomplete(KEPT, Uuid::nil());
    session.insert_if_absent(&[none]).await?;
    let later = UsageRollupCoverage::COMPLETE_BEFORE.is_null()
        | UsageRollupCoverage::COMPLETE_BEFORE.lt(second);
    let change = [UsageRollupCoverage::COMPLETE_BEFORE.set(Some(second))];
    // Without effect if another session has recorded a later time meanwhile.
    session.update_if(&KEPT, later, change).await.map(drop)
}

/// The registration of a set, which becomes registered.
pub(super) async fn registration(session: &dyn Session, set: UsageRollupSet) -> Result<Uuid> {
    maintained(session, &[set]).await?;
    let row = session.get::<UsageRollupCoverage>(&set.code()).await?;
    Ok(row.registration)
}

/// Records that a set is complete for a range, and for all times at an end where there are no more logs:
/// later ones are added by their writers.
pub(super) async fn complete(
    tx: &Tx,
    set: UsageRollupSet,
    registration: Uuid,
    (from, before): (DateTime<Utc>, DateTime<Utc>),
) -> Result<()> {
    let charged = || {
        let kinds = [UsageLogType::Consume, UsageLogType::Refund];
        Charge::KIND.is_in(kinds.map(|kind| kind.code()))
    };
    let earlier = Charge::CREATED_AT.lt(from.timestamp()) | Charge::CREATED_AT.is_null();
    let later = Charge::CREATED_AT.ge(before.timestamp());
    let mut range = (from.timestamp(), before.timestamp());
    // Earlier logs that were deleted have sums in the sets of their time only.
    let deleted = kept_before(tx).await?.is_some();
    if !deleted && tx.count(earlier & charged(), 1).await? == Count::Exactly(0) {
        range.0 = i64::MIN;
    }
    if tx.count(later & charged(), 1).await? == Count::Exactly(0) {
        range.1 = i64::MAX;
    }
    let same = UsageRollupCoverage::REGISTRATION.eq(registration);
    let row = tx.find::<UsageRollupCoverage>(&set.code()).await?;
    let row = row.filter(|row| row.registration == registration);
    let Some(row) = row else {
        return Err(raced("a set of roll-ups was removed by another session"));
    };
    let (unchanged, range) = match (row.complete_from, row.complete_before) {
        (Some(complete_from), Some(complete_before)) => {
            let unchanged = UsageRollupCoverage::COMPLETE_FROM.eq(complete_from)
                & UsageRollupCoverage::COMPLETE_BEFORE.eq(complete_before);
            (unchanged, joined((complete_from, complete_before), range))
        }
        _ => (UsageRollupCoverage::COMPLETE_FROM.is_null(), range),
    };
    let changes = [
        UsageRollupCoverage::COMPLETE_FROM.set(Some(range.0)),
        UsageRollupCoverage::COMPLETE_BEFORE.set(Some(range.1)),
    ];
    if !tx.update_if(&set.code(), same & unchanged, changes).await? {
        return Err(raced("the range of a set was changed by another session"));
    }
    Ok(())
}

type Range = (i64, i64);

/// Two ranges as one, if they touch; otherwise the later one.
fn joined(old: Range, new: Range) -> Range {
    if new.0 <= old.1 && old.0 <= new.1 {
        (old.0.min(new.0), old.1.max(new.1))
    } else {
        old.max(new)
    }
}

fn raced(message: &'static str) -> Error {
    Error::new(ErrorKind::SerializationFailure, message)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{UsageRollupCoverage, joined};

    #[test]
    fn ranges_that_touch_become_one() {
        let old = (900, 1_800);
        assert_eq!(joined(old, (1_800, 2_700)), (900, 2_700));
        assert_eq!(joined(old, (0, 900)), (0, 1_800));
        assert_eq!(joined(old, (900, 1_200)), old);
        // Between them there may be logs that are in neither.
        assert_eq!(joined(old, (2_700, 3_600)), (2_700, 3_600));
        assert_eq!(joined(old, (-900, 0)), old);
    }

    #[test]
    fn a_range_is_half_open() {
        let row = UsageRollupCoverage {
            complete_from: Some(900),
            complete_before: Some(1_800),
            ..UsageRollupCoverage::incomplete(0, uuid::Uuid::nil())
        };
        let at = |millis| DateTime::from_timestamp_millis(millis);
        assert!(row.covers(at(900_000), at(1_800_000)));
        assert!(row.covers(at(900_001), at(1_799_999)));
        assert!(!row.covers(at(899_999), at(1_800_000)));
        assert!(!row.covers(at(900_000), at(1_800_001)));
        assert!(!row.covers(at(900_000), None));
        assert!(!row.covers(None, at(1_800_000)));
    }
}
