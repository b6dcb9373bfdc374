//! What must hold while the processes work, and in the end.

use std::collections::HashMap;
use std::sync::Arc;

use genledger::contract::{Entity, Query, Repository as _, Store, StoreExt};
use genledger::generation::{
    AttemptOutcome, FailureCode, GenerationAttempt, GenerationLeases, GenerationStatus,
    GenerationTask as _, ImageTask, ProviderAccount,
};
use genledger::outbox::OutboxEvent;
use serde_json::Value;

use super::child::url;
use super::process::Report;

/// What the parent saw of the slots while the processes worked.
#[derive(Debug, Default)]
pub(super) struct Looks {
    looks: usize,
    /// The most slots that were taken together.
    most: usize,
    /// How many leases were swept.
    pub(super) swept: usize,
}

impl Looks {
    /// Compares the open attempts of each account, read by one statement, with its limit.
    pub(super) async fn look(&mut self, store: &Arc<dyn Store>) {
        let open = Query::matching(GenerationAttempt::ENDED_AT.is_null()).page_size(1_000);
        let attempts = store.repository::<GenerationAttempt>();
        let open = attempts.page(&open).await.unwrap().items;
        let mut of_account: HashMap<_, i32> = HashMap::new();
        for attempt in &open {
            *of_account.entry(attempt.account_id.unwrap()).or_default() += 1;
        }
        for account in all::<ProviderAccount>(store).await {
            let (id, usage) = (account.id, &account.usage);
            let open = of_account.get(&id).copied().unwrap_or_default();
            assert!(
                open <= account.image_limit,
                "{open} attempts of {account:?}"
            );
            assert!(
                (0..=account.image_limit).contains(&usage.image_active),
                "{account:?}"
            );
        }
        self.looks += 1;
        self.most = self.most.max(open.len());
    }
}

pub(super) async fn all<E: Entity>(store: &Arc<dyn Store>) -> Vec<E> {
    let (mut rows, mut query) = (Vec::new(), Query::default().page_size(1_000));
    loop {
        let page = store.repository::<E>().page(&query).await.unwrap();
        rows.extend(page.items);
        let Some(next) = page.next else {
            return rows;
        };
        query = query.after(next);
    }
}

/// The rows in the end.
struct Rows {
    tasks: Vec<ImageTask>,
    attempts: Vec<GenerationAttempt>,
    accounts: Vec<ProviderAccount>,
    /// By their aggregate, in the order of their numbers.
    events: HashMap<String, Vec<OutboxEvent>>,
}

pub(super) async fn check(
    store: &Arc<dyn Store>,
    leases: &GenerationLeases<ImageTask>,
    reports: &[Report],
    looks: &Looks,
) {
    let mut events: HashMap<String, Vec<OutboxEvent>> = HashMap::new();
    for event in all::<OutboxEvent>(store).await {
        let of_aggregate = events.entry(event.aggregate_id.clone()).or_default();
        of_aggregate.push(event);
    }
    for of_aggregate in events.values_mut() {
        of_aggregate.sort_unstable_by_key(|event| event.seq);
    }
    let rows = Rows {
        tasks: all(store).await,
        attempts: all(store).await,
        accounts: all(store).await,
        events,
    };
    rows.assert_completed_once();
    rows.assert_reports(reports);
    rows.assert_counts();
    rows.assert_events_of_tasks();
    rows.assert_events_of_accounts();
    assert_eq!(leases.audit_slots().await.unwrap(), []);
    let lost = reports
        .iter()
        .filter(|report| matches!(report, Report::Lost { .. }));
    println!(
        "{} tasks, {} attempts, at most {} at once in {} looks, {} leases swept, {} lost",
        rows.tasks.len(),
        rows.attempts.len(),
        looks.most,
        looks.looks,
        looks.swept,
        lost.count(),
    );
}

impl Rows {
    fn attempts_of(&self, task: &ImageTask) -> impl Iterator<Item = &GenerationAttempt> {
        let id = Some(task.id.get());
        self.attempts
            .iter()
            .filter(move |attempt| attempt.task_id == id)
    }

