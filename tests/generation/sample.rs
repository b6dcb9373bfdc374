//! Stores with the tables, and accounts and tasks to put into them.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use chrono::{DateTime, TimeDelta, Utc};
use genledger::contract::{ErrorKind, Filter, Result, SessionExt, Store};
use genledger::generation::{
    GenerationAttempt, GenerationTask, GenerationTasks, ImageTask, ModelTable, NewImageTask,
    NewProviderAccount, NewVideoTask, ProviderAccount, TaskRequest, VideoTask,
};
use genledger::id::GenerationIdGenerator;
use genledger::outbox::OutboxEvent;
use genledger::time::ManualClock;
use genledger::uuid::Uuid;

pub(crate) fn noon() -> DateTime<Utc> {
    "2025-06-01T12:00:00.250Z".parse().unwrap()
}

pub(crate) fn after(seconds: i64) -> DateTime<Utc> {
    noon() + TimeDelta::seconds(seconds)
}

/// Ids of a clock that stands still.
pub(crate) fn ids_at(time: DateTime<Utc>) -> GenerationIdGenerator {
    GenerationIdGenerator::new(Arc::new(ManualClock::at(time)))
}

pub(crate) fn ids() -> GenerationIdGenerator {
    ids_at(noon())
}

/// The tasks of a store with the tables, where every change is made at 12:01.
pub(crate) async fn migrated<T>(store: &Arc<dyn Store>) -> GenerationTasks<T> {
    let sets = [genledger::schema::generation(), genledger::schema::outbox()];
    store.migrate(&sets).await.unwrap();
    let clock = Arc::new(ManualClock::at(after(60)));
    GenerationTasks::new(Arc::clone(store)).with_clock(clock)
}

pub(crate) fn request(storyboard: &str) -> TaskRequest {
    TaskRequest::new(
        "project-1",
        "The sea",
        storyboard,
        "work-3",
        "a cat on a boat",
    )
}

pub(crate) fn image(storyboard: &str) -> ImageTask {
    NewImageTask::new(request(storyboard))
        .into_task(&ids())
        .unwrap()
}

pub(crate) fn video(storyboard: &str) -> VideoTask {
    NewVideoTask::new(request(storyboard))
        .into_task(&ids())
        .unwrap()
}

/// A kind of task, for tests of both.
pub(crate) trait Kind: GenerationTask {
    fn sample(storyboard: &str) -> Self;

    fn with_request(request: TaskRequest) -> Self;

    fn with_id(id: Uuid, request: TaskRequest) -> Self;
}

impl Kind for ImageTask {
    fn sample(storyboard: &str) -> Self {
        image(storyboard)
    }

    fn with_request(request: TaskRequest) -> Self {
        NewImageTask::new(request).into_task(&ids()).unwrap()
    }

    fn with_id(id: Uuid, request: TaskRequest) -> Self {
        let new = NewImageTask::new(request);
        let task = new.into_task_with_id(id.into(), noon(), &ModelTable::built_in());
        task.unwrap()
    }
}

impl Kind for VideoTask {
    fn sample(storyboard: &str) -> Self {
        video(storyboard)
    }

    fn with_request(request: TaskRequest) -> Self {
        NewVideoTask::new(request).into_task(&ids()).unwrap()
    }

    fn with_id(id: Uuid, request: TaskRequest) -> Self {
        let new = NewVideoTask::new(request);
        let task = new.into_task_with_id(id.into(), noon(), &ModelTable::built_in());
        task.unwrap()
    }
}

pub(crate) fn account(session: &str) -> ProviderAccount {
    NewProviderAccount::new("a@example.com", session)
        .into_account(&ids())
        .unwrap()
}

/// Polls a future this many times, each time after it was woken, and then drops it; `None` unless it completed before.
pub(crate) async fn dropped<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polled = 0;
    poll_fn(|context| {
        if polled == polls {
            return Poll::Ready(None);
        }
        polled += 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

pub(crate) fn fails<T: std::fmt::Debug>(outcome: Result<T>, kind: ErrorKind) {
    assert_eq!(outcome.unwrap_err().kind(), kind);
}

/// The outcome of a verb after all conflicts with other sessions.
macro_rules! settled {
    ($verb:expr) => {
        loop {
            match $verb.await {
                Err(error)
                    if error.kind() == genledger::contract::ErrorKind::SerializationFailure => {}
                settled => break settled,
            }
        }
    };
}

pub(crate) use settled;

/// A number of the environment.
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Deletes every row.
pub(crate) async fn empty(store: &Arc<dyn Store>) {
    let session = store.session();
    session
        .delete_where(Filter::<ImageTask>::all())
        .await
        .unwrap();
    session
        .delete_where(Filter::<VideoTask>::all())
        .await
        .unwrap();
    session
        .delete_where(Filter::<GenerationAttempt>::all())
        .await
        .unwrap();
    session
        .delete_where(Filter::<ProviderAccount>::all())
        .await
        .unwrap();
    session
        .delete_where(Filter::<OutboxEvent>::all())
        .await
        .unwrap();
}
