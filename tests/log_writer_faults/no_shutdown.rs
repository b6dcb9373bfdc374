//! A writer ends without a shutdown: with its runtime, and with its last clone.

use std::sync::Arc;
use std::time::Duration;

use genledger::log_writer::WhenFull;
use genledger_testkit::TestDatabase;
use tokio::time::{sleep, timeout};

use crate::faulty::{Mode, Place, Switch};
use crate::load::Load;
use crate::rows::Rows;
use crate::support::{
    LONG, Rejected, assert_empty, millis, replay, spill_in, spill_url, start, until, with_logs,
};

/// A runtime that ends under load: what was accepted is in the database or in the spill.
async fn with_its_runtime(database: TestDatabase) {
    for (round, (threads, mode)) in (0_u64..).zip([
        (2, Mode::Works),
        (1, Mode::Hangs),
        (2, Mode::Refuses),
        (4, Mode::LosesReply),
        (2, Mode::Hangs),
    ]) {
        let place = Place::open(&database.url).await;
        let folder = tempfile::tempdir().unwrap();
        let (url, spill) = (database.url.clone(), spill_url(folder.path()));
        let (load, rejected) = (Load::new(Duration::ZERO), Rejected::default());
        let direct = url.starts_with("memory").then(|| Arc::clone(&place.direct));
        let (in_runtime, handed_back) = (load.clone(), rejected.clone());
        let ended = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(threads)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let store = match direct {
                    Some(store) => store,
                    None => genledger::connect(&url).await.unwrap(),
                };
                let spill = genledger::connect(&spill).await.unwrap();
                let switch = Switch::default();
                let config = handed_back
                    .config([WhenFull::Wait, WhenFull::Spill][usize::from(round % 2 == 0)])
                    .with_spill_after(millis(1 + 100 * (round % 2)))
                    .with_spill(spill);
                let writer = with_logs(config, &store, &switch).start().await.unwrap();
                let callers = in_runtime.start(&writer, 16);
                in_runtime.until_acknowledged(200).await;
                switch.set(mode);
                sleep(millis(3 + 20 * round)).await;
                // They end with the runtime.
                drop(callers);
            });
            drop(runtime);
        });
        timeout(LONG, tokio::task::spawn_blocking(|| ended.join().unwrap()))
            .await
            .unwrap()
            .unwrap();
        replay(folder.path(), &place.direct, &rejected).await;
        let earlier = crate::load::stored(&place.direct).await;
        load.books(|books| books.attempted.extend(earlier));
        load.check(&place.direct, &rejected).await;
        assert_eq!(rejected.all(), []);
        place.close().await;
    }
}

genledger_testkit::database_cases!(crate::support::run; with_its_runtime);

/// Clones are dropped while other callers wait for room; when the last one is dropped, the logs are still written.
#[tokio::test(flavor = "multi_thread")]
async fn clones_are_dropped_while_callers_wait_for_room() {
    let place = Place::open("memory:").await;
    let rejected = Rejected::default();
    let config = rejected.config(WhenFull::Wait).with_queue(10, 1 << 20);
    let writer = start(config, &place, None).await;
    place.leave();
    let rows = Rows::new().many(40);
    let callers: Vec<_> = rows
        .iter()
        .cloned()
        .map(|row| {
            let writer = writer.clone();
            tokio::spawn(async move { writer.enqueue(row).await })
        })
        .collect();
    until(&writer, |stats| stats.accepted == 10).await;
    drop(writer);
    sleep(millis(20)).await;
    place.back();
    for caller in callers {
        timeout(LONG, caller).await.unwrap().unwrap().unwrap();
    }
    let waited = timeout(LONG, async {
        while crate::load::stored(&place.direct).await.len() < 40 {
            sleep(millis(2)).await;
        }
    });
    waited.await.unwrap();
    assert_eq!(rejected.all(), []);
}

/// The last clone is dropped while the database is away: the logs go to the spill in the background.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_clone_is_dropped_while_the_database_is_away() {
    let place = Place::open("memory:").await;
    let folder = tempfile::tempdir().unwrap();
    let spill = spill_in(folder.path()).await;
    let rejected = Rejected::default();
    let writer = start(rejected.config(WhenFull::Wait), &place, Some(spill)).await;
    place.leave();
    for row in Rows::new().many(100) {
        writer.enqueue(row).await.unwrap();
    }
    drop(writer);
    let waited = timeout(LONG, async {
        loop {
            let spill = spill_in(folder.path()).await;
            let config = Rejected::default()
                .config(WhenFull::Wait)
                .with_spill(Arc::clone(&spill));
            let switch = Switch::default();
            switch.set(Mode::Refuses);
            let other = with_logs(config, &place.direct, &switch)
                .start()
                .await
                .unwrap();
            let rows = other.stats().spill_rows;
            other.shutdown(LONG).await.unwrap();
            spill.close().await;
            if rows == 100 {
                break;
            }
            sleep(millis(20)).await;
        }
    });
    waited.await.unwrap();
    place.back();
    replay(folder.path(), &place.direct, &rejected).await;
    assert_eq!(crate::load::stored(&place.direct).await.len(), 100);
    assert_empty(folder.path()).await;
}
