//! What must hold in the end.

use std::collections::HashMap;
use std::sync::Arc;

use genledger::contract::{Entity, Query};
use genledger::generation::{
    AttemptOutcome, GenerationAttempt, GenerationStatus, ImageTask, ProviderAccount,
};
use genledger::outbox::OutboxEvent;
use genledger::prelude::*;

use crate::{SLOTS, child};

/// Prints each invariant, and returns whether all of them hold.
pub(crate) async fn print(store: &Arc<dyn Store>, looks: &Looks) -> Result<bool> {
    let tasks = all::<ImageTask>(store).await?;
    let attempts = all::<GenerationAttempt>(store).await?;
    let accounts = all::<ProviderAccount>(store).await?;
    let events = all::<OutboxEvent>(store).await?;
    let faults = child::leases(Arc::clone(store)).audit_slots().await?;

    let is_completed =
        |task: &&ImageTask| task.state.generation_status == GenerationStatus::Completed;
    let completed = tasks.iter().filter(is_completed).count();
    let succeeded = |id| {
        let of_task = attempts
            .iter()
            .filter(move |attempt| attempt.task_id == Some(id));
        of_task
            .filter(|attempt| attempt.outcome == Some(AttemptOutcome::Succeeded))
            .count()
    };
    let counted: i32 = accounts
        .iter()
        .map(|account| account.usage.image_count)
        .sum();
    let reported = events.iter().filter(|event| is_completion(event)).count();
    let ended = tasks.iter().all(|task| {
        is_completed(&task) || task.state.generation_status == GenerationStatus::Failed
    });
    let once = tasks
        .iter()
        .all(|task| succeeded(task.id.get()) == usize::from(is_completed(&task)));
    println!(
        "\n{} attempts for {} tasks, {completed} completed\n",
        attempts.len(),
        tasks.len()
    );
    let invariants = [
        ("every task has ended", ended),
        (
            "a completed task has exactly one attempt that succeeded",
            once,
        ),
        (
            "the accounts have counted every completed task once",
            usize::try_from(counted) == Ok(completed),
        ),
        (
            "every completed task has its event in the outbox once",
            reported == completed,
        ),
        (
            "no account had more open attempts than slots, whenever the parent looked",
            looks.exceeded == 0,
        ),
        (
            "no slot is left taken",
            faults.is_empty() && accounts.iter().all(|one| one.usage.image_active == 0),
        ),
    ];
    for (what, holds) in invariants {
        println!("  {} {what}", if holds { "ok   " } else { "WRONG" });
    }
    Ok(invariants.iter().all(|(_, holds)| *holds))
}

async fn all<E: Entity>(store: &Arc<dyn Store>) -> Result<Vec<E>> {
    let repository = store.repository::<E>();
    let (mut rows, mut query) = (Vec::new(), Query::default().page_size(1_000));
    loop {
        let page = repository.page(&query).await?;
        rows.extend(page.items);
        let Some(next) = page.next else {
            return Ok(rows);
        };
        query = query.after(next);
    }
}

fn is_completion(event: &OutboxEvent) -> bool {
    let to = serde_json::from_str::<serde_json::Value>(event.payload.as_str()).ok();
    let to = to.and_then(|payload| payload["to"].as_i64());
    event.kind == "status_changed" && to == Some(2)
}

/// What the parent saw of the slots while tasks were generated.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    /// The slots that were taken when it looked last.
    pub(crate) taken: usize,
    /// How often an account had more open attempts than slots.
    exceeded: usize,
}

impl Looks {
    /// Counts the open attempts of each account, in one statement.
    pub(crate) async fn look(&mut self, store: &Arc<dyn Store>) -> Result<()> {
        let open = Query::matching(GenerationAttempt::ENDED_AT.is_null()).page_size(1_000);
        let open = store
            .repository::<GenerationAttempt>()
            .page(&open)
            .await?
            .items;
        let mut of_account: HashMap<_, i32> = HashMap::new();
        for attempt in &open {
            *of_account.entry(attempt.account_id).or_default() += 1;
        }
        self.taken = open.len();
        self.exceeded += of_account.values().filter(|open| **open > SLOTS).count();
        Ok(())
    }
}
