//! Random scripts of verbs: the same calls, one after the other, have the same answers on memory and on each backend.
//!
//! A script is drawn from a seed. It submits, claims, reports, decides, edits, sweeps and reads, and the clock moves; it
//! uses leases that were lost, versions that are outdated, and arguments that are refused. Each answer is compared,
//! errors by their kinds and the rules that are broken, and in the end all rows. Tasks, accounts and tokens have the
//! same ids in both stores. Attempts are named by the order in which they appear, and times are compared to the second,
//! since a sweep counts the clock on while it runs.
//!
//! `GENLEDGER_SCRIPTS` is the number of scripts, and `GENLEDGER_SEED` the first seed.

mod operation;
mod player;

use std::sync::Arc;

use genledger::contract::{Filter, SessionExt, Store};
use genledger::generation::{GenerationAttempt, ImageTask, ProviderAccount, VideoTask};
use genledger::outbox::OutboxEvent;

use crate::sample::Kind;
use operation::script;
use player::Player;

/// The operations of a script.
const LENGTH: usize = 90;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

async fn agree<T: Kind>(backend: &Arc<dyn Store>, seed: u64) {
    let memory = genledger::connect("memory:").await.unwrap();
    let (mut left, mut right): (Player<T>, Player<T>) =
        (Player::new(&memory).await, Player::new(backend).await);
    let script = script(seed, LENGTH);
    for (number, operation) in script.iter().enumerate() {
        let (expected, found) = (left.play(operation).await, right.play(operation).await);
        let before = &script[number.saturating_sub(12)..number];
        assert_eq!(
            expected, found,
            "GENLEDGER_SEED={seed}, {number}: {operation:?} after {before:#?}"
        );
    }
    let (expected, found) = (left.rows().await, right.rows().await);
    assert_eq!(
        expected.len(),
        found.len(),
        "GENLEDGER_SEED={seed}, rows in the end"
    );
    for (expected, found) in expected.iter().zip(&found) {
        assert_eq!(expected, found, "GENLEDGER_SEED={seed}, rows in the end");
    }
    right.world().assert_consistent().await;
}

async fn empty(store: &Arc<dyn Store>) {
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

async fn a_script_has_the_same_answers_as_on_memory(store: &Arc<dyn Store>) {
    let first = setting("GENLEDGER_SEED", 1);
    for seed in first..first + setting("GENLEDGER_SCRIPTS", 10) {
        if seed.is_multiple_of(3) {
            agree::<VideoTask>(store, seed).await;
        } else {
            agree::<ImageTask>(store, seed).await;
        }
        empty(store).await;
    }
}

genledger_testkit::store_cases!(a_script_has_the_same_answers_as_on_memory);
