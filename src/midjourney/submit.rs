//! Storing a submission, and the rows that refer to one task of upstream.

use genledger_contract::query::MAX_PAGE_SIZE;
use genledger_contract::{Query, Result, RowOutcome, Session, SessionExt};

use super::state::StoredTask;
use super::{MidjourneySubmitCode, MidjourneyTask};
use crate::append::one_outcome;
use crate::id::UsageLogId;

/// What became of a submission.
///
/// ```
/// use genledger::midjourney::MidjourneySubmission;
///
/// fn is_charged(submission: MidjourneySubmission) -> bool {
///     !matches!(submission, MidjourneySubmission::Existing(_))
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MidjourneySubmission {
    /// It is a new row.
    New,
    /// The same row was present already, as after a retry.
    Present,
    /// Upstream has this task already, and so has the user, in the row with this id. No row was written: nothing is
    /// to be charged.
    Existing(UsageLogId),
}

pub(super) async fn submit(
    session: &dyn Session,
    task: &MidjourneyTask,
) -> Result<MidjourneySubmission> {
    if let Some(id) = existing(session, task).await? {
        return Ok(MidjourneySubmission::Existing(id));
    }
    let outcomes = session.insert_if_absent(std::slice::from_ref(task)).await?;
    if outcomes == [RowOutcome::Different] {
        // A retry finds the row as a poll has left it.
        let stored = session.get::<StoredTask>(&task.id).await?;
        if stored.mj_id.as_deref() == Some(&*task.mj_id) && is_of(&stored, task) {
            return Ok(MidjourneySubmission::Present);
        }
    }
    Ok(if one_outcome(&outcomes, MidjourneyTask::ID)? {
        MidjourneySubmission::New
    } else {
        MidjourneySubmission::Present
    })
}

/// Whether it has the same user and channel.
fn is_of(stored: &StoredTask, task: &MidjourneyTask) -> bool {
    stored.user_id == Some(task.user_id) && stored.channel_id.unwrap_or_default() == task.channel_id
}

/// The row in which the user has the task already, if upstream has replied that it exists or waits. An open row comes
/// first; one with a terminal status counts only if upstream has replied that the task exists.
async fn existing(session: &dyn Session, task: &MidjourneyTask) -> Result<Option<UsageLogId>> {
    let ended_counts = match task.code {
        MidjourneySubmitCode::Exists => true,
        MidjourneySubmitCode::Queued => false,
        _ => return Ok(None),
    };
    if task.mj_id.is_empty() {
        return Ok(None);
    }
    let with_id = StoredTask::MJ_ID.eq(task.mj_id.as_str());
    let newest = Query::matching(with_id)
        .order_by([StoredTask::ID.desc()])
        .page_size(MAX_PAGE_SIZE);
    let rows = session.page(&newest).await?.items;
    if rows.iter().any(|row| row.id == task.id) {
        return Ok(None);
    }
    let own = rows.iter().filter(|row| is_of(row, task));
    let open = own.clone().find(|row| row.is_open());
    let ended = || own.clone().next().filter(|_| ended_counts);
    Ok(open.or_else(ended).map(|row| row.id))
}
