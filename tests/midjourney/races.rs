//! Polls, sweeps and refunds of several processes at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use genledger::contract::Store;
use genledger::id::UsageLogId;
use genledger::midjourney::{
    MidjourneyOutcome, MidjourneyRefundState, MidjourneyStatus, MidjourneyTask, MidjourneyTasks,
};
use tokio::task::JoinSet;

use crate::sample::{after, due, ids, imagine, migrated, report, state, submit};

const PROCESSES: usize = 6;

async fn many(tasks: &MidjourneyTasks, count: usize) -> Vec<MidjourneyTask> {
    let ids = ids();
    let rows: Vec<_> = (0..count)
        .map(|number| imagine(&format!("mj-{number}")).into_task(&ids).unwrap())
        .collect();
    tasks.append_many(&rows).await.unwrap();
    rows
}

/// The refunds of all tasks, settled by several processes: each task that was not successful, once.
async fn settled_once(tasks: &MidjourneyTasks, rows: &[MidjourneyTask]) {
    let mut settlers = JoinSet::new();
    for _ in 0..PROCESSES {
        let (tasks, ids) = (tasks.clone(), due(tasks).await);
        settlers.spawn(async move {
            let mut settled = Vec::new();
            for id in ids {
                if let Some(refund) = tasks.settle_refund(id).await.unwrap() {
                    assert_eq!((refund.id, refund.quota), (id, 5_000));
                    settled.push(id);
                }
            }
            settled
        });
    }
    let mut settled: Vec<UsageLogId> = settlers.join_all().await.into_iter().flatten().collect();
    settled.sort_unstable();
    let mut expected = Vec::new();
    for row in rows {
        let task = tasks.get(row.id).await.unwrap();
        assert!(task.status.is_terminal());
        if task.status == MidjourneyStatus::Success {
            assert_eq!(task.refund, MidjourneyRefundState::None);
        } else {
            assert_eq!(task.refund, MidjourneyRefundState::Settled);
            expected.push(task.id);
        }
    }
    assert_eq!(settled, expected);
    assert_eq!(due(tasks).await, []);
}

async fn a_task_ends_once(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let rows = many(&tasks, 12).await;
    let mut finishers = JoinSet::new();
    for process in 0..PROCESSES {
        let (tasks, rows) = (tasks.clone(), rows.clone());
        let status = ["SUCCESS", "FAILURE", "CANCEL"][process % 3];
        finishers.spawn(async move {
            let mut ended = Vec::new();
            for row in rows {
                let reason = format!("by {process}");
                let end = report(status, 0).fail_reason(reason.as_str());
                match tasks.advance(row.id, &end, after(1)).await.unwrap() {
                    MidjourneyOutcome::Ended { refund } => {
                        assert_eq!(refund, if status == "SUCCESS" { 0 } else { 5_000 });
                        ended.push((row.id, status, reason));
                    }
                    MidjourneyOutcome::Final(_) => {}
                    other => panic!("{other:?}"),
                }
            }
            ended
        });
    }
    let mut ended: Vec<_> = finishers.join_all().await.into_iter().flatten().collect();
    ended.sort_unstable_by_key(|(id, _, _)| *id);
    assert_eq!(ended.len(), rows.len());
    for (row, (id, status, reason)) in rows.iter().zip(ended) {
        let task = tasks.get(id).await.unwrap();
        assert_eq!((task.id, task.status.as_str()), (row.id, status));
        assert_eq!(task.fail_reason, reason);
    }
    settled_once(&tasks, &rows).await;
}

async fn sweeps_and_polls_end_each_task_once(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let rows = many(&tasks, 300).await;
    let mut ends = JoinSet::new();
    for process in 0..PROCESSES {
        let (tasks, rows) = (tasks.clone(), rows.clone());
        ends.spawn(async move {
            if process % 2 == 0 {
                let mut ended = 0;
                loop {
                    let swept = tasks.time_out(after(1), "r", 70, after(2)).await.unwrap();
                    ended += swept.ended;
                    if !swept.more {
                        return ended;
                    }
                }
            }
            let mut ended = 0;
            for row in rows.iter().skip(process * 20).step_by(3) {
                for (status, percent) in [("IN_PROGRESS", 50), ("SUCCESS", 100)] {
                    let reported = report(status, percent);
                    let outcome = tasks.advance(row.id, &reported, after(1)).await.unwrap();
                    ended += u64::from(matches!(outcome, MidjourneyOutcome::Ended { .. }));
                }
            }
            ended
        });
    }
    let ended: u64 = ends.join_all().await.into_iter().sum();
    assert_eq!(ended, 300);
    settled_once(&tasks, &rows).await;
}

/// With all of its progress, only the status distinguishes an open task from one that has ended.
async fn a_report_never_opens_a_task_again(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let rows = many(&tasks, 40).await;
    for row in &rows {
        tasks
            .advance(row.id, &report("MODAL", 100), after(1))
            .await
            .unwrap();
    }
    let mut processes = JoinSet::new();
    for process in 0..PROCESSES {
        let (tasks, rows) = (tasks.clone(), rows.clone());
        processes.spawn(async move {
            for row in rows {
                let reports: &[&str] = match process {
                    0 => &["CANCEL"],
                    process if process % 2 == 0 => &["SUBMITTED", "MODAL", "SUBMITTED"],
                    _ => &["MODAL", "SUBMITTED", "MODAL"],
                };
                for status in reports {
                    tasks
                        .advance(row.id, &report(status, 100), after(1))
                        .await
                        .unwrap();
                }
            }
        });
    }
    processes.join_all().await;
    settled_once(&tasks, &rows).await;
}

async fn progress_rises_whatever_the_order_of_the_reports(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let task = submit(&tasks, imagine("a")).await;
    let id = task.id;
    let stop = Arc::new(AtomicBool::new(false));
    let watch = {
        let (tasks, stop) = (tasks.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut last = 0;
            while !stop.load(Ordering::SeqCst) {
                let (_, percent, _) = state(&tasks, id).await;
                assert!(percent >= last, "{percent} after {last}");
                last = percent;
            }
        })
    };
    let mut pollers = JoinSet::new();
    for process in 0..u8::try_from(PROCESSES).unwrap() {
        let tasks = tasks.clone();
        pollers.spawn(async move {
            for step in 0..16 {
                let percent = step * 6 + process;
                let reported = report("IN_PROGRESS", percent).image_url(percent.to_string());
                let outcome = tasks.advance(id, &reported, after(1)).await.unwrap();
                assert!(matches!(
                    outcome,
                    MidjourneyOutcome::Applied | MidjourneyOutcome::Stale
                ));
            }
        });
    }
    pollers.join_all().await;
    stop.store(true, Ordering::SeqCst);
    watch.await.unwrap();
    let task = tasks.get(id).await.unwrap();
    // The greatest of all, with what was reported with it.
    assert_eq!((task.progress.get(), task.image_url.as_str()), (95, "95"));
}

genledger_testkit::store_cases!(
    a_task_ends_once,
    a_report_never_opens_a_task_again,
    sweeps_and_polls_end_each_task_once,
    progress_rises_whatever_the_order_of_the_reports,
);
