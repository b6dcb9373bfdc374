//! `kill -9` of a process while it creates tables: all of them exist or none, and the next process creates
//! them.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::process::{Command, Stdio};
use std::time::Duration;

use genledger_contract::table::TableDef;
use genledger_contract::{Entity, Store};
use genledger_sql::SQLITE;
use genledger_sqlite::SqliteStore;

/// The variable with the file that the child migrates; a process that has it is a child.
const FILE: &str = "GENLEDGER_TEST_CRASH_MIGRATE_FILE";
/// So many that creating them takes longer than the child is allowed to run.
const TABLES: i64 = 600;

/// The row of every table.
#[derive(Clone, Debug, Entity)]
#[entity(crate = genledger_contract, table = "notes", key(id))]
struct Note {
    /// Its number.
    id: i64,
}

fn tables() -> &'static [&'static TableDef] {
    let table = |number| -> &'static TableDef {
        Box::leak(Box::new(TableDef {
            name: format!("notes_{number}").leak(),
            ..*Note::TABLE
        }))
    };
    (0..TABLES).map(table).collect::<Vec<_>>().leak()
}

/// Opens the file and creates its tables; returns how many were missing.
async fn migrate(file: &str) -> usize {
    let store = SqliteStore::connect(format!("sqlite:{file}").parse().unwrap())
        .await
        .unwrap();
    let tables = tables();
    let migrations = genledger_testkit::migrations(&SQLITE, tables);
    let report = store.migrate(&[migrations]).await.unwrap();
    assert_eq!(store.verify_schema(tables).await.unwrap(), []);
    assert!(
        store
            .migrate(&[migrations])
            .await
            .unwrap()
            .applied
            .is_empty()
    );
    store.close().await;
    report.applied.len()
}

/// The process that is killed; without the variable, there is nothing to do.
#[tokio::test]
async fn child() {
    if let Ok(file) = std::env::var(FILE) {
        migrate(&file).await;
    }
}

#[tokio::test]
async fn migrations_survive_kill_nine() {
    let mut cut = 0;
    for millis in [30, 60, 90, 150] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("crash.db").display().to_string();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child"])
            .env(FILE, &file)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(millis));
        child.kill().unwrap();
        child.wait().unwrap();
        let missing = migrate(&file).await;
        let all = usize::try_from(TABLES).unwrap();
        assert!(
            missing == 0 || missing == all,
            "{missing} of {all} are missing"
        );
        cut += missing / all;
    }
    assert!(cut > 0, "no child was killed during its migration");
}
