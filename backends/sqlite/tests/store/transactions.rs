//! Where the statements of a transaction run, and the locks that they wait for.
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::notes::{Note, count, kind, note, open, raw};
use genledger_contract::row::{RowReader, Value};
use genledger_contract::statement::{Comparison, Predicate, Select};
use genledger_contract::{Entity, ErrorKind, Session, SessionExt, Store};
use genledger_sqlite::{SqliteConfig, with_connection};
use tokio::time::sleep;

const SHORT: Duration = Duration::from_millis(200);

/// The thread that reads the rows of a filter.
async fn thread_of(session: &dyn Session, filter: Predicate) -> Option<String> {
    let thread = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&thread);
    let visitor = Box::new(move |_: &dyn RowReader| {
        *seen.lock().unwrap() = std::thread::current().name().map(str::to_owned);
        Ok(())
    });
    let select = Select::all_columns(Note::TABLE, filter);
    session.select(select, visitor).await.unwrap();
    let thread = thread.lock().unwrap().take();
    assert!(thread.is_some(), "there is a row");
    thread
}

#[tokio::test]
async fn a_transaction_reads_by_key_on_the_thread_of_the_caller() {
    let store = open(SqliteConfig::memory()).await;
    let here = std::thread::current().name().map(str::to_owned);
    let writer = Some("genledger-sqlite".to_owned());
    let tx = store.begin().await.unwrap();
    tx.insert(&note(1)).await.unwrap();
    let by_key = Predicate::compare(0, Comparison::Eq, Value::I64(1));
    assert_eq!(thread_of(&*tx, by_key.clone()).await, here);
    let range = Predicate::compare(0, Comparison::Ge, Value::I64(1));
    assert_eq!(thread_of(&*tx, range).await, writer);
    // The same in a nested transaction, whose savepoints are set on either.
    let nested = tx.begin().await.unwrap();
    nested.insert(&note(2)).await.unwrap();
    assert_eq!(thread_of(&nested, by_key).await, here);
    nested.rollback().await.unwrap();
    let nested = tx.begin().await.unwrap();
    nested.insert(&note(3)).await.unwrap();
    nested.commit().await.unwrap();
    drop(tx.begin().await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(count(&*store.session()).await, 2);
}

/// On a runtime of one thread, which a wait for the lock would block.
#[tokio::test]
async fn a_transaction_waits_for_another_process_without_blocking_the_runtime() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locked.db");
    let store = open(SqliteConfig::file(&path)).await;
    let other = raw(&path);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let release = tokio::spawn(async move {
        sleep(SHORT).await;
        other.execute_batch("COMMIT").unwrap();
    });
    let tx = store.begin().await.unwrap();
    assert!(release.is_finished());
    tx.insert(&note(1)).await.unwrap();
    tx.commit().await.unwrap();
    release.await.unwrap();
}

#[tokio::test]
async fn a_lock_of_another_process_is_waited_for_as_long_as_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locked.db");
    let mut config = SqliteConfig::file(&path);
    config.busy_timeout = SHORT;
    let store = open(config).await;
    let other = raw(&path);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(kind(store.begin().await), ErrorKind::SerializationFailure);
    assert!(begun.elapsed() >= SHORT);
    other.execute_batch("ROLLBACK").unwrap();
    // The limit applies to later waits too.
    let tx = store.begin().await.unwrap();
    let limit = with_connection(&tx, |connection| {
        connection.pragma_query_value(None, "busy_timeout", |row| row.get::<_, i64>(0))
    });
    assert_eq!(limit.await.unwrap(), 200);
    tx.rollback().await.unwrap();
}

/// The other process needs the lock, and no call of this store waits.
#[tokio::test]
async fn an_idle_transaction_does_not_hold_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("idle.db");
    let mut config = SqliteConfig::file(&path);
    config.transaction_idle_timeout = SHORT * 2;
    let store = open(config).await;
    let tx = store.begin().await.unwrap();
    tx.insert(&note(1)).await.unwrap();
    let other = tokio::task::spawn_blocking(move || {
        raw(&path).execute("INSERT INTO notes VALUES (2, '')", [])
    });
    assert_eq!(other.await.unwrap().unwrap(), 1);
    assert_eq!(kind(tx.insert(&note(3)).await), ErrorKind::Aborted);
    assert_eq!(kind(tx.commit().await), ErrorKind::Aborted);
    assert_eq!(count(&*store.session()).await, 1);
}
