//! Creations, restorations and edits at the same time: one of them wins.

use std::sync::Arc;

use genledger::contract::query::Count;
use genledger::contract::{ErrorKind, Store};
use genledger::generation::{
    Edit, GenerationTaskFilter, GenerationTasks, ImageTask, ProviderAccounts, VideoTask,
};
use tokio::task::JoinSet;

use crate::sample::{Kind, account, migrated};

const PROCESSES: usize = 6;

/// One of the outcomes is `Ok`, and the others are this error.
fn one_wins<T: std::fmt::Debug>(outcomes: Vec<genledger::Result<T>>, kind: ErrorKind) -> T {
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1, "{won:?} {lost:?}");
    for error in lost.into_iter().map(Result::unwrap_err) {
        assert_eq!(error.kind(), kind, "{error}");
    }
    won.into_iter().next().unwrap().unwrap()
}

async fn created<T: Kind>(store: &Arc<dyn Store>) {
    let tasks: GenerationTasks<T> = migrated(store).await;
    for round in 0..5 {
        let storyboard = format!("b-{round}");
        let mut submissions = JoinSet::new();
        for _ in 0..PROCESSES {
            let (tasks, task) = (tasks.clone(), T::sample(&storyboard));
            submissions.spawn(async move {
                let id = task.id();
                tasks.submit(&task).await.map(|new| (id, new))
            });
        }
        let (id, new) = one_wins(submissions.join_all().await, ErrorKind::UniqueViolation);
        assert!(new);
        let of_board = GenerationTaskFilter::new().storyboard_id(storyboard.as_str());
        assert_eq!(tasks.count(&of_board, 9).await.unwrap(), Count::Exactly(1));
        assert_eq!(
            tasks.get(id).await.unwrap().request().storyboard_id,
            storyboard
        );

        // The same task from several processes is one task, and all of them succeed.
        let task = T::sample(&format!("same-{round}"));
        let mut submissions = JoinSet::new();
        for _ in 0..PROCESSES {
            let (tasks, task) = (tasks.clone(), task.clone());
            submissions.spawn(async move { tasks.submit(&task).await.unwrap() });
        }
        let new = submissions.join_all().await.into_iter().filter(|new| *new);
        assert_eq!(new.count(), 1);
    }
}

async fn one_of_several_creations_of_a_storyboard_is_stored(store: &Arc<dyn Store>) {
    created::<ImageTask>(store).await;
    created::<VideoTask>(store).await;
}

async fn one_of_several_restorations_is_stored(store: &Arc<dyn Store>) {
    let tasks: GenerationTasks<VideoTask> = migrated(store).await;
    for round in 0..5 {
        let storyboard = format!("b-{round}");
        let mut deleted = Vec::new();
        for _ in 0..PROCESSES {
            let task = VideoTask::sample(&storyboard);
            tasks.submit(&task).await.unwrap();
            deleted.push(tasks.delete(task.id, &Edit::of_version(1)).await.unwrap());
        }
        let mut restorations = JoinSet::new();
        for task in deleted {
            let tasks = tasks.clone();
            restorations.spawn(async move { tasks.restore(task.id, &Edit::of_version(2)).await });
        }
        one_wins(restorations.join_all().await, ErrorKind::UniqueViolation);
    }
}

async fn one_of_several_edits_of_a_version_is_stored(store: &Arc<dyn Store>) {
    let tasks: GenerationTasks<ImageTask> = migrated(store).await;
    let task = ImageTask::sample("b");
    tasks.submit(&task).await.unwrap();
    for version in 1..=5 {
        let mut edits = JoinSet::new();
        for process in 0..i32::try_from(PROCESSES).unwrap() {
            let (tasks, id) = (tasks.clone(), task.id);
            edits.spawn(async move {
                let edit = Edit::of_version(version);
                tasks.set_priority(id, &edit, process).await
            });
        }
        let won = one_wins(edits.join_all().await, ErrorKind::VersionConflict);
        assert_eq!(won.version, version + 1);
        assert_eq!(tasks.get(task.id).await.unwrap(), won);
    }
}

async fn one_of_several_accounts_with_a_session_is_stored(store: &Arc<dyn Store>) {
    let _: GenerationTasks<ImageTask> = migrated(store).await;
    let accounts = ProviderAccounts::new(Arc::clone(store));
    for round in 0..5 {
        let mut appends = JoinSet::new();
        for _ in 0..PROCESSES {
            let (accounts, account) = (accounts.clone(), account(&format!("s-{round}")));
            appends.spawn(async move { accounts.append(&account).await });
        }
        assert!(one_wins(
            appends.join_all().await,
            ErrorKind::UniqueViolation
        ));
    }
}

genledger_testkit::store_cases!(
    one_of_several_creations_of_a_storyboard_is_stored,
    one_of_several_restorations_is_stored,
    one_of_several_edits_of_a_version_is_stored,
    one_of_several_accounts_with_a_session_is_stored,
);
