//! The disk of the spill is full: callers get an error, and nothing that was acknowledged is lost.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use genledger::log_writer::WhenFull;
use genledger::prelude::*;
use genledger_conformance::NotApplicable;
use tokio::time::sleep;

use crate::faulty::{Mode, Place};
use crate::load::Load;
use crate::rows::{Rows, name};
use crate::support::{LONG, Rejected, drained, millis, replay, start, until};

/// Fills a spill while the database is away. `free` is called when it is back.
async fn is_full(spill: Arc<dyn Store>, rounds: usize, free: impl Fn()) {
    let place = Place::open("memory:").await;
    let rejected = Rejected::default();
    let config = rejected
        .config(WhenFull::Spill)
        .with_queue(100, 1 << 18)
        .with_spill_after(millis(20));
    let writer = start(config, &place, Some(Arc::clone(&spill))).await;
    for _ in 0..rounds {
        let load = Load::new(millis(1));
        place.leave();
        let callers = load.start(&writer, 16);
        let waited = tokio::time::timeout(LONG, async {
            while load.books(|books| books.errors.len()) < 200 {
                sleep(millis(2)).await;
            }
        });
        assert!(waited.await.is_ok(), "nothing was refused");
        let errors = load.books(|books| books.errors.clone());
        assert!(errors.iter().all(|kind| *kind == ErrorKind::Unavailable));
        assert!(writer.stats().spill_rows > 200);
        place.back();
        free();
        load.stop(callers).await;
        drained(&writer).await;
        let stored = crate::load::stored(&place.direct).await;
        load.books(|books| books.attempted.extend(stored));
        load.check(&place.direct, &rejected).await;
    }
    assert_eq!(rejected.all(), []);
    writer.shutdown(LONG).await.unwrap();
    spill.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bound_of_the_spill_is_reached() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!(
        "{}?max_size_kib=400",
        crate::support::spill_url(folder.path())
    );
    is_full(genledger::connect(&url).await.unwrap(), 2, || {}).await;
}

/// A disk of its own, until it is dropped.
struct Disk<'d>(&'d Path);

impl<'d> Disk<'d> {
    fn mount(folder: &'d Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"])
            .arg(folder)
            .output();
        mounted
            .is_ok_and(|mounted| mounted.status.success())
            .then_some(Self(folder))
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_disk_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_disk) = Disk::mount(folder.path()) else {
        let reason = NotApplicable("a disk can be mounted only by root");
        genledger_conformance::report_not_applicable("full_disk::the_disk_is_full", reason);
        return;
    };
    // A file of another program. SQLite needs room to remove logs as well: its write-ahead log.
    let other = folder.path().join("other");
    std::fs::write(&other, vec![1; 62 << 20]).unwrap();
    let spill = crate::support::spill_in(folder.path()).await;
    is_full(spill, 1, || drop(std::fs::remove_file(&other))).await;
}

/// Groups that find neither the database nor room in the spill wait in the queue; at the end, what has room goes to the
/// spill and the rest is returned, each log once.
#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_with_a_full_spill_returns_the_rest() {
    let place = Place::open("memory:").await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!(
        "{}?max_size_kib=400",
        crate::support::spill_url(folder.path())
    );
    let spill = genledger::connect(&url).await.unwrap();
    let rejected = Rejected::default();
    let config = rejected
        .config(WhenFull::Refuse)
        .with_queue(2_000, 64 << 20);
    let writer = start(config, &place, Some(Arc::clone(&spill))).await;
    place.switch.set(Mode::Hangs);
    let rows = Rows::new();
    let logs: Vec<UsageLog> = (0..1_000).map(|number| rows.large(number, 1_000)).collect();
    for log in logs.iter().cloned() {
        writer.enqueue(log).await.unwrap();
    }
    let error = writer.shutdown(millis(50)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let stats = writer.stats();
    assert_eq!(stats.spilled + stats.rejected, 1_000, "{stats:?}");
    assert!(
        stats.spilled > 100,
        "what has room goes to the spill: {stats:?}"
    );
    spill.close().await;
    place.back();
    replay(folder.path(), &place.direct, &Rejected::default()).await;
    let mut found = crate::load::stored(&place.direct).await;
    for (name, kind) in rejected.all() {
        assert_eq!(kind, ErrorKind::OutcomeUnknown);
        assert!(found.insert(name), "it is stored and was returned");
    }
    assert_eq!(found, logs.iter().map(name).collect());
}

/// A spill that does not work any more is an error as well, and logs wait for the database.
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_spill_is_an_error() {
    let place = Place::open("memory:").await;
    let spill = genledger::connect("sqlite::memory:").await.unwrap();
    let rejected = Rejected::default();
    let config = rejected
        .config(WhenFull::Spill)
        .with_queue(10, 1 << 20)
        .with_spill_after(millis(1));
    let writer = start(config, &place, Some(Arc::clone(&spill))).await;
    spill.close().await;
    place.leave();
    let rows = Rows::new().many(11);
    for row in rows[..10].iter().cloned() {
        writer.enqueue(row).await.unwrap();
    }
    let error = writer.enqueue(rows[10].clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    until(&writer, |stats| stats.retried > 20).await;
    place.back();
    drained(&writer).await;
    assert_eq!(crate::load::stored(&place.direct).await.len(), 10);
}
