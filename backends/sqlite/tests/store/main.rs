//! The guarantees of the SQLite store beyond the contract.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod adopted;
mod events;
mod group_commit;
mod limits;
mod notes;
mod open;
mod own_sql;
mod transactions;
mod wal;

use std::path::Path;
use std::time::Duration;

use genledger_contract::statement::{Predicate, Select};
use genledger_contract::{
    Entity, Error, ErrorKind, Filter, MigrationSet, Session, SessionExt, Store,
};
use genledger_sqlite::{SqliteConfig, SqliteStore, with_connection};
use notes::{Note, count, kind, note, open, raw};

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_fail_are_undone_alone() {
    let store = open(SqliteConfig::memory()).await;
    let writes: Vec<_> = (0..300)
        .map(|index| {
            let session = store.session();
            // Every key is written twice, and batches fail in their middle.
            tokio::spawn(async move {
                let first = index / 2;
                let batch = [
                    note(1000 + 10 * index),
                    note(first),
                    note(1001 + 10 * index),
                ];
                if index % 3 == 0 {
                    session.insert_many(&batch).await.map(|()| 3)
                } else {
                    session.insert(&note(first)).await.map(|()| 1)
                }
            })
        })
        .collect();
    let mut written = 0;
    for write in writes {
        match write.await.unwrap() {
            Ok(rows) => written += rows,
            Err(error) => assert_eq!(error.kind(), ErrorKind::UniqueViolation),
        }
    }
    assert_eq!(count(&*store.session()).await, written);
}

#[tokio::test]
async fn a_private_database_is_gone_with_its_store() {
    let store = open(SqliteConfig::memory()).await;
    let path = store
        .with_connection(|connection| Ok(connection.path().unwrap().to_owned()))
        .await
        .unwrap();
    assert!(Path::new(&path).exists());
    store.close().await;
    drop(store);
    for _ in 0..100 {
        if !Path::new(&path).exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{path} still exists");
}

#[tokio::test]
async fn own_statements_are_one_step() {
    let store = open(SqliteConfig::memory()).await;
    let failed = store
        .with_connection(|connection| {
            connection.execute("INSERT INTO notes VALUES (1, 'one')", [])?;
            connection.execute("INSERT INTO missing VALUES (1)", [])
        })
        .await;
    let failed = failed.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Schema, "{failed:?}");
    assert_eq!(count(&*store.session()).await, 0);
    let tx = store.begin().await.unwrap();
    tx.insert(&note(1)).await.unwrap();
    let seen: i64 = with_connection(&tx, |connection| {
        connection.query_row("SELECT count(*) FROM notes", [], |row| row.get(0))
    })
    .await
    .unwrap();
    assert_eq!(seen, 1);
    let failed = with_connection(&tx, |connection| {
        connection.execute("INSERT INTO missing VALUES (1)", [])
    })
    .await;
    assert_eq!(kind(failed), ErrorKind::Schema);
    assert_eq!(kind(tx.commit().await), ErrorKind::Aborted);
    assert_eq!(count(&*store.session()).await, 0);
}

#[tokio::test]
async fn others_may_use_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    let store = open(SqliteConfig::file(&path)).await;
    store.session().insert(&note(1)).await.unwrap();
    let other = raw(&path);
    let text: String = other
        .query_row("SELECT text FROM notes WHERE id = 1", [], |row| row.get(0))
        .unwrap();
    assert_eq!(text, "note 1");
    other
        .execute("INSERT INTO notes VALUES (2, 'theirs')", [])
        .unwrap();
    let theirs = store.session().get::<Note>(&2).await.unwrap();
    assert_eq!(theirs.text, "theirs");
}

#[tokio::test]
async fn a_lock_of_another_process_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locked.db");
    let mut config = SqliteConfig::file(&path);
    config.busy_timeout = Duration::from_millis(100);
    let store = open(config).await;
    let other = raw(&path);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.session().insert(&note(1)).await;
    assert_eq!(kind(refused), ErrorKind::SerializationFailure);
    assert_eq!(kind(store.begin().await), ErrorKind::SerializationFailure);
    assert_eq!(count(&*store.session()).await, 0);
    other.execute_batch("ROLLBACK").unwrap();
    store.session().insert(&note(1)).await.unwrap();
}

#[tokio::test]
async fn waiting_for_a_transaction_has_an_end() {
    let mut config = SqliteConfig::memory();
    config.acquire_timeout = Duration::from_millis(100);
    let store = open(config).await;
    let tx = store.begin().await.unwrap();
    let refused = store.session().insert(&note(1)).await;
    assert_eq!(kind(refused), ErrorKind::Unavailable);
    tx.commit().await.unwrap();
    // The write that timed out is never executed.
    assert_eq!(count(&*store.session()).await, 0);
    store.session().insert(&note(1)).await.unwrap();
}

