//! Runs scripts, and shrinks one that fails.

use std::collections::hash_map::RandomState;
use std::fmt::Debug;
use std::future::Future;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use genledger_contract::{Filter, MigrationSet, SessionExt, Store};
use genledger_memory::MemoryStore;
use proptest::collection::vec;
use proptest::strategy::Strategy;
use proptest::test_runner::{
    Config, RngAlgorithm, TestCaseError, TestCaseResult, TestError, TestRng, TestRunner,
};
use tokio::runtime::Handle;

use super::dynamic::Any;
use super::operation::{Operation, Read, operations, reads, rows};
use super::player::{ScriptRunner, StepResult};
use super::{Dynamic, Scripted};
use crate::databases::Databases;
use crate::model::tables;

const SCRIPTS: &str = "GENLEDGER_SCRIPTS";
const SEED: &str = "GENLEDGER_SEED";

/// How long a failing script is shrunk.
const SHRINK_MILLIS: u32 = 30_000;

/// How long one script may take.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(60);

/// The default number of scripts of each case.
const DEFAULT_SCRIPTS: u32 = 48;

/// Runs a script of any operations on one table.
pub(crate) async fn run_writes<E: Scripted>(databases: &Databases) {
    let backend = databases.migrated().await.store;
    let script = vec(operations::<E>(), 1..60);
    run(&script, |script| play_writes::<E>(&backend, script));
}

/// Fills one table and reads it in any way.
pub(crate) async fn run_reads<E: Scripted>(databases: &Databases) {
    let backend = databases.migrated().await.store;
    let script = (rows::<E>(0..30), vec(reads::<E>(), 1..40));
    let backend = &backend;
    run(&script, |(rows, reads)| async move {
        let (oracle, backend) = pair::<E>(backend).await;
        let (left, right) = (oracle.fill(&rows).await, backend.fill(&rows).await);
        compare(0, &"fill", &left, &right)?;
        for (number, read) in (1..).zip(&reads) {
            let (left, right) = (oracle.read(read).await, backend.read(read).await);
            compare(number, read, &left, &right)?;
        }
        Ok(())
    });
}

/// A script that can be printed, one line for each operation.
pub(super) trait Script: Debug {
    fn show(&self) -> String;
}

pub(super) fn lines<T: Debug>(lines: &[T]) -> String {
    lines.iter().map(|line| format!("  {line:?}\n")).collect()
}

impl Script for Vec<Operation> {
    fn show(&self) -> String {
        lines(self)
    }
}

impl Script for (Vec<Vec<Any>>, Vec<Read>) {
    fn show(&self) -> String {
        format!("{}reads\n{}", lines(&self.0), lines(&self.1))
    }
}

async fn play_writes<E: Scripted>(
    backend: &Arc<dyn Store>,
    script: Vec<Operation>,
) -> TestCaseResult {
    let (mut oracle, mut backend) = pair::<E>(backend).await;
    for (number, operation) in script.iter().enumerate() {
        let left = oracle.run(number, operation).await;
        let right = backend.run(number, operation).await;
        let outcome = compare(number, operation, &left, &right);
        if outcome.is_err() {
            // The next script must not wait for a transaction of this one.
            backend.end().await;
            return outcome;
        }
    }
    compare(
        script.len(),
        &"end",
        &oracle.end().await,
        &backend.end().await,
    )
}

/// An empty memory store and the backend, emptied.
async fn pair<E: Scripted>(backend: &Arc<dyn Store>) -> (ScriptRunner<E>, ScriptRunner<E>) {
    let oracle = MemoryStore::new();
    oracle
        .migrate(&[MigrationSet::of("suite", tables())])
        .await
        .expect("the tables of the oracle");
    let oracle: Arc<dyn Store> = Arc::new(oracle);
    backend
        .session()
        .delete_where::<Dynamic<E>>(Filter::all())
        .await
        .expect("the table could not be emptied");
    (ScriptRunner::new(&oracle), ScriptRunner::new(backend))
}

fn compare(
    number: usize,
    operation: &dyn Debug,
    oracle: &StepResult,
    backend: &StepResult,
) -> TestCaseResult {
    let same = match (oracle, backend) {
        // Errors that only a database finds have the same kind everywhere, but not every database reports the
        // column, nor whether a type or a check was violated.
        (StepResult::Failed(left, _), StepResult::Failed(right, found)) if of_database(found) => {
            left == right
        }
        (left, right) => left == right,
    };
    if same {
        return Ok(());
    }
    Err(TestCaseError::fail(format!(
        "operation {number}, {operation:?}\n  memory returned  {oracle:?}\n  backend returned {backend:?}"
    )))
}

/// Whether only a database could find the error: a sum that does not fit its column.
fn of_database(found: &[(String, String)]) -> bool {
    found
        .iter()
        .all(|(_, rule)| ["overflow", "out_of_range", "check"].contains(&rule.as_str()))
}

fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    let Ok(value) = text.parse() else {
        panic!("{name} is not a number: {text}")
    };
    Some(value)
}

/// Runs scripts until one fails; that one is shrunk and shown with the seed that made it.
pub(super) fn run<S: Script, Fut: Future<Output = TestCaseResult>>(
    strategy: &impl Strategy<Value = S>,
    play: impl Fn(S) -> Fut,
) {
    let seed: u64 = setting(SEED).unwrap_or_else(|| RandomState::new().hash_one(0));
    let config = Config {
        cases: setting(SCRIPTS).unwrap_or(DEFAULT_SCRIPTS),
        max_shrink_iters: 10_000,
        max_shrink_time: SHRINK_MILLIS,
        failure_persistence: None,
        ..Config::default()
    };
    let bytes = [seed.to_le_bytes(); 4].concat();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let in_time = async |script| match tokio::time::timeout(SCRIPT_TIMEOUT, play(script)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(TestCaseError::fail("the script did not end in time")),
    };
    // The runner is not async and blocks its thread.
    let outcome = tokio::task::block_in_place(|| {
        runner.run(strategy, |script| {
            Handle::current().block_on(in_time(script))
        })
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, script)) => {
            panic!(
                "{SEED}={seed}\n{reason}\nThe shortest script that fails:\n{}",
                script.show()
            )
        }
        Err(TestError::Abort(reason)) => panic!("{SEED}={seed}\n{reason}"),
    }
}
