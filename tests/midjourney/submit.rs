//! Submissions: a retry, and replies that refer to a task that exists.

use std::sync::Arc;

use genledger::ErrorKind;
use genledger::contract::{RowOutcome, Store, Violation};
use genledger::midjourney::{
    MidjourneyChange, MidjourneyOutcome, MidjourneyStatus, MidjourneySubmission,
    MidjourneySubmitCode,
};

use crate::sample::{after, fails, ids, imagine, migrated, report, submit, with_code};

async fn a_submission_that_is_repeated_is_stored_once(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let task = submit(&tasks, imagine("a")).await;
    assert_eq!(tasks.get(task.id).await.unwrap(), task);
    let again = tasks.submit(&task).await.unwrap();
    assert_eq!(again, MidjourneySubmission::Present);
    // Also when a poll was faster than the retry.
    let reported = report("IN_PROGRESS", 10);
    tasks.advance(task.id, &reported, after(1)).await.unwrap();
    let again = tasks.submit(&task).await.unwrap();
    assert_eq!(again, MidjourneySubmission::Present);
    fails(tasks.append(&task).await, ErrorKind::UniqueViolation);
    // Also of one that waits, which upstream then has already.
    let queued = submit(&tasks, with_code(MidjourneySubmitCode::Queued, "q")).await;
    let again = tasks.submit(&queued).await.unwrap();
    assert_eq!(again, MidjourneySubmission::Present);
    // Another task with the id is refused.
    for other in [imagine("b"), imagine("a").channel_id(13)] {
        let other = other.into_task_with_id(task.id).unwrap();
        fails(tasks.submit(&other).await, ErrorKind::UniqueViolation);
    }
    assert_eq!(tasks.get(task.id).await.unwrap().progress.get(), 10);
}

async fn a_task_that_exists_gets_no_second_row(store: &Arc<dyn Store>) {
    use MidjourneySubmitCode::{Exists, Ok, Queued};
    let tasks = migrated(store).await;
    let first = submit(&tasks, imagine("a")).await;
    let existing = MidjourneySubmission::Existing(first.id);
    for code in [Exists, Queued] {
        let again = with_code(code, "a").into_task(&ids()).unwrap();
        assert_eq!(tasks.submit(&again).await.unwrap(), existing, "{code:?}");
        assert_eq!(tasks.find(again.id).await.unwrap(), None);
    }
    // A task of another user, of another channel, or another task is stored.
    for code in [Exists, Queued] {
        let mut other_user = with_code(code, "a");
        other_user.user_id = 43 + i64::from(code.code());
        submit(&tasks, other_user).await;
        submit(&tasks, with_code(code, "a").channel_id(code.code().into())).await;
        submit(&tasks, with_code(code, &format!("new-{}", code.code()))).await;
    }
    // `mj_id` is not unique: upstream has accepted it once more.
    let second = submit(&tasks, with_code(Ok, "a")).await;
    let again = with_code(Queued, "a").into_task(&ids()).unwrap();
    let newest = MidjourneySubmission::Existing(second.id);
    assert_eq!(tasks.submit(&again).await.unwrap(), newest);

    // An open row comes before one that has ended.
    let success = MidjourneyChange::new().status(MidjourneyStatus::Success);
    tasks.advance(second.id, &success, after(1)).await.unwrap();
    let again = with_code(Exists, "a").into_task(&ids()).unwrap();
    assert_eq!(tasks.submit(&again).await.unwrap(), existing);
    tasks.advance(first.id, &success, after(2)).await.unwrap();
    // All have ended: one that exists is one of them, and one that waits is a new one.
    assert_eq!(tasks.submit(&again).await.unwrap(), newest);
    submit(&tasks, with_code(Queued, "a")).await;
}

fn paths(error: &genledger::Error) -> Vec<&str> {
    error.violations().iter().map(Violation::path).collect()
}

/// Rows of two users with one id of upstream end separately.
async fn rows_of_one_upstream_task_end_by_themselves(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let one = submit(&tasks, imagine("a")).await;
    let mut other = with_code(MidjourneySubmitCode::Exists, "a");
    other.user_id = 43;
    let other = submit(&tasks, other).await;
    for task in [&one, &other] {
        let success = report("SUCCESS", 100);
        let outcome = tasks.advance(task.id, &success, after(1)).await.unwrap();
        assert_eq!(outcome, MidjourneyOutcome::Ended { refund: 0 });
    }
}

async fn a_bad_row_writes_nothing(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let good = imagine("a").into_task(&ids()).unwrap();
    let mut bad = imagine("b").into_task(&ids()).unwrap();
    bad.mj_id.clear();
    bad.quota = -1;
    let error = tasks
        .append_many(&[good.clone(), bad.clone()])
        .await
        .unwrap_err();
    assert_eq!(paths(&error), ["[1].quota", "[1].mj_id"]);
    for error in [
        tasks.append(&bad).await.unwrap_err(),
        tasks.submit(&bad).await.unwrap_err(),
    ] {
        assert_eq!(paths(&error), ["quota", "mj_id"]);
    }
    assert_eq!(tasks.find(good.id).await.unwrap(), None);
    // Rows of another system may be older than a rule, which is not checked then.
    bad.quota = 0;
    let outcomes = tasks
        .import_many(&[good.clone(), bad.clone()])
        .await
        .unwrap();
    assert_eq!(outcomes, [RowOutcome::New, RowOutcome::New]);
    let outcomes = tasks
        .append_many(std::slice::from_ref(&good))
        .await
        .unwrap();
    assert_eq!(outcomes, [RowOutcome::Present]);
    assert_eq!(tasks.get(bad.id).await.unwrap(), bad);
}

genledger_testkit::store_cases!(
    a_submission_that_is_repeated_is_stored_once,
    a_task_that_exists_gets_no_second_row,
    rows_of_one_upstream_task_end_by_themselves,
    a_bad_row_writes_nothing,
);
