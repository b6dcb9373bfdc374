//! Transactions, which have the connection until they end.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use genledger_contract::{ErrorKind, Result};
use tokio::time::sleep;

use super::fake::{ENDS, Fake, FakeDatabase, Outcome, writer};
use super::{LIMITS, queued};
use crate::WriterLimits;

const SHORT: Duration = Duration::from_millis(100);

/// The thread that runs a statement.
#[expect(clippy::unnecessary_wraps, reason = "it is a task")]
fn thread(_: &mut Fake) -> Result<Option<String>> {
    Ok(std::thread::current().name().map(str::to_owned))
}

async fn until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(10));
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn only_short_statements_run_on_the_thread_of_the_caller() {
    let world = FakeDatabase::default();
    let (writer, _readers) = writer(&world, LIMITS);
    let here = std::thread::current().name().map(str::to_owned);
    let writers = Some("fake".to_owned());
    let transaction = writer.begin().await.unwrap();
    assert_eq!(world.waited_on(), None, "nothing to wait for");
    assert_eq!(transaction.run_short(thread).await.unwrap(), here);
    assert_eq!(transaction.run(thread).await.unwrap(), writers);
    assert_eq!(transaction.run_own(thread).await.unwrap(), writers);
    transaction.commit().await.unwrap();
    // The connection, on which SQL of the application ran, is replaced on the thread.
    let transaction = writer.begin().await.unwrap();
    assert!(
        world
            .waited_on()
            .is_none_or(|thread| Some(thread) == writers)
    );
    transaction.roll_back().await.unwrap();
    assert_eq!(world.opened(), 2);
    // A lock of another process is waited for on the thread.
    world.lock();
    let error = writer.begin().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SerializationFailure);
    assert_eq!(world.waited_on(), writers);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_sees_its_writes_and_no_other_write_joins_it() {
    let world = FakeDatabase::default();
    let (writer, _readers) = writer(&world, LIMITS);
    let writer = Arc::new(writer);
    let transaction = writer.begin().await.unwrap();
    transaction.run_short(|fake| fake.insert(1)).await.unwrap();
    let other = Arc::clone(&writer);
    let other = queued(async move { other.run(|fake| fake.insert(2)).await }).await;
    transaction.run(|fake| fake.insert(3)).await.unwrap();
    let taken = transaction.run_short(|fake| fake.insert(3)).await;
    assert_eq!(taken.unwrap_err().kind(), ErrorKind::UniqueViolation);
    assert!(!other.is_finished());
    transaction.commit().await.unwrap();
    other.await.unwrap().unwrap();
    assert_eq!(world.stored(), [1, 3, 2]);
    // Nothing runs after its end.
    for ended in [
        transaction.run_short(|fake| fake.insert(4)).await,
        transaction.run(|fake| fake.insert(4)).await,
        transaction.commit().await,
        transaction.roll_back().await,
    ] {
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::Aborted);
    }
    assert_eq!(world.stored(), [1, 3, 2]);
}

