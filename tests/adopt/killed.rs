//! The process that adopts is killed with SIGKILL at different moments; the next one continues.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use genledger::contract::schema::{OtherIndexes, Severity};
use genledger::prelude::*;
use genledger::schema;
use genledger_testkit::TestDatabase;

use crate::old_program::{Dialect, OldProgram};
use crate::rows::{Fate, NOON, insert_hostile, insert_many};
use crate::tables::{Form, create_logs};

/// The variable with the address of the database; a process that has it is a child.
const DATABASE: &str = "GENLEDGER_TEST_ADOPT_DATABASE";
/// How long each child lives after the adoption was seen to have begun.
const LIVES: [u64; 4] = [0, 60, 150, 400];
const MANY: i64 = 12_000;

async fn adopt(url: &str) {
    let store = genledger::connect(url).await.unwrap();
    let adopting = [schema::adopt_usage(OtherIndexes::Keep)];
    store.migrate(&adopting).await.unwrap();
    store.close().await;
}

/// The process that is killed; without the variable, there is nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    if let Ok(url) = std::env::var(DATABASE) {
        adopt(&url).await;
    }
}

/// Whether an adoption has begun and is not complete.
async fn is_begun(old: &mut OldProgram) -> bool {
    let state = "SELECT state FROM _genledger_migrations WHERE set_name = 'genledger.usage.adopt'";
    old.maybe_text(state).await.as_deref() == Some("started")
}

async fn a_killed_adoption_is_continued(database: TestDatabase) {
    let Some(mut old) = OldProgram::connect(&database.url).await else {
        return;
    };
    create_logs(&mut old, Form::Live).await;
    let rows = insert_hostile(&mut old, Form::Live).await;
    insert_many(&mut old, Form::Live, MANY).await;
    let all = old.number("SELECT count(*) FROM logs").await;
    let mut interrupted = 0;
    for life in LIVES {
        let owner = "SELECT owner FROM _genledger_migration_lease";
        let before = old.maybe_text(owner).await;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::child"])
            .env(DATABASE, &database.url)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        let mut seen = false;
        while !seen && child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "the child does not begin");
            let leased = old.sql() == Dialect::Sqlite || old.maybe_text(owner).await != before;
            seen = leased && is_begun(&mut old).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(life)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        interrupted += usize::from(is_begun(&mut old).await);
        if old.sql() != Dialect::Sqlite {
            // Its holder is dead, and the end of the lease need not be awaited.
            drop(old.try_run("DELETE FROM _genledger_migration_lease").await);
        }
        // At each moment every row is in one of the tables.
        let aside = "SELECT count(*) FROM logs_set_aside";
        let aside = old.maybe_number(aside).await.unwrap_or(0);
        assert_eq!(old.number("SELECT count(*) FROM logs").await + aside, all);
    }
    assert!(
        interrupted > 0,
        "each adoption had ended before its process was killed"
    );
    println!("{interrupted} adoptions interrupted");
    adopt(&database.url).await;

    let store = genledger::connect(&database.url).await.unwrap();
    for difference in store.verify_schema(&[UsageLog::TABLE]).await.unwrap() {
        assert_eq!(difference.severity, Severity::Differs, "{difference}");
    }
    let aside = rows
        .iter()
        .filter(|row| matches!(row.fate, Fate::SetAside(..)))
        .count();
    let aside = i64::try_from(aside).unwrap();
    let count = "SELECT count(*) FROM logs_set_aside";
    assert_eq!(old.number(count).await, aside);
    assert_eq!(old.number("SELECT count(*) FROM logs").await + aside, all);
    // Each time was converted once: all of these rows are in their second.
    let wrong = format!("SELECT count(*) FROM logs WHERE id > 1000 AND created_at <> {NOON} + id");
    assert_eq!(old.number(&wrong).await, 0);
    let filled = "SELECT count(*) FROM logs WHERE id > 1000 AND quota = 0";
    assert_eq!(old.number(filled).await, MANY / 5);
    store.close().await;
}

genledger_testkit::database_cases!(
    genledger_testkit::run_on_database; a_killed_adoption_is_continued
);
