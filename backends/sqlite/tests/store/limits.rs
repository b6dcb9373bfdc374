//! Waits, their limits, and the errors after them.
use std::time::{Duration, Instant};

use crate::notes::{Note, count, kind, note, open, raw};
use genledger_contract::{Error, ErrorKind, SessionExt, Store};
use genledger_sqlite::{SqliteConfig, SqliteStore, with_connection};
use tokio::time::sleep;

const SHORT: Duration = Duration::from_millis(200);

fn config(set: impl FnOnce(&mut SqliteConfig)) -> SqliteConfig {
    let mut config = SqliteConfig::memory();
    set(&mut config);
    config
}

fn assert_contains(error: &Error, part: &str) {
    assert!(error.message().contains(part), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_does_nothing_is_rolled_back() {
    let store = open(config(|config| config.transaction_idle_timeout = SHORT)).await;
    for end in 0..4 {
        let tx = store.begin().await.unwrap();
        tx.insert(&note(end)).await.unwrap();
        // Waits until the transaction was rolled back.
        let waited = Instant::now();
        store.session().insert(&note(100 + end)).await.unwrap();
        assert!(waited.elapsed() < Duration::from_secs(10));
        match end {
            0 => {
                let error = tx.insert(&note(50)).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Aborted);
                assert_contains(&error, "ran no statement for 200 ms");
                assert_eq!(kind(tx.commit().await), ErrorKind::Aborted);
            }
            1 => {
                let error = tx.commit().await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Aborted);
                assert_contains(&error, "ran no statement for 200 ms");
            }
            2 => tx.rollback().await.unwrap(),
            _ => drop(tx),
        }
    }
    assert_eq!(count(&*store.session()).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_busy_is_not_idle() {
    let store = open(config(|config| config.transaction_idle_timeout = SHORT)).await;
    let tx = store.begin().await.unwrap();
    for id in 0..4 {
        sleep(SHORT / 2).await;
        tx.insert(&note(id)).await.unwrap();
    }
    // One statement that takes longer than the limit.
    with_connection(&tx, |_| {
        std::thread::sleep(SHORT * 3);
        Ok(())
    })
    .await
    .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&*store.session()).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_timed_out_reports_what_it_waited_for() {
    let store = open(config(|config| config.acquire_timeout = SHORT)).await;
    // A store that is used inside of its own transaction.
    let tx = store.begin().await.unwrap();
    tx.insert(&note(1)).await.unwrap();
    let error = store.session().insert(&note(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_contains(&error, "a transaction of this store has been open for 2");
    let error = store.begin().await.unwrap_err();
    assert_contains(&error, "a transaction of this store has been open for 4");
    tx.commit().await.unwrap();

    let slow = store.clone();
    let slow = tokio::spawn(async move {
        slow.with_connection(|_| {
            std::thread::sleep(SHORT * 3);
            Ok(())
        })
        .await
    });
    sleep(SHORT / 4).await;
    let error = store.session().insert(&note(2)).await.unwrap_err();
    assert_contains(&error, "SQL of the application");
    slow.await.unwrap().unwrap();
    assert_eq!(count(&*store.session()).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_another_process_differs_from_one_of_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locked.db");
    let mut config = SqliteConfig::file(&path);
    config.acquire_timeout = SHORT;
    let store = open(config).await;
    let other = raw(&path);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let session = store.session();
    let first = tokio::spawn(async move { session.insert(&note(1)).await });
    sleep(SHORT / 4).await;
    let error = store.session().insert(&note(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_contains(&error, "a connection of another process or store");
    other.execute_batch("ROLLBACK").unwrap();
    first.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_another_process_is_waited_for_once_by_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locked.db");
    let mut config = SqliteConfig::file(&path);
    config.busy_timeout = SHORT;
    let store = open(config).await;
    let other = raw(&path);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    let writes: Vec<_> = (0..100)
        .map(|id| {
            let session = store.session();
            tokio::spawn(async move { session.insert(&note(id)).await })
        })
        .collect();
    for write in writes {
        assert_eq!(kind(write.await.unwrap()), ErrorKind::SerializationFailure);
    }
    // All of them together make eight attempts: one after the other they would take 160 s.
    assert!(begun.elapsed() < SHORT * 75, "{:?}", begun.elapsed());
    other.execute_batch("ROLLBACK").unwrap();
    store.session().insert(&note(1)).await.unwrap();
    assert_eq!(count(&*store.session()).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_has_begun_is_waited_for() {
    let store = open(config(|config| config.acquire_timeout = SHORT)).await;
    let changed = store
        .with_connection(|connection| {
            std::thread::sleep(SHORT * 3);
            connection.execute("INSERT INTO notes VALUES (1, '')", [])
        })
        .await;
    assert_eq!(changed.unwrap(), 1);
    assert_eq!(count(&*store.session()).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_that_timed_out_report_what_they_waited_for() {
    let store = open(config(|config| {
        config.acquire_timeout = SHORT;
        config.readers = 1;
    }))
    .await;
    store.session().insert(&note(1)).await.unwrap();
    let slow = slow_read(&store);
    let slow = tokio::spawn(slow);
    sleep(SHORT / 4).await;
    let error = store.session().find::<Note>(&1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_contains(&error, "all 1 were in use for 200 ms");
    slow.await.unwrap();
}

/// A read that takes longer than the limit of a wait.
fn slow_read(store: &SqliteStore) -> impl Future<Output = ()> + use<> {
    use genledger_contract::Entity;
    use genledger_contract::statement::{Predicate, Select};
    let session = store.session();
    async move {
        let select = Select::all_columns(Note::TABLE, Predicate::True);
        let visitor = Box::new(|_: &dyn genledger_contract::row::RowReader| {
            std::thread::sleep(SHORT * 3);
            Ok(())
        });
        session.select(select, visitor).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_has_a_bound() {
    let store = open(config(|config| config.max_size_kib = 256)).await;
    let session = store.session();
    let mut written = 0;
    let error = loop {
        let rows: Vec<Note> = (written..written + 50).map(note).collect();
        match session.insert_many(&rows).await {
            Ok(()) => written += 50,
            Err(error) => break error,
        }
        assert!(written < 100_000, "there is no bound");
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(written > 500, "{written}");
    // Writes at the same time fail, or are stored, each by itself.
    let writes: Vec<_> = (0..200)
        .map(|index| {
            let session = store.session();
            tokio::spawn(async move { session.insert(&note(200_000 + index)).await.is_ok() })
        })
        .collect();
    let mut stored = 0;
    for write in writes {
        stored += i64::from(write.await.unwrap());
    }
    assert_eq!(count(&*session).await, written + stored);
    // Own SQL replaces the connection, and the bound stays; the space of deleted rows is used again.
    let tx = store.begin().await.unwrap();
    with_connection(&tx, |_| Ok(())).await.unwrap();
    tx.commit().await.unwrap();
    let many: Vec<Note> = (300_000..310_000).map(note).collect();
    let fails = session.insert_many(&many).await;
    assert_eq!(kind(fails), ErrorKind::Unavailable);
    session.delete_where(Note::ID.lt(written)).await.unwrap();
    let fewer: Vec<Note> = (0..written / 2).map(note).collect();
    session.insert_many(&fewer).await.unwrap();
}
