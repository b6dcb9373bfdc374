//! `kill -9` of a process in the middle of its writes: acknowledged writes are stored when the file is opened
//! again, and none is stored in part.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use genledger_contract::query::AggregateQuery;
use genledger_contract::{Entity, Filter, SessionExt, Store, StoreExt};
use genledger_sql::SQLITE;
use genledger_sqlite::SqliteStore;

/// The variable with the file that the child writes; a process that has it is a child.
const FILE: &str = "GENLEDGER_TEST_CRASH_FILE";
const ROUNDS: usize = 4;
const WRITERS: usize = 4;
/// Rows of a step.
const ROWS: i64 = 25;

/// A row of a step.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "receipts", key(step, line))]
struct Receipt {
    /// The step that wrote it.
    step: i64,
    /// Its number in the step.
    line: i64,
}

async fn open(file: &str) -> Arc<dyn Store> {
    let store = SqliteStore::connect(format!("sqlite:{file}").parse().unwrap())
        .await
        .unwrap();
    let migrations = genledger_testkit::migrations(&SQLITE, &[Receipt::TABLE]);
    store.migrate(&[migrations]).await.unwrap();
    Arc::new(store)
}

fn rows(step: i64) -> Vec<Receipt> {
    (0..ROWS).map(|line| Receipt { step, line }).collect()
}

/// Writes until it is killed, and prints the steps that were acknowledged: one batch, or a transaction of
/// two halves.
async fn write_for_ever(file: &str) {
    let store = open(file).await;
    let query = AggregateQuery::over(Filter::<Receipt>::all()).max(Receipt::STEP);
    let last = store.session().aggregate(query).await.unwrap();
    let first = last[0].integer(0).map_or(0, |last| last + 1);
    let steps = Arc::new(AtomicI64::new(first));
    let writers = (0..WRITERS).map(|_| {
        let (store, steps) = (Arc::clone(&store), Arc::clone(&steps));
        tokio::spawn(async move {
            loop {
                let step = steps.fetch_add(1, Ordering::Relaxed);
                let rows = Arc::new(rows(step));
                if step % 2 == 0 {
                    store.session().insert_many(&rows).await.unwrap();
                } else {
                    let halves = |tx: genledger_contract::Tx| {
                        let rows = Arc::clone(&rows);
                        async move {
                            let (first, second) = rows.split_at(rows.len() / 2);
                            tx.insert_many(first).await?;
                            tx.insert_many(second).await
                        }
                    };
                    store.transaction(halves).await.unwrap();
                }
                println!("done {step}");
            }
        })
    });
    // They end when one of them fails, or with the process.
    let ended = futures_util::future::join_all(writers).await;
    panic!("a writer ended: {ended:?}");
}

/// The process that is killed; without the variable, there is nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    if let Ok(file) = std::env::var(FILE) {
        write_for_ever(&file).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn survives_kill_nine() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crash.db").display().to_string();
    let mut done = BTreeSet::new();
    for _ in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture"])
            .env(FILE, &file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let reader = std::thread::spawn(move || -> Vec<i64> {
            let step = |line: String| line.rsplit_once("done ")?.1.parse().ok();
            lines.map_while(Result::ok).filter_map(step).collect()
        });
        std::thread::sleep(Duration::from_millis(600));
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = reader.join().unwrap();
        assert!(!acknowledged.is_empty(), "the child wrote nothing");
        done.extend(acknowledged);

        let store = open(&file).await;
        let query = AggregateQuery::over(Filter::<Receipt>::all())
            .group_by(Receipt::STEP)
            .count();
        let found = store.session().aggregate(query).await.unwrap();
        let stored: BTreeMap<i64, i64> = found
            .iter()
            .map(|row| (row.integer(0).unwrap(), row.integer(1).unwrap()))
            .collect();
        assert!(
            stored.values().all(|rows| *rows == ROWS),
            "a step is stored in part"
        );
        let lost: Vec<_> = done
            .iter()
            .filter(|step| !stored.contains_key(step))
            .collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        store.close().await;
    }
}
