//! Histories of concurrent calls are checked against sequential rules.
//!
//! Several clients call verbs at the same time, also with leases that were lost, with leases of each other, and with
//! versions that are outdated, while the clock of the store moves. Each call is recorded: who, which verb, the
//! arguments, the beginning and the end, the answer. Afterwards the checker decides two questions:
//!
//! 1. **Each task** ([`search`]): is there an order of all calls on it that a sequential [`model`] accepts? A call that
//!    ended before another one began comes before it. The model is a small rewrite of the rules, without a database: the
//!    states of a task and its attempts, fencing numbers, versions, what each verb requires and changes, and what its
//!    repetition returns. Every answer must be that of the model: the kind of the error, or the columns of the task
//!    ([`Row`](call::Row)). A repeated verb of a holder reads its row after it was recognised, so other calls may come
//!    between. A sweep may rescue an attempt at any moment of its call, from the end of the grace on. At the end the
//!    task and its attempts are read, and compared like every other reply.
//! 2. **Each account** ([`slots`]): its fencing numbers are 1, 2, 3… in an order that fits the times of the claims, and at
//!    no moment were more attempts open than it has slots, where an attempt is certainly open from the end of its claim
//!    until the first call begins that may have ended it. At the end its counters are those of the attempts.
//!
//! Not checked: that a claim which got nothing had to get nothing, and the order between different tasks.
//!
//! The checker finds nothing in the library, on any backend. It finds each of four faults of a store that leaves
//! conditions out of guarded updates ([`fault`]): the verbs are those of the library.

mod call;
mod fault;
mod model;
mod play;
mod search;
mod slots;

use std::sync::Arc;

use genledger::contract::Store;

use crate::intercepted::Intercepted;
use crate::sample::{empty, setting};
use call::{Answer, Call};
use fault::{Fault, Interleaved};
use play::{History, Plan, play};

impl History {
    /// What no order explains, if there is something.
    fn check(&self) -> Result<(), String> {
        for (id, model) in &self.tasks {
            search::check(*id, model, &self.calls)?;
        }
        slots::check(self)?;
        let failed = |call: &&Call| call.task.is_none() && call.answer != Answer::Done;
        if let Some(failed) = self.calls.iter().find(failed) {
            return Err(format!("a claim or a sweep has failed: {failed:?}"));
        }
        Ok(())
    }
}

/// The seeds of the histories: `GENLEDGER_HISTORIES` of them, from `GENLEDGER_SEED` on.
fn seeds(default: u64) -> impl Iterator<Item = u64> {
    let first = setting("GENLEDGER_SEED", 1);
    (first..).take(usize::try_from(setting("GENLEDGER_HISTORIES", default)).unwrap())
}

/// On the threads and connections of a backend.
async fn concurrent_calls_have_an_order(store: &Arc<dyn Store>) {
    for seed in seeds(4) {
        let history = play(store, Plan::new(seed)).await;
        if let Err(found) = history.check() {
            panic!("seed {seed}: {found}");
        }
        empty(store).await;
    }
}

/// A history on memory, where other calls run between the statements of each transaction.
fn interleaved(seed: u64, fault: Option<Fault>) -> History {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let memory = genledger::connect("memory:").await.unwrap();
        let store = Intercepted::around(memory, Arc::new(Interleaved::new(seed, fault)));
        play(&store, Plan::new(seed)).await
    })
}

#[test]
fn interleaved_calls_have_an_order() {
    for seed in seeds(25) {
        if let Err(found) = interleaved(seed, None).check() {
            panic!("seed {seed}: {found}");
        }
    }
}

/// The checker finds a fault in one of the first histories: the ids of rows are random, so it is not always the same.
fn finds(fault: Fault) {
    const MOST: u64 = 1_000;
    let found = (1..=MOST).find_map(|seed| {
        let found = interleaved(seed, Some(fault)).check().err()?;
        Some((seed, found))
    });
    let Some((seed, found)) = found else {
        panic!("{fault:?} was not found");
    };
    println!("{fault:?} was found by seed {seed}: {found}");
}

#[test]
fn updates_without_guards_are_found() {
    finds(Fault::Guards);
}

#[test]
fn updates_without_fencing_numbers_are_found() {
    finds(Fault::Fencing);
}

#[test]
fn updates_without_versions_are_found() {
    finds(Fault::Versions);
}

#[test]
fn claims_without_limits_are_found() {
    finds(Fault::Limits);
}

genledger_testkit::store_cases!(concurrent_calls_have_an_order);
