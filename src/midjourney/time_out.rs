//! Ending the tasks that upstream has forgotten.

use chrono::{DateTime, Utc};
use genledger_contract::query::{Order, RowUpdate};
use genledger_contract::{Entity, Error, Field, Filter, Query, Result, Session, SessionExt};

use super::advance::advance;
use super::state::{Step, StoredTask};
use super::{MidjourneyChange, MidjourneyOutcome, MidjourneyStatus, MidjourneyTask};
use crate::contract::entity::Column;
use crate::paging::Listing;

/// Tasks that are ended by one statement.
const CHUNK: u32 = 200;

/// What a sweep has done.
///
/// ```
/// use genledger::midjourney::MidjourneyTimeOuts;
///
/// fn log(done: &MidjourneyTimeOuts) -> String {
///     format!("{} tasks timed out, {} refunds are due", done.ended, done.refunds)
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct MidjourneyTimeOuts {
    /// The tasks that it ended.
    pub ended: u64,
    /// Those of them whose refund is due.
    pub refunds: u64,
    /// Whether it stopped at its limit; there may be more.
    pub more: bool,
    /// The errors of the rows that cannot be read, which stay open.
    pub unreadable: Vec<Error>,
}

/// The statuses between the terminal ones, in the order of their words: together all that are not terminal, also those
/// that this version does not know. Each is one range of the index that begins with the status, so that no tasks with a
/// terminal status are read.
pub(super) fn gaps<E: Entity, T: Field>(
    column: Column<E, T>,
    word: impl Fn(MidjourneyStatus) -> T,
) -> Vec<Filter<E>> {
    let [first, second, third] = MidjourneyStatus::TERMINAL.map(word);
    vec![
        column.lt(&first),
        column.gt(&first) & column.lt(&second),
        column.gt(&second) & column.lt(&third),
        column.gt(&third),
    ]
}

fn order() -> [Order<StoredTask>; 3] {
    [
        StoredTask::STATUS.asc(),
        StoredTask::SUBMIT_TIME.asc(),
        StoredTask::ID.asc(),
    ]
}

pub(super) async fn time_out(
    session: &dyn Session,
    before: DateTime<Utc>,
    reason: &str,
    limit: u32,
    now: DateTime<Utc>,
) -> Result<MidjourneyTimeOuts> {
    let change = MidjourneyChange::failure(reason);
    let limit = u64::from(limit);
    let millis = before.timestamp_millis();
    let mut done = MidjourneyTimeOuts::default();
    for gap in gaps(StoredTask::STATUS, |status| {
        Some(status.as_str().to_owned())
    }) {
        let old = StoredTask::SUBMIT_TIME.lt(millis) | StoredTask::SUBMIT_TIME.is_null();
        let mut query = Query::matching(gap & old).order_by(order());
        loop {
            let left = limit - done.ended;
            if left == 0 {
                done.more = true;
                return Ok(done);
            }
            let size = u32::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            query = query.page_size(size);
            let page = session.page_lenient(&query).await?;
            let page = Listing::of(page, |task| task);
            done.unreadable.extend(page.unreadable);
            end(session, &page.items, &change, now, &mut done).await?;
            match page.next {
                Some(next) => query = query.after(next),
                None => break,
            }
        }
    }
    Ok(done)
}

/// Ends tasks, each if no other session has changed it meanwhile; those that were changed are looked at again.
async fn end(
    session: &dyn Session,
    tasks: &[StoredTask],
    change: &MidjourneyChange,
    now: DateTime<Utc>,
    done: &mut MidjourneyTimeOuts,
) -> Result<()> {
    let mut updates = Vec::with_capacity(tasks.len());
    let mut ended = Vec::with_capacity(tasks.len());
    for task in tasks {
        if let Step::Update {
            guard,
            changes,
            outcome,
        } = task.step(change, now)
        {
            updates.push(RowUpdate::<MidjourneyTask>::new(&task.id, guard, changes));
            ended.push((task.id, outcome));
        }
    }
    if updates.is_empty() {
        return Ok(());
    }
    let matched = session.update_each(updates).await?;
    for ((id, outcome), matched) in ended.into_iter().zip(matched) {
        let outcome = if matched {
            outcome
        } else {
            advance(session, id, change, now).await?
        };
        if let MidjourneyOutcome::Ended { refund } = outcome {
            done.ended += 1;
            done.refunds += u64::from(refund > 0);
        }
    }
    Ok(())
}
