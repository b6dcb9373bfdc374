//! One transaction writes at a time; other writes wait in order, with a timeout.

use std::time::{Duration, Instant};

use genledger_contract::{ErrorKind, SessionExt, Store};
use genledger_memory::MemoryConfig;
use tokio::time::timeout;

use crate::model::{Note, store, store_with};

const SOON: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_write_waits_for_the_transaction_that_writes_and_sees_what_it_did() {
    let store = store().await;
    let session = store.session();
    session.insert(&Note::new(1)).await.unwrap();
    let transaction = store.begin().await.unwrap();
    assert!(transaction.delete::<Note>(&1).await.unwrap());

    let other = store.session();
    let waiting = tokio::spawn(async move { other.delete::<Note>(&1).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!waiting.is_finished());
    // A read does not wait, and sees the committed rows.
    assert!(session.find::<Note>(&1).await.unwrap().is_some());
    transaction.commit().await.unwrap();
    assert!(!waiting.await.unwrap().unwrap());
}

#[tokio::test]
async fn a_wait_that_times_out_is_unavailable_and_writes_nothing() {
    let store =
        store_with(MemoryConfig::new().with_acquire_timeout(Duration::from_millis(20))).await;
    let first = store.begin().await.unwrap();
    first.insert(&Note::new(1)).await.unwrap();
    let second = store.begin().await.unwrap();
    let started = Instant::now();
    let error = second.insert(&Note::new(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(started.elapsed() < SOON);
    first.commit().await.unwrap();
    // It ended the transaction, as a lock timeout does in a database.
    let error = second.insert(&Note::new(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Aborted);
    assert_eq!(
        second.commit().await.unwrap_err().kind(),
        ErrorKind::Aborted
    );
    let session = store.session();
    assert!(session.find::<Note>(&1).await.unwrap().is_some());
    session.insert(&Note::new(2)).await.unwrap();
}

/// A nested transaction that is rolled back returns the permit, which a write gets that has not continued yet.
#[tokio::test]
async fn a_transaction_that_writes_again_does_not_wait_for_itself() {
    let store = store().await;
    let transaction = store.begin().await.unwrap();
    let nested = transaction.begin().await.unwrap();
    nested.insert(&Note::new(1)).await.unwrap();
    let session = store.session();
    let waiting = tokio::spawn(async move { session.insert(&Note::new(2)).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    nested.rollback().await.unwrap();
    let again = Note::new(1);
    let again = timeout(SOON, transaction.insert(&again)).await;
    again.expect("it waits for itself").unwrap();
    transaction.commit().await.unwrap();
    waiting.await.unwrap().unwrap();
    let session = store.session();
    for id in [1, 2] {
        assert!(session.find::<Note>(&id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn an_idle_transaction_is_rolled_back_for_a_write_that_waits() {
    let limit = Duration::from_millis(80);
    let store = store_with(MemoryConfig::new().with_transaction_idle_timeout(limit)).await;
    let idle = store.begin().await.unwrap();
    idle.insert(&Note::new(1)).await.unwrap();
    let session = store.session();
    let second = Note::new(2);
    // A transaction that runs statements is not idle, however long it takes.
    for id in 10..20 {
        tokio::time::sleep(limit / 4).await;
        idle.insert(&Note::new(id)).await.unwrap();
        let write = timeout(Duration::from_millis(1), session.insert(&second));
        assert!(write.await.is_err());
    }
    let started = Instant::now();
    let nested = idle.begin().await.unwrap();
    session.insert(&second).await.unwrap();
    let waited = started.elapsed();
    assert!(waited >= limit && waited < SOON, "{waited:?}");
    // Its next statement.
    let error = nested.find::<Note>(&1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Aborted);
    assert!(
        error.message().contains("ran no statement for 80.0ms"),
        "{error:?}"
    );
    drop(nested);
    let error = idle.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Aborted);
    assert_eq!(session.find::<Note>(&1).await.unwrap(), None);
    // A commit returns the error as well, a rollback does not.
    for commit in [true, false] {
        let other = store.begin().await.unwrap();
        other.insert(&Note::new(1)).await.unwrap();
        let key = if commit { 3 } else { 4 };
        session.insert(&Note::new(key)).await.unwrap();
        if commit {
            let error = other.commit().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Aborted);
        } else {
            other.rollback().await.unwrap();
        }
    }
    assert_eq!(session.find::<Note>(&1).await.unwrap(), None);
    // Without a waiting write it is not rolled back.
    let slow = store.begin().await.unwrap();
    slow.insert(&Note::new(1)).await.unwrap();
    tokio::time::sleep(limit * 2).await;
    slow.commit().await.unwrap();
    assert!(session.find::<Note>(&1).await.unwrap().is_some());
}

#[tokio::test]
async fn a_wait_that_times_out_reports_the_writer() {
    let store =
        store_with(MemoryConfig::new().with_acquire_timeout(Duration::from_millis(150))).await;
    let holder = store.begin().await.unwrap();
    holder.insert(&Note::new(1)).await.unwrap();
    let error = store.session().insert(&Note::new(2)).await.unwrap_err();
    let words = "a transaction of this store has been writing for 1";
    assert!(error.message().contains(words), "{error:?}");
}

#[tokio::test]
async fn a_wait_that_is_dropped_leaves_nothing() {
    let store = store().await;
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1)).await.unwrap();
    for id in 2..50 {
        let session = store.session();
        let note = Note::new(id);
        let write = timeout(Duration::from_millis(1), session.insert(&note));
        assert!(write.await.is_err());
    }
    drop(transaction);
    let session = store.session();
    timeout(SOON, session.insert(&Note::new(50)))
        .await
        .unwrap()
        .unwrap();
    assert!(session.find::<Note>(&1).await.unwrap().is_none());
    assert!(session.find::<Note>(&2).await.unwrap().is_none());
}

#[tokio::test]
async fn a_transaction_that_only_reads_blocks_no_write() {
    let store = store().await;
    let reader = store.begin().await.unwrap();
    assert!(reader.find::<Note>(&1).await.unwrap().is_none());
    store.session().insert(&Note::new(1)).await.unwrap();
    // Each statement sees the rows committed before it.
    assert!(reader.find::<Note>(&1).await.unwrap().is_some());
    assert!(reader.delete::<Note>(&1).await.unwrap());
    reader.commit().await.unwrap();
}

#[tokio::test]
async fn a_failed_transaction_blocks_no_write() {
    let store = store().await;
    let failed = store.begin().await.unwrap();
    failed.insert(&Note::new(1)).await.unwrap();
    failed.insert(&Note::new(1)).await.unwrap_err();
    timeout(SOON, store.session().insert(&Note::new(1)))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        failed.commit().await.unwrap_err().kind(),
        ErrorKind::Aborted
    );
}

#[tokio::test]
async fn a_nested_transaction_that_is_rolled_back_blocks_no_write() {
    let store = store().await;
    let transaction = store.begin().await.unwrap();
    let nested = transaction.begin().await.unwrap();
    nested.insert(&Note::new(1)).await.unwrap();
    nested.rollback().await.unwrap();
    timeout(SOON, store.session().insert(&Note::new(1)))
        .await
        .unwrap()
        .unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn closing_waits_for_running_writes() {
    let store = store().await;
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1)).await.unwrap();
    let closing = {
        let store = store.clone();
        tokio::spawn(async move { store.close().await })
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!closing.is_finished());
    transaction.commit().await.unwrap();
    closing.await.unwrap();
    let error = store.session().find::<Note>(&1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let found = store.reopen().session().find::<Note>(&1).await.unwrap();
    assert!(found.is_some());
}

#[tokio::test]
async fn two_hundred_thousand_rows_one_by_one() {
    let store = store().await;
    let session = store.session();
    let started = Instant::now();
    for id in 0..200_000 {
        session.insert(&Note::new(id)).await.unwrap();
    }
    let written = started.elapsed();
    let started = Instant::now();
    for id in (0..200_000).step_by(20) {
        assert!(session.find::<Note>(&id).await.unwrap().is_some());
    }
    println!(
        "written in {written:?}, 10,000 of them found in {:?}",
        started.elapsed()
    );
    assert!(written < Duration::from_mins(1), "{written:?}");
}