    /// Every task has ended; one that was completed has one attempt that succeeded, its latest, and the result of the
    /// lease that this attempt had last: no other one was accepted.
    fn assert_completed_once(&self) {
        for task in &self.tasks {
            let state = &task.state;
            assert!(state.generation_status.is_terminal(), "{task:?}");
            let succeeded = self
                .attempts_of(task)
                .filter(|attempt| attempt.outcome == Some(AttemptOutcome::Succeeded));
            let succeeded: Vec<_> = succeeded.collect();
            let numbers: Vec<_> = self
                .attempts_of(task)
                .filter_map(|one| one.attempt_no)
                .collect();
            assert_eq!(numbers.len(), usize::try_from(state.attempt_count).unwrap());
            assert!(self.attempts_of(task).all(|one| one.ended_at.is_some()));
            if state.generation_status == GenerationStatus::Completed {
                let [attempt] = succeeded[..] else {
                    panic!("{succeeded:?} of {task:?}");
                };
                assert_eq!(
                    (Some(attempt.id), attempt.seq),
                    (state.attempt_id, state.lease_seq)
                );
                assert_eq!(task.urls().items(), [url(attempt.id, attempt.seq)]);
            } else {
                assert_eq!(succeeded, Vec::<&GenerationAttempt>::new());
                assert!(task.urls().is_empty());
            }
        }
    }

    /// A result that a process was told to be accepted is the one of its task.
    fn assert_reports(&self, reports: &[Report]) {
        for report in reports {
            match report {
                Report::Done { attempt, seq } => {
                    let row = self.attempts.iter().find(|row| row.id == *attempt).unwrap();
                    assert_eq!(row.outcome, Some(AttemptOutcome::Succeeded), "{row:?}");
                    assert_eq!(row.seq, *seq, "{row:?}");
                }
                // A completion that was accepted can be repeated, whatever happens meanwhile.
                Report::Lost { verb, .. } => assert_ne!(verb, "complete_again"),
                Report::Quiet => {}
                Report::Failed(error) => panic!("{error}"),
            }
        }
    }

    /// Each account has counted its results once, and given each of its fencing numbers to one attempt.
    fn assert_counts(&self) {
        for account in &self.accounts {
            let own = self
                .attempts
                .iter()
                .filter(|one| one.account_id == Some(account.id));
            let (mut numbers, mut results) = (Vec::new(), 0);
            for attempt in own {
                numbers.push(attempt.account_seq);
                results += i32::from(attempt.outcome == Some(AttemptOutcome::Succeeded));
            }
            numbers.sort_unstable();
            let expected: Vec<i64> = (1..=account.usage.lease_seq).collect();
            assert_eq!(numbers, expected);
            assert_eq!(account.usage.image_count, results, "{account:?}");
            assert_eq!(account.usage.image_active, 0, "{account:?}");
        }
    }

    /// The events of a task are one chain of statuses from its creation to its end. Their numbers are its versions;
    /// only `submitted` by the holder of a lease makes a version without an event, once for an attempt.
    fn assert_events_of_tasks(&self) {
        for task in &self.tasks {
            let events = &self.events[&task.id.to_string()];
            assert_eq!((events[0].seq, events[0].kind.as_str()), (1, "created"));
            let (mut status, mut unknown, mut submitted) = (Value::Null, 0, 0);
            let mut version = 0;
            for event in events {
                let payload: Value = serde_json::from_str(event.payload.as_str()).unwrap();
                assert_eq!(payload["from"], status, "{events:?}");
                assert_eq!(payload["version"], event.seq);
                status = payload["to"].clone();
                let is_unknown = event.kind == "submit_unknown";
                assert_eq!(
                    is_unknown,
                    event.seq > 1 && payload["from"] == payload["to"]
                );
                unknown += usize::from(is_unknown);
                assert!(event.seq - version <= 2, "{events:?}");
                submitted += event.seq - version - 1;
                version = event.seq;
            }
            assert_eq!(version, task.version);
            assert_eq!(status, Value::from(task.state.generation_status.code()));
            // Submissions that were unknown were either not sent or found, with an event.
            let transport = |one: &&GenerationAttempt| {
                one.error_code.as_deref() == Some(FailureCode::TRANSPORT.as_str())
            };
            let found = unknown - self.attempts_of(task).filter(transport).count();
            let accepted = self
                .attempts_of(task)
                .filter(|one| one.remote_task_id.is_some());
            let expected = accepted.count() - found;
            assert_eq!(usize::try_from(submitted).unwrap(), expected, "{events:?}");
        }
    }

    /// The events of an account are one chain of statuses, numbered without gaps.
    fn assert_events_of_accounts(&self) {
        for account in &self.accounts {
            let Some(events) = self.events.get(&account.id.to_string()) else {
                assert_eq!(account.version, 1);
                continue;
            };
            let mut status: Option<Value> = None;
            for (event, version) in events.iter().zip(2_i64..) {
                assert_eq!(event.seq, version);
                let payload: Value = serde_json::from_str(event.payload.as_str()).unwrap();
                if let Some(status) = status {
                    assert_eq!(payload["from"], status);
                }
                assert_ne!(payload["from"], payload["to"]);
                status = Some(payload["to"].clone());
            }
            assert_eq!(events.last().unwrap().seq, account.version);
        }
    }
}