#[tokio::test]
async fn a_transaction_that_the_database_ended_is_aborted() {
    let world = FakeDatabase::default();
    let (writer, _readers) = writer(&world, LIMITS);
    let transaction = writer.begin().await.unwrap();
    transaction.run_short(|fake| fake.insert(1)).await.unwrap();
    let full = transaction.run_short(|fake| fake.insert(ENDS)).await;
    assert_eq!(full.unwrap_err().kind(), ErrorKind::Unavailable);
    for ended in [
        transaction.run_short(|fake| fake.insert(2)).await,
        transaction.run(|fake| fake.insert(2)).await,
        transaction.commit().await,
    ] {
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::Aborted);
    }
    writer.run(|fake| fake.insert(3)).await.unwrap();
    assert_eq!(world.stored(), [3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_is_rolled_back_before_the_next_transaction() {
    for (outcome, kind) in [
        (Outcome::Refused, ErrorKind::Invalid),
        (Outcome::Unknown, ErrorKind::OutcomeUnknown),
    ] {
        let world = FakeDatabase::default();
        let (writer, _readers) = writer(&world, LIMITS);
        let transaction = writer.begin().await.unwrap();
        transaction.run_short(|fake| fake.insert(1)).await.unwrap();
        world.set_commit_outcome(outcome);
        assert_eq!(transaction.commit().await.unwrap_err().kind(), kind);
        let transaction = writer.begin().await.unwrap();
        transaction.run_short(|fake| fake.insert(2)).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(world.stored(), [2]);
    }
}

/// Nothing else wakes the thread up.
#[tokio::test]
async fn an_idle_transaction_is_rolled_back_though_no_other_call_waits() {
    let world = FakeDatabase::default();
    let limits = WriterLimits {
        idle: SHORT * 4,
        ..LIMITS
    };
    let (writer, _readers) = writer(&world, limits);
    // At another time than the thread's own.
    sleep(SHORT).await;
    let transaction = writer.begin().await.unwrap();
    for number in 0..6 {
        sleep(SHORT).await;
        transaction
            .run_short(|fake| fake.insert(number))
            .await
            .unwrap();
    }
    let used = Instant::now();
    assert_eq!(world.rolled_back(), 0);
    until(|| world.rolled_back() == 1).await;
    assert!(used.elapsed() > SHORT * 3);
    let error = transaction
        .run_short(|fake| fake.insert(9))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Aborted);
    assert!(
        error.message().contains("ran no statement for 400 ms"),
        "{error}"
    );
    assert_eq!(
        transaction.commit().await.unwrap_err().kind(),
        ErrorKind::Aborted
    );
    transaction.roll_back().await.unwrap();
    // A statement that runs is not idle, nor is the time before it.
    let transaction = writer.begin().await.unwrap();
    let long = |fake: &mut Fake| {
        std::thread::sleep(SHORT * 6);
        fake.insert(1)
    };
    transaction.run(long).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!((world.stored(), world.rolled_back()), (vec![1], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_dropped_is_rolled_back() {
    let world = FakeDatabase::default();
    let (writer, _readers) = writer(&world, LIMITS);
    let transaction = writer.begin().await.unwrap();
    transaction.run_short(|fake| fake.insert(1)).await.unwrap();
    // Outside of a runtime.
    std::thread::spawn(move || drop(transaction))
        .join()
        .unwrap();
    writer.run(|fake| fake.insert(2)).await.unwrap();
    // In the middle of a statement, which is not interrupted.
    let transaction = writer.begin().await.unwrap();
    let ran = Arc::new(AtomicBool::new(false));
    let done = Arc::clone(&ran);
    let long = transaction.run(move |fake| {
        std::thread::sleep(SHORT * 2);
        done.store(true, Ordering::SeqCst);
        fake.insert(3)
    });
    assert!(tokio::time::timeout(SHORT, long).await.is_err());
    let during = transaction.run_short(|fake| fake.insert(4)).await;
    assert_eq!(during.unwrap_err().kind(), ErrorKind::Aborted);
    drop(transaction);
    writer.run(|fake| fake.insert(5)).await.unwrap();
    assert!(ran.load(Ordering::SeqCst));
    assert_eq!((world.stored(), world.rolled_back()), (vec![2, 5], 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_panics_is_an_error() {
    let world = FakeDatabase::default();
    let (writer, _readers) = writer(&world, LIMITS);
    let transaction = writer.begin().await.unwrap();
    let panics = |_: &mut Fake| -> Result<()> { panic!("as a visitor may") };
    for panicked in [
        transaction.run_short(panics).await,
        transaction.run(panics).await,
    ] {
        assert_eq!(panicked.unwrap_err().kind(), ErrorKind::Other);
    }
    transaction.run_short(|fake| fake.insert(1)).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(world.stored(), [1]);
}

#[tokio::test]
async fn a_loop_of_statements_lets_other_tasks_run() {
    let (writer, _readers) = writer(&FakeDatabase::default(), LIMITS);
    let transaction = writer.begin().await.unwrap();
    let ran = Arc::new(AtomicBool::new(false));
    let other = Arc::clone(&ran);
    let other = tokio::spawn(async move { other.store(true, Ordering::SeqCst) });
    for number in 0..1_000 {
        transaction
            .run_short(|fake| fake.insert(number))
            .await
            .unwrap();
    }
    assert!(ran.load(Ordering::SeqCst));
    other.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_and_transactions_take_turns() {
    let world = FakeDatabase::default();
    let limits = WriterLimits {
        acquire: Duration::from_secs(2),
        ..LIMITS
    };
    let (writer, _readers) = writer(&world, limits);
    let writer = Arc::new(writer);
    let stop = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..8_i64)
        .map(|caller| {
            let (writer, stop) = (Arc::clone(&writer), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut count = 0;
                while !stop.load(Ordering::SeqCst) {
                    let number = caller * 1_000_000 + count;
                    if caller % 2 == 0 {
                        writer.run(move |fake| fake.insert(number)).await.unwrap();
                    } else {
                        let transaction = writer.begin().await.unwrap();
                        transaction
                            .run_short(|fake| fake.insert(number))
                            .await
                            .unwrap();
                        transaction.commit().await.unwrap();
                    }
                    count += 1;
                }
                count
            })
        })
        .collect();
    sleep(SHORT * 5).await;
    stop.store(true, Ordering::SeqCst);
    let mut total = 0;
    for caller in callers {
        let count = caller.await.unwrap();
        assert!(count > 3, "{count}");
        total += usize::try_from(count).unwrap();
    }
    assert_eq!(world.stored().len(), total);
}

/// The lock was given to a call whose future is dropped.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_behind_a_transaction_that_never_began_runs_at_once() {
    let world = FakeDatabase::default();
    let (writer, _readers) = writer(&world, LIMITS);
    let writer = Arc::new(writer);
    let transaction = writer.begin().await.unwrap();
    let mut next = Box::pin(writer.begin());
    let waits = poll_fn(|context| Poll::Ready(next.as_mut().poll(context).is_pending()));
    assert!(waits.await);
    let write = Arc::clone(&writer);
    let write = queued(async move { write.run(|fake| fake.insert(1)).await }).await;
    transaction.roll_back().await.unwrap();
    sleep(SHORT / 2).await;
    assert!(!write.is_finished());
    drop(next);
    let write = tokio::time::timeout(SHORT * 20, write).await;
    write.unwrap().unwrap().unwrap();
    assert_eq!(world.stored(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_closed_after_its_transaction() {
    let world = FakeDatabase::default();
    let (writer, _readers) = writer(&world, LIMITS);
    let writer = Arc::new(writer);
    let transaction = writer.begin().await.unwrap();
    let closing = Arc::clone(&writer);
    let closing = tokio::spawn(async move { closing.close().await });
    sleep(SHORT / 2).await;
    let late = Arc::clone(&writer);
    let late = tokio::spawn(async move { late.run(|fake| fake.insert(2)).await });
    transaction.run(|fake| fake.insert(1)).await.unwrap();
    assert!(!closing.is_finished());
    transaction.commit().await.unwrap();
    closing.await.unwrap();
    assert_eq!(
        late.await.unwrap().unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    assert_eq!(
        writer.begin().await.unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    writer.close().await;
    assert_eq!(world.stored(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_outlives_the_writer() {
    let world = FakeDatabase::default();
    let (writer, _readers) = writer(&world, LIMITS);
    let transaction = writer.begin().await.unwrap();
    drop(writer);
    sleep(SHORT / 2).await;
    transaction.run_short(|fake| fake.insert(1)).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(world.stored(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_shortened_after_a_transaction() {
    let world = FakeDatabase::default();
    let limits = WriterLimits { log: 100, ..LIMITS };
    let (writer, readers) = writer(&world, limits);
    let transaction = writer.begin().await.unwrap();
    world.grow(101);
    transaction.commit().await.unwrap();
    until(|| world.log() == 0).await;
    // And as soon as the reads have ended that need it.
    let read = tokio::spawn(async move {
        let slow = |_: &mut Fake| {
            std::thread::sleep(SHORT);
            Ok(())
        };
        readers.run(slow).await
    });
    sleep(SHORT / 4).await;
    world.grow(101);
    drop(writer.begin().await.unwrap());
    until(|| world.log() == 0).await;
    read.await.unwrap().unwrap();
}
