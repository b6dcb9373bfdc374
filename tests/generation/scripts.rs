//! Random scripts of verbs: the same calls, one after the other, have the same outcomes on memory and on each backend.
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

use std::collections::BTreeSet;
use std::sync::Arc;

use genledger::contract::Store;
use genledger::generation::{ImageTask, VideoTask};

use crate::sample::{Kind, empty, setting};
use operation::script;
use player::{Player, REFUSED};

/// The operations of a script.
const LENGTH: usize = 90;

const SCRIPTS: u64 = 15;

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

async fn a_script_has_the_same_answers_as_on_memory(store: &Arc<dyn Store>) {
    let first = setting("GENLEDGER_SEED", 1);
    for seed in first..first + setting("GENLEDGER_SCRIPTS", SCRIPTS) {
        if seed.is_multiple_of(3) {
            agree::<VideoTask>(store, seed).await;
        } else {
            agree::<ImageTask>(store, seed).await;
        }
        empty(store).await;
    }
}

/// Every operation has succeeded and was refused somewhere in the scripts, so that they compare both.
#[tokio::test]
async fn every_verb_succeeds_and_is_refused_in_scripts() {
    let (mut done, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for seed in 1..=SCRIPTS {
        let memory = genledger::connect("memory:").await.unwrap();
        let mut player: Player<ImageTask> = Player::new(&memory).await;
        for operation in script(seed, LENGTH) {
            let answer = player.play(&operation).await;
            let name = format!("{operation:?}");
            let name = name.split(['(', ' ']).next().unwrap().to_owned();
            match answer.strip_prefix(REFUSED) {
                Some(_) => refused.insert(name),
                None => done.insert(name),
            };
        }
    }
    let reads = ["Accounts", "Advance", "Audit", "Count", "List", "Sweep"];
    let both = [
        "Account", "Append", "Cancel", "Claim", "Complete", "Delete", "Fail", "Get", "GiveUp",
    ];
    let more = [
        "Heartbeat",
        "Regenerate",
        "Release",
        "Resolve",
        "Restore",
        "SetPriority",
        "Start",
    ];
    let last = ["Submit", "Submitted", "Switch", "SwitchLease", "Unknown"];
    let both: BTreeSet<String> = [&both[..], &more, &last]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(refused, both);
    assert_eq!(
        done,
        both.into_iter().chain(reads.map(str::to_owned)).collect()
    );
}

genledger_testkit::store_cases!(a_script_has_the_same_answers_as_on_memory);
