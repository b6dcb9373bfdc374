//! The writer and the readers on a fake database, which fails on demand.

mod fake;
mod transaction;

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use genledger_contract::{Error, ErrorKind, Result};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use fake::{Fake, FakeDatabase, Outcome, writer};

use crate::{Readers, Writer, WriterLimits};

const LIMITS: WriterLimits = WriterLimits {
    acquire: Duration::from_secs(10),
    idle: Duration::from_secs(10),
    log: 0,
};

/// Lets a call wait in the queue, so that the next one is behind it.
async fn queued<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> JoinHandle<Result<T>> {
    let work = tokio::spawn(work);
    sleep(Duration::from_millis(5)).await;
    work
}

/// A write that stores a number, unless it is stored already or by an earlier write of the group.
fn write(writer: &Arc<Writer<Fake>>, number: i64) -> impl Future<Output = Result<u32>> + use<> {
    let writer = Arc::clone(writer);
    let mut runs = 0;
    async move {
        let task = move |fake: &mut Fake| {
            runs += 1;
            fake.insert(number).map(|()| runs)
        };
        writer.run(task).await
    }
}

/// Runs these writes as one group, whose commit has this outcome.
async fn group(world: &FakeDatabase, outcome: Outcome, numbers: &[i64]) -> Vec<Result<u32>> {
    let (writer, _readers) = writer(world, LIMITS);
    let writer = Arc::new(writer);
    let transaction = writer.begin().await.unwrap();
    let mut writes = Vec::new();
    for number in numbers {
        writes.push(queued(write(&writer, *number)).await);
    }
    world.set_commit_outcome(outcome);
    transaction.roll_back().await.unwrap();
    let mut results = Vec::new();
    for write in writes {
        results.push(write.await.unwrap());
    }
    results
}

