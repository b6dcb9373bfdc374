//! Ending the tasks that upstream has forgotten.

use std::sync::Arc;

use futures_util::TryStreamExt;
use genledger::contract::Store;
use genledger::midjourney::{MidjourneyStatus, MidjourneySubmitCode};

use crate::sample::{
    after, due, ids, imagine, migrated, overwrite, report, state, submit, with_code,
};

async fn what_is_older_and_open_ends(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let mut old = Vec::new();
    for (status, percent) in [
        ("", 0),
        ("NOT_START", 0),
        ("SUBMITTED", 0),
        ("MODAL", 10),
        ("IN_PROGRESS", 99),
        // All of its progress does not make it finished.
        ("IN_PROGRESS", 100),
    ] {
        let task = submit(&tasks, imagine("a").submit_time(after(-60))).await;
        tasks
            .advance(task.id, &report(status, percent), after(-50))
            .await
            .unwrap();
        old.push(task.id);
    }
    // Words of another program, before and after each of the terminal ones.
    for word in ["A", "CANCELLED", "FAILURE2", "ZZ"] {
        let task = submit(&tasks, imagine("a").submit_time(after(-60))).await;
        overwrite(store, &task, ["IMAGINE", word, "5%"], 0).await;
        old.push(task.id);
    }
    let mut ended = Vec::new();
    for status in ["SUCCESS", "FAILURE", "CANCEL"] {
        let task = submit(&tasks, imagine("a").submit_time(after(-60)).quota(0)).await;
        tasks
            .advance(task.id, &report(status, 0), after(-50))
            .await
            .unwrap();
        ended.push(tasks.get(task.id).await.unwrap());
    }
    let young = submit(&tasks, imagine("a").submit_time(after(0))).await;

    let swept = tasks
        .time_out(after(0), "timed out", 1_000, after(5))
        .await
        .unwrap();
    let count = u64::try_from(old.len()).unwrap();
    assert_eq!(
        (swept.ended, swept.refunds, swept.more),
        (count, count, false)
    );
    for id in &old {
        let task = tasks.get(*id).await.unwrap();
        assert_eq!(
            (task.status, task.progress.get()),
            (MidjourneyStatus::Failure, 100)
        );
        assert_eq!(
            (task.fail_reason.as_str(), task.finish_time.get()),
            ("timed out", Some(after(5)))
        );
    }
    assert_eq!(due(&tasks).await, old);
    for task in ended {
        assert_eq!(tasks.get(task.id).await.unwrap(), task);
    }
    assert_eq!(tasks.get(young.id).await.unwrap(), young);
    let open: Vec<_> = tasks.stream_open().try_collect().await.unwrap();
    assert_eq!(open, [young]);
    // Another sweep has nothing to do.
    let swept = tasks
        .time_out(after(0), "again", 1_000, after(6))
        .await
        .unwrap();
    assert_eq!((swept.ended, swept.more), (0, false));
    assert_eq!(due(&tasks).await, old);
}

async fn a_sweep_stops_at_its_limit(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let ids = ids();
    let rows: Vec<_> = (0..450)
        .map(|number| {
            // Some are free, and have no refund.
            let row = with_code(MidjourneySubmitCode::Ok, &format!("mj-{number}"))
                .submit_time(after(-number))
                .quota(number % 3);
            let row = if number % 2 == 0 {
                row.status(MidjourneyStatus::InProgress)
            } else {
                row
            };
            row.into_task(&ids).unwrap()
        })
        .collect();
    tasks.append_many(&rows).await.unwrap();
    let mut total = (0, 0);
    for (limit, ended, more) in [
        (1, 1, true),
        (10, 10, true),
        (1_000, 439, false),
        (1, 0, false),
    ] {
        let swept = tasks
            .time_out(after(1), "r", limit, after(2))
            .await
            .unwrap();
        assert_eq!((swept.ended, swept.more), (ended, more));
        total = (total.0 + swept.ended, total.1 + swept.refunds);
    }
    assert_eq!(total, (450, 300));
    assert_eq!(due(&tasks).await.len(), 300);
    let none = tasks.time_out(after(1), "r", 0, after(2)).await.unwrap();
    assert_eq!(none.ended, 0);
}

async fn a_sweep_that_is_rolled_back_owes_nothing(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let task = submit(&tasks, imagine("a")).await;
    let tx = store.begin().await.unwrap();
    let swept = tasks
        .within(&tx)
        .time_out(after(1), "r", 10, after(2))
        .await
        .unwrap();
    assert_eq!((swept.ended, swept.refunds), (1, 1));
    tx.rollback().await.unwrap();
    assert_eq!(state(&tasks, task.id).await.0, "");
    assert_eq!(due(&tasks).await, []);
}

genledger_testkit::store_cases!(
    what_is_older_and_open_ends,
    a_sweep_stops_at_its_limit,
    a_sweep_that_is_rolled_back_owes_nothing,
);
