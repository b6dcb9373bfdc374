//! SQL of the application: if it ends its transaction, the transaction is not reported as committed; and it
//! leaves nothing behind in the connection.
use crate::notes::{count, kind, note, open};
use genledger_contract::{ErrorKind, SessionExt, Store};
use genledger_sqlite::{SqliteConfig, SqliteStore, Synchronous, rusqlite, with_connection};

/// SQL that ends a transaction, with further statements, each without an error.
const ENDS: [&str; 6] = [
    "COMMIT",
    "ROLLBACK",
    "COMMIT; BEGIN",
    "ROLLBACK; BEGIN IMMEDIATE; INSERT INTO notes VALUES (8, 'theirs')",
    "ROLLBACK; BEGIN; SAVEPOINT own",
    // Rolls back the whole transaction, and returns an error, which is dropped below.
    "INSERT INTO notes VALUES (9, ''); INSERT OR ROLLBACK INTO notes VALUES (9, '')",
];

#[tokio::test]
async fn a_transaction_that_was_ended_is_never_committed() {
    for sql in ENDS {
        let store = open(SqliteConfig::memory()).await;
        let tx = store.begin().await.unwrap();
        tx.insert(&note(1)).await.unwrap();
        let ended = with_connection(&tx, move |connection| {
            drop(connection.execute_batch(sql));
            Ok(())
        })
        .await;
        assert_eq!(kind(ended), ErrorKind::Aborted, "{sql}");
        assert_eq!(kind(tx.insert(&note(2)).await), ErrorKind::Aborted, "{sql}");
        assert_eq!(kind(tx.commit().await), ErrorKind::Aborted, "{sql}");
        // Only rows that it committed itself are stored.
        let left = i64::from(sql.starts_with("COMMIT"));
        assert_eq!(count(&*store.session()).await, left, "{sql}");
        store.session().insert(&note(3)).await.unwrap();
    }
}

#[tokio::test]
async fn a_single_step_that_was_ended_is_an_error() {
    for sql in ENDS {
        let store = open(SqliteConfig::memory()).await;
        let ended = store
            .with_connection(move |connection| {
                connection.execute("INSERT INTO notes VALUES (1, '')", [])?;
                drop(connection.execute_batch(sql));
                Ok(())
            })
            .await;
        assert_eq!(kind(ended), ErrorKind::Aborted, "{sql}");
        let left = i64::from(sql.starts_with("COMMIT"));
        assert_eq!(count(&*store.session()).await, left, "{sql}");
        store.session().insert(&note(3)).await.unwrap();
    }
}

#[tokio::test]
async fn savepoints_of_its_own_are_allowed() {
    let store = open(SqliteConfig::memory()).await;
    let tx = store.begin().await.unwrap();
    with_connection(&tx, |connection| {
        connection.execute_batch(
            "SAVEPOINT a; INSERT INTO notes VALUES (1, ''); SAVEPOINT b;
            INSERT INTO notes VALUES (2, ''); ROLLBACK TO b",
        )
    })
    .await
    .unwrap();
    tx.insert(&note(3)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&*store.session()).await, 2);
}

/// The settings of a connection that SQL can change.
fn settings(connection: &rusqlite::Connection) -> rusqlite::Result<Vec<(&'static str, String)>> {
    let names = [
        "ignore_check_constraints",
        "query_only",
        "recursive_triggers",
        "reverse_unordered_selects",
        "writable_schema",
        "max_page_count",
        "cache_size",
        "busy_timeout",
        "foreign_keys",
        "synchronous",
        "wal_autocheckpoint",
        "temp_store",
        "locking_mode",
        "journal_size_limit",
        "secure_delete",
    ];
    names
        .into_iter()
        .map(|name| {
            let value = connection
                .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))?;
            Ok((name, format!("{value:?}")))
        })
        .collect()
}

/// Sets all of these to other values, as far as that is possible inside of a transaction.
fn change_settings(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA ignore_check_constraints = ON;
        PRAGMA recursive_triggers = ON;
        PRAGMA reverse_unordered_selects = ON;
        PRAGMA writable_schema = ON;
        PRAGMA max_page_count = 10;
        PRAGMA cache_size = 7;
        PRAGMA foreign_keys = OFF;
        PRAGMA busy_timeout = 1;
        PRAGMA wal_autocheckpoint = 0;
        PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA journal_size_limit = 1;
        PRAGMA secure_delete = ON;
        CREATE TEMP TABLE notes AS SELECT 1 AS id, 'hides the other one' AS text;
        PRAGMA query_only = ON",
    )
}

async fn read_back(store: &SqliteStore) -> Vec<(&'static str, String)> {
    store.with_connection(settings).await.unwrap()
}

#[tokio::test]
async fn what_it_sets_is_gone_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(SqliteConfig::file(folder.path().join("own.db"))).await;
    let before = read_back(&store).await;
    store.with_connection(change_settings).await.unwrap();
    store.session().insert(&note(1)).await.unwrap();
    assert_eq!(read_back(&store).await, before);

    let tx = store.begin().await.unwrap();
    with_connection(&tx, change_settings).await.unwrap();
    tx.commit().await.unwrap();
    store.session().insert(&note(2)).await.unwrap();
    assert_eq!(read_back(&store).await, before);

    let tx = store.begin().await.unwrap();
    with_connection(&tx, change_settings).await.unwrap();
    drop(tx);
    store.session().insert(&note(3)).await.unwrap();
    assert_eq!(read_back(&store).await, before);
    assert_eq!(count(&*store.session()).await, 3);
}

#[tokio::test]
async fn the_connection_that_writes_has_the_settings_of_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.db");
    // 1 is NORMAL, 2 is FULL.
    for (synchronous, level) in [(Synchronous::Normal, 1), (Synchronous::Full, 2)] {
        let mut config = SqliteConfig::file(&path);
        config.synchronous = synchronous;
        config.cache_kib = 1_000;
        config.wal_autocheckpoint = 77;
        config.busy_timeout = std::time::Duration::from_millis(1_234);
        let store = open(config).await;
        let settings = read_back(&store).await;
        for (name, value) in [
            ("synchronous", level),
            ("foreign_keys", 1),
            ("cache_size", -1_000),
            ("wal_autocheckpoint", 77),
            ("busy_timeout", 1_234),
            ("temp_store", 2),
            ("query_only", 0),
        ] {
            assert!(
                settings.contains(&(name, format!("Integer({value})"))),
                "{name} is not {value}: {settings:?}"
            );
        }
        store.close().await;
    }
}