fn kinds(results: &[Result<u32>]) -> Vec<Option<ErrorKind>> {
    let kind = |result: &Result<u32>| result.as_ref().err().map(Error::kind);
    results.iter().map(kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_committed_runs_once() {
    let world = FakeDatabase::default();
    let results = group(&world, Outcome::Committed, &[1, 2, 1]).await;
    assert_eq!(
        kinds(&results),
        [None, None, Some(ErrorKind::UniqueViolation)]
    );
    assert_eq!(results.iter().flatten().collect::<Vec<_>>(), [&1, &1]);
    assert_eq!((world.stored(), world.commits()), (vec![1, 2], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_certainly_failed_is_followed_by_one_for_each() {
    let world = FakeDatabase::default();
    let results = group(&world, Outcome::Refused, &[1, 2, 1]).await;
    assert_eq!(
        kinds(&results),
        [None, None, Some(ErrorKind::UniqueViolation)]
    );
    assert_eq!(results.iter().flatten().collect::<Vec<_>>(), [&2, &2]);
    assert_eq!((world.stored(), world.commits()), (vec![1, 2], 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_unknown_outcome_is_unknown_to_all() {
    let world = FakeDatabase::default();
    let results = group(&world, Outcome::Unknown, &[1, 2, 1]).await;
    // The last one has found a row that may not be stored.
    assert_eq!(kinds(&results), [Some(ErrorKind::OutcomeUnknown); 3]);
    assert_eq!(world.commits(), 1);
    let results = group(&FakeDatabase::default(), Outcome::Unknown, &[1]).await;
    assert_eq!(kinds(&results), [Some(ErrorKind::OutcomeUnknown)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_the_database_ends_takes_no_other_write_with_it() {
    let world = FakeDatabase::default();
    let results = group(&world, Outcome::Committed, &[1, fake::ENDS, 2, 1]).await;
    assert_eq!(
        kinds(&results),
        [
            None,
            Some(ErrorKind::Unavailable),
            None,
            Some(ErrorKind::UniqueViolation)
        ]
    );
    assert_eq!(world.stored(), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_waited_for_once_when_a_group_runs_again() {
    let world = FakeDatabase::default();
    let numbers: Vec<i64> = (0..50).collect();
    let results = group(&world, Outcome::RefusedThenLocked, &numbers).await;
    assert_eq!(kinds(&results), [Some(ErrorKind::SerializationFailure); 50]);
    assert!(world.stored().is_empty());
    // The transaction, the group, and the write that was refused.
    assert_eq!(world.begun(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_bounded_in_time() {
    let world = FakeDatabase::default();
    let (writer, _readers) = writer(&world, LIMITS);
    let writer = Arc::new(writer);
    let transaction = writer.begin().await.unwrap();
    let mut writes = Vec::new();
    for _ in 0..12 {
        let writer = Arc::clone(&writer);
        let slow = |_: &mut Fake| {
            std::thread::sleep(Duration::from_millis(20));
            Ok(())
        };
        writes.push(queued(async move { writer.run(slow).await }).await);
    }
    transaction.roll_back().await.unwrap();
    for write in writes {
        write.await.unwrap().unwrap();
    }
    // No write joins after 50 ms.
    assert!((3..=6).contains(&world.commits()), "{}", world.commits());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_is_replaced_when_it_may_have_changed() {
    let world = FakeDatabase::default();
    let (writer, _readers) = writer(&world, LIMITS);
    let opened = || world.opened();
    writer.run(|fake| fake.insert(1)).await.unwrap();
    writer.run_alone(|fake| fake.insert(2)).await.unwrap();
    assert_eq!(opened(), 1);
    writer.run_own(|fake| fake.insert(3)).await.unwrap();
    writer.run(|fake| fake.insert(4)).await.unwrap();
    assert_eq!(opened(), 2);
    let transaction = writer.begin().await.unwrap();
    transaction.run(|fake| fake.insert(5)).await.unwrap();
    transaction.run_own(|fake| fake.insert(6)).await.unwrap();
    transaction.run(|fake| fake.insert(7)).await.unwrap();
    transaction.commit().await.unwrap();
    writer.run(|fake| fake.insert(8)).await.unwrap();
    assert_eq!(opened(), 3);
    // A connection that could not be rolled back.
    world.rollbacks_fail();
    drop(writer.run_alone(|fake| fake.insert(8)).await);
    writer.run(|fake| fake.insert(9)).await.unwrap();
    assert_eq!(opened(), 4);
    // A connection that cannot be opened is opened later.
    world.openings_fail(true);
    writer.run_own(|fake| fake.insert(10)).await.unwrap();
    let refused = writer.run(|fake| fake.insert(11)).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(
        writer.begin().await.unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    world.openings_fail(false);
    writer.run(|fake| fake.insert(11)).await.unwrap();
    assert_eq!(world.stored(), (1..=11).collect::<Vec<_>>());
}

/// Overlapping reads, one of which is always running.
fn reads(readers: &Arc<Readers<Fake>>, length: Duration) -> (Arc<AtomicU32>, [JoinHandle<()>; 2]) {
    let count = Arc::new(AtomicU32::new(0));
    let one = |delay| {
        let (readers, count) = (Arc::clone(readers), Arc::clone(&count));
        tokio::spawn(async move {
            sleep(delay).await;
            loop {
                let read = readers.run(move |_| {
                    std::thread::sleep(length);
                    Ok(())
                });
                read.await.unwrap();
                count.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let handles = [one(Duration::ZERO), one(length / 2)];
    (count, handles)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_too_long_is_shortened_between_reads() {
    let world = FakeDatabase::default();
    let limits = WriterLimits { log: 100, ..LIMITS };
    let (writer, readers) = writer(&world, limits);
    let (count, reading) = reads(&readers, Duration::from_millis(40));
    sleep(Duration::from_millis(100)).await;
    world.grow(100);
    writer.run(|fake| fake.insert(1)).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(world.log(), 100, "the greatest length");
    world.grow(1);
    writer.run(|fake| fake.insert(2)).await.unwrap();
    let begun = Instant::now();
    while world.log() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(5));
        sleep(Duration::from_millis(5)).await;
    }
    let before = count.load(Ordering::Relaxed);
    sleep(Duration::from_millis(200)).await;
    assert!(count.load(Ordering::Relaxed) > before, "reads continue");
    reading.iter().for_each(JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_are_delayed_no_longer_than_allowed() {
    let world = FakeDatabase::default();
    let limits = WriterLimits {
        log: 100,
        acquire: Duration::from_millis(400),
        ..LIMITS
    };
    let (writer, readers) = writer(&world, limits);
    let slow = Arc::clone(&readers);
    let slow = tokio::spawn(async move {
        slow.run(|_| {
            std::thread::sleep(Duration::from_secs(2));
            Ok(())
        })
        .await
    });
    sleep(Duration::from_millis(50)).await;
    world.grow(101);
    writer.run(|fake| fake.insert(1)).await.unwrap();
    // The thread checks the log after it has replied.
    sleep(Duration::from_millis(20)).await;
    // Delayed for half of the time that a read waits.
    let begun = Instant::now();
    readers.run(|_| Ok(())).await.unwrap();
    assert!(begun.elapsed() > Duration::from_millis(100));
    assert_eq!(world.log(), 101);
    // Neither a transaction nor a long write delays reads.
    world.grow(1_000);
    writer.run(|fake| fake.insert(2)).await.unwrap();
    let transaction = writer.begin().await.unwrap();
    let begun = Instant::now();
    readers.run(|_| Ok(())).await.unwrap();
    transaction.commit().await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(100));
    world.grow(1_000);
    writer.run(|fake| fake.insert(3)).await.unwrap();
    let long = tokio::spawn(async move {
        let sleep = |_: &mut Fake| {
            std::thread::sleep(Duration::from_millis(600));
            Ok(())
        };
        writer.run_alone(sleep).await
    });
    sleep(Duration::from_millis(20)).await;
    let begun = Instant::now();
    readers.run(|_| Ok(())).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(100));
    long.await.unwrap().unwrap();
    slow.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_whose_caller_is_gone_is_interrupted() {
    let (_writer, readers) = writer(&FakeDatabase::default(), LIMITS);
    let (stopped, is_stopped) = std::sync::mpsc::channel();
    let read = readers.run(move |fake| {
        let begun = Instant::now();
        while !fake.is_interrupted() && begun.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(5));
        }
        stopped.send(begun.elapsed()).unwrap();
        Ok(())
    });
    assert!(
        tokio::time::timeout(Duration::from_millis(100), read)
            .await
            .is_err()
    );
    assert!(is_stopped.recv().unwrap() < Duration::from_secs(1));
}

/// The first read has ended, and its caller does not know it yet when it gives up: the connection may have
/// another read by then.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_has_ended_is_no_longer_interrupted() {
    let (_writer, readers) = writer(&FakeDatabase::default(), LIMITS);
    let (ended, has_ended) = std::sync::mpsc::channel();
    let mut first = Box::pin(readers.run(move |_| {
        std::thread::sleep(Duration::from_millis(50));
        ended.send(()).unwrap();
        Ok(())
    }));
    let pending = poll_fn(|context| Poll::Ready(first.as_mut().poll(context).is_pending()));
    assert!(pending.await);
    has_ended.recv().unwrap();
    sleep(Duration::from_millis(50)).await;
    let second = tokio::spawn({
        let readers = Arc::clone(&readers);
        async move {
            let read = |fake: &mut Fake| {
                std::thread::sleep(Duration::from_millis(100));
                Ok(fake.is_interrupted())
            };
            readers.run(read).await
        }
    });
    sleep(Duration::from_millis(50)).await;
    drop(first);
    assert!(!second.await.unwrap().unwrap());
}

/// A write whose statement kept the error of the database to itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_outlives_its_transaction_is_an_error() {
    let world = FakeDatabase::default();
    let (writer, _readers) = writer(&world, LIMITS);
    let ends = |fake: &mut Fake| {
        drop(fake.insert(fake::ENDS));
        Ok(())
    };
    let error = writer.run_alone(ends).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Aborted, "{error}");
    let error = writer.run(ends).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Aborted, "{error}");
    let transaction = writer.begin().await.unwrap();
    let error = transaction.run(ends).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Aborted, "{error}");
    drop(transaction.roll_back().await);
    writer.run(|fake| fake.insert(1)).await.unwrap();
    assert_eq!(world.stored(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_whose_caller_is_gone_does_not_begin() {
    let world = FakeDatabase::default();
    let (writer, _readers) = writer(&world, LIMITS);
    let transaction = writer.begin().await.unwrap();
    let begin = tokio::time::timeout(Duration::from_millis(50), writer.begin());
    assert!(begin.await.is_err());
    transaction.roll_back().await.unwrap();
    writer.run(|fake| fake.insert(1)).await.unwrap();
    // The transaction, and the write.
    assert_eq!(world.begun(), 2);
}

#[tokio::test]
async fn a_short_read_runs_on_the_callers_thread() {
    let (_writer, readers) = writer(&FakeDatabase::default(), LIMITS);
    let thread = |_: &mut Fake| Ok(std::thread::current().id());
    let own = std::thread::current().id();
    // The first one opens a connection, which may take long.
    assert_ne!(readers.run_short(thread).await.unwrap(), own);
    assert_eq!(readers.run_short(thread).await.unwrap(), own);
    assert_ne!(readers.run(thread).await.unwrap(), own);
    let panics = readers.run_short(|_| -> Result<()> { panic!("a panic of the test") });
    assert_eq!(panics.await.unwrap_err().kind(), ErrorKind::Other);
    assert_eq!(readers.run_short(thread).await.unwrap(), own);
    readers.close().await;
    let closed = readers.run_short(thread).await.unwrap_err();
    assert_eq!(closed.kind(), ErrorKind::Unavailable);
}

/// It waits for its turn like the others, and a loop of short reads lets other tasks run.
#[tokio::test]
async fn short_reads_take_turns() {
    let (_writer, readers) = writer(&FakeDatabase::default(), LIMITS);
    readers.run(|_| Ok(())).await.unwrap();
    let other = tokio::spawn(async {});
    while !other.is_finished() {
        readers.run_short(|_| Ok(())).await.unwrap();
    }
}
