//! A store with the table, and tasks to put into it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use genledger::contract::{Entity, ErrorKind, Result, SessionExt, Store};
use genledger::id::{NodeId, UsageLogId, UsageLogIdGenerator};
use genledger::midjourney::{
    MidjourneyAction, MidjourneyChange, MidjourneyProgress, MidjourneyRefundState,
    MidjourneyStatus, MidjourneySubmission, MidjourneySubmitCode, MidjourneyTask, MidjourneyTasks,
    NewMidjourneyTask,
};
use genledger::paging::Paging;
use genledger::time::ManualClock;

pub(crate) fn noon() -> DateTime<Utc> {
    "2025-06-01T12:00:00.250Z".parse().unwrap()
}

pub(crate) fn after(seconds: i64) -> DateTime<Utc> {
    noon() + TimeDelta::seconds(seconds)
}

/// Ids of a clock that is always at noon.
pub(crate) fn ids() -> UsageLogIdGenerator {
    let clock = ManualClock::at(noon());
    UsageLogIdGenerator::new(NodeId::new(9).unwrap(), Arc::new(clock))
}

pub(crate) async fn migrated(store: &Arc<dyn Store>) -> MidjourneyTasks {
    let sets = [genledger::schema::midjourney()];
    store.migrate(&sets).await.unwrap();
    MidjourneyTasks::new(Arc::clone(store))
}

/// A task of user 42 that upstream has accepted.
pub(crate) fn imagine(mj_id: &str) -> NewMidjourneyTask {
    with_code(MidjourneySubmitCode::Ok, mj_id)
}

pub(crate) fn with_code(code: MidjourneySubmitCode, mj_id: &str) -> NewMidjourneyTask {
    NewMidjourneyTask::new(MidjourneyAction::Imagine, code, 42)
        .mj_id(mj_id)
        .prompt("a cat")
        .channel_id(12)
        .quota(5_000)
}

/// Stores a task that must be new.
pub(crate) async fn submit(tasks: &MidjourneyTasks, task: NewMidjourneyTask) -> MidjourneyTask {
    let task = task.into_task(&ids()).unwrap();
    let submission = tasks.submit(&task).await.unwrap();
    assert_eq!(submission, MidjourneySubmission::New);
    task
}

/// A report of upstream.
pub(crate) fn report(status: &str, percent: u8) -> MidjourneyChange {
    MidjourneyChange::new()
        .status(MidjourneyStatus::from_str_code(status))
        .progress(MidjourneyProgress::percent(percent))
}

/// The status, progress and refund of a stored task.
pub(crate) async fn state(
    tasks: &MidjourneyTasks,
    id: UsageLogId,
) -> (String, u8, MidjourneyRefundState) {
    let task = tasks.get(id).await.unwrap();
    let status = task.status.as_str().to_owned();
    (status, task.progress.get(), task.refund)
}

/// The ids of the tasks whose refund is due.
pub(crate) async fn due(tasks: &MidjourneyTasks) -> Vec<UsageLogId> {
    let due = tasks.refunds_due(&Paging::first(1_000)).await.unwrap();
    assert_eq!(due.unreadable, []);
    due.items.into_iter().map(|refund| refund.id).collect()
}

/// Three columns of the table, without their types.
#[derive(Clone, Debug, Entity)]
#[entity(table = "midjourneys", key(id))]
pub(crate) struct Raw {
    /// The id.
    pub(crate) id: i64,
    /// The action.
    #[column(max_chars = 40)]
    pub(crate) action: String,
    /// The status.
    #[column(max_chars = 20)]
    pub(crate) status: String,
    /// The progress.
    #[column(max_chars = 30)]
    pub(crate) progress: String,
    /// The end.
    pub(crate) finish_time: i64,
}

/// Changes a row as another program would.
pub(crate) async fn overwrite(
    store: &Arc<dyn Store>,
    task: &MidjourneyTask,
    raw: [&str; 3],
    end: i64,
) {
    let [action, status, progress] = raw;
    let changes = [
        Raw::ACTION.set(action),
        Raw::STATUS.set(status),
        Raw::PROGRESS.set(progress),
        Raw::FINISH_TIME.set(end),
    ];
    let (session, id) = (store.session(), task.id.get());
    let changed = session.update_if(&id, Raw::ID.eq(id), changes);
    assert!(changed.await.unwrap());
}

pub(crate) fn fails<T: std::fmt::Debug>(outcome: Result<T>, kind: ErrorKind) {
    assert_eq!(outcome.unwrap_err().kind(), kind);
}
