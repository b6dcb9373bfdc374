//! Steps that are computed from one reading of a row, and applied one after the other: of two sessions that race, the
//! second one changes nothing.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use genledger_contract::{Session, SessionExt, Store};

use super::{Step, StoredTask};
use crate::id::UsageLogId;
use crate::midjourney::{
    MidjourneyAction, MidjourneyChange, MidjourneyProgress, MidjourneyStatus, MidjourneySubmitCode,
    MidjourneyTask, MidjourneyTasks, NewMidjourneyTask,
};

fn now() -> DateTime<Utc> {
    "2025-06-01T12:00:00Z".parse().unwrap()
}

fn report(status: &str, percent: u8) -> MidjourneyChange {
    MidjourneyChange::new()
        .status(MidjourneyStatus::from_str_code(status))
        .progress(MidjourneyProgress::percent(percent))
}

async fn apply(session: &dyn Session, task: &StoredTask, change: &MidjourneyChange) -> bool {
    match task.step(change, now()) {
        Step::None(outcome) => panic!("{outcome:?}"),
        Step::Update { guard, changes, .. } => {
            session.update_if(&task.id, guard, changes).await.unwrap()
        }
    }
}

/// The status and progress after a first report, and two that were computed at the same time.
async fn raced(
    before: &MidjourneyChange,
    winner: &MidjourneyChange,
    loser: &MidjourneyChange,
) -> (bool, String, u8) {
    let store: Arc<dyn Store> = crate::connect("memory:").await.unwrap();
    store.migrate(&[crate::schema::midjourney()]).await.unwrap();
    let tasks = MidjourneyTasks::new(Arc::clone(&store));
    let (action, code) = (MidjourneyAction::Imagine, MidjourneySubmitCode::Ok);
    let new = NewMidjourneyTask::new(action, code, 42).mj_id("a").quota(5);
    let id = UsageLogId::new(1);
    let task = new.submit_time(now()).into_task_with_id(id).unwrap();
    tasks.append(&task).await.unwrap();
    tasks.advance(id, before, now()).await.unwrap();
    let session = store.session();
    let read: StoredTask = session.get(&id).await.unwrap();
    assert!(apply(&*session, &read, winner).await);
    let lost = apply(&*session, &read, loser).await;
    let task: MidjourneyTask = session.get(&id).await.unwrap();
    (lost, task.status.as_str().to_owned(), task.progress.get())
}

#[tokio::test]
async fn a_task_ends_once() {
    let before = report("IN_PROGRESS", 100);
    let lost = raced(&before, &report("SUCCESS", 100), &report("FAILURE", 100)).await;
    assert_eq!(lost, (false, "SUCCESS".to_owned(), 100));
}

#[tokio::test]
async fn a_report_never_opens_a_task_again() {
    // With all of its progress, only the status distinguishes the two.
    let late = report("IN_PROGRESS", 100).image_url("i");
    for before in [report("SUBMITTED", 100), report("IN_PROGRESS", 100)] {
        let lost = raced(&before, &report("FAILURE", 0), &late).await;
        assert_eq!(lost, (false, "FAILURE".to_owned(), 100));
    }
}

#[tokio::test]
async fn less_progress_loses_against_more() {
    let before = report("IN_PROGRESS", 5);
    let lost = raced(
        &before,
        &report("IN_PROGRESS", 57),
        &report("IN_PROGRESS", 9),
    )
    .await;
    assert_eq!(lost, (false, "IN_PROGRESS".to_owned(), 57));
}

#[tokio::test]
async fn a_task_that_runs_meanwhile_is_looked_at_again() {
    let before = report("SUBMITTED", 0);
    let lost = raced(&before, &report("IN_PROGRESS", 0), &report("FAILURE", 0)).await;
    assert_eq!(lost, (false, "IN_PROGRESS".to_owned(), 0));
}