#[tokio::test]
async fn a_visitor_that_panics_takes_nothing_with_it() {
    let store = open(SqliteConfig::memory()).await;
    store.session().insert(&note(1)).await.unwrap();
    let select = || Select::all_columns(Note::TABLE, Predicate::True);
    let session = store.session();
    let visitor =
        || -> genledger_contract::statement::RowVisitor { Box::new(|_| panic!("a visitor")) };
    let failed = session.select(select(), visitor()).await;
    assert_eq!(kind(failed), ErrorKind::Other);
    let tx = store.begin().await.unwrap();
    let failed = tx.select(select(), visitor()).await;
    assert_eq!(kind(failed), ErrorKind::Other);
    drop(tx);
    assert_eq!(count(&*session).await, 1);
    session.insert(&note(2)).await.unwrap();
}

#[tokio::test]
async fn a_store_that_only_reads_refuses_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("read.db");
    let store = open(SqliteConfig::file(&path)).await;
    store.session().insert(&note(1)).await.unwrap();
    let url = format!("sqlite://{}?mode=ro", path.display());
    let reader = SqliteStore::connect(url.parse().unwrap()).await.unwrap();
    assert_eq!(count(&*reader.session()).await, 1);
    assert_eq!(
        kind(reader.session().insert(&note(2)).await),
        ErrorKind::Denied
    );
    let missing = SqliteStore::connect("sqlite:///no/such/folder/x.db".parse().unwrap()).await;
    assert_eq!(kind(missing), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let store = open(SqliteConfig::memory()).await;
    let session = store.session();
    store.close().await;
    store.close().await;
    let errors: [Error; 3] = [
        session.insert(&note(1)).await.unwrap_err(),
        session.find::<Note>(&1).await.unwrap_err(),
        store.begin().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_batch_is_one_step() {
    let store = open(SqliteConfig::memory()).await;
    let session = store.session();
    let rows: Vec<Note> = (0..200_000).map(note).collect();
    session.insert(&rows[150_000]).await.unwrap();
    assert_eq!(
        kind(session.insert_many(&rows).await),
        ErrorKind::UniqueViolation
    );
    assert_eq!(count(&*session).await, 1);
    let outcomes = session.insert_if_absent(&rows).await.unwrap();
    let present = outcomes
        .iter()
        .filter(|outcome| **outcome == genledger_contract::RowOutcome::Present);
    assert_eq!(present.count(), 1);
    let deleted = session.delete_where(Filter::<Note>::all()).await.unwrap();
    assert_eq!(deleted, 200_000);
}

/// A flag.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "flags", key(id))]
struct Flag {
    /// Its number.
    id: i64,
    /// Whether it is set.
    is_set: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_neither_true_nor_false_is_corrupt() {
    let store = open(SqliteConfig::memory()).await;
    store
        .with_connection(|connection| {
            connection.execute_batch(
                "CREATE TABLE flags (id INTEGER PRIMARY KEY, is_set INTEGER NOT NULL);
                INSERT INTO flags VALUES (1, 0), (2, 1), (3, 2)",
            )
        })
        .await
        .unwrap();
    let session = store.session();
    assert!(!session.get::<Flag>(&1).await.unwrap().is_set);
    assert!(session.get::<Flag>(&2).await.unwrap().is_set);
    assert_eq!(kind(session.get::<Flag>(&3).await), ErrorKind::Corrupt);
}

/// A read-only store finds that there is nothing to do.
#[tokio::test]
async fn migrating_an_up_to_date_file_needs_no_right_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("read.db");
    let owner = open(SqliteConfig::file(&path)).await;
    let mut config = SqliteConfig::file(&path);
    (config.create, config.read_only) = (false, true);
    let reader = SqliteStore::connect(config).await.unwrap();
    let sets = [
        MigrationSet::of("test", &[Note::TABLE]),
        MigrationSet::of("my-app", &[Other::TABLE]),
    ];
    reader.migrate(&sets[..1]).await.unwrap();
    assert!(reader.migrate(&sets).await.is_err());
    owner.migrate(&sets).await.unwrap();
    assert!(reader.migrate(&sets).await.unwrap().applied.is_empty());
    reader.close().await;
    owner.close().await;
}

/// A table of another set.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "others", key(id))]
struct Other {
    /// Its number.
    id: i64,
}
