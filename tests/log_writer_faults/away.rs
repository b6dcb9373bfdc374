//! The database is away: memory stays bounded, the spill takes the rest, and everything is written once it is back.
//!
//! A minute is shortened to three seconds, with settings that are shortened as well.

use std::sync::Arc;
use std::time::Duration;

use genledger::log_writer::WhenFull;
use genledger::prelude::*;
use tokio::time::{Instant, sleep, timeout};

use crate::faulty::{Mode, Place};
use crate::load::Load;
use crate::rows::Rows;
use crate::support::{LONG, Rejected, assert_empty, drained, millis, spill_in, start, until};

const AWAY: Duration = Duration::from_secs(3);
const QUEUE: (usize, usize) = (300, 200_000);

async fn for_a_while_with_a_spill(place: Place) {
    is_away(place, true).await;
}

async fn for_a_while_without_a_spill(place: Place) {
    is_away(place, false).await;
}

async fn is_away(place: Place, spills: bool) {
    let folder = tempfile::tempdir().unwrap();
    let spill = spill_in(folder.path()).await;
    let rejected = Rejected::default();
    let when_full = if spills {
        WhenFull::Spill
    } else {
        WhenFull::Refuse
    };
    let config = rejected.config(when_full).with_queue(QUEUE.0, QUEUE.1);
    let writer = start(config, &place, spills.then(|| Arc::clone(&spill))).await;
    let load = Load::new(millis(2));
    let callers = load.start(&writer, 16);
    load.until_acknowledged(100).await;
    place.leave();
    let since = Instant::now();
    loop {
        let stats = writer.stats();
        assert!(stats.queued_rows <= 300, "{stats:?}");
        assert!(stats.queued_bytes <= 200_000, "{stats:?}");
        let rest = if spills {
            stats.spill_rows
        } else {
            stats.refused
        };
        if since.elapsed() > AWAY && rest > 300 {
            break;
        }
        assert!(since.elapsed() < LONG, "{stats:?}");
        sleep(millis(1)).await;
    }
    place.back();
    let before = load.books(|books| books.acknowledged.len());
    load.until_acknowledged(before + 100).await;
    load.stop(callers).await;
    drained(&writer).await;
    load.check(&place.direct, &rejected).await;
    assert_eq!(rejected.all(), []);
    let stats = writer.stats();
    let (accepted, written) = (stats.accepted, stats.written + stats.replayed);
    // What was written before its reply was lost, and spilled then, is counted when it is replayed.
    assert_eq!(written, accepted, "{stats:?}");
    let refused = load.books(|books| books.errors.clone());
    assert!(refused.iter().all(|kind| *kind == ErrorKind::Unavailable));
    assert_eq!(u64::try_from(refused.len()).unwrap(), stats.refused);
    writer.shutdown(LONG).await.unwrap();
    spill.close().await;
    assert_empty(folder.path()).await;
    place.close().await;
}

/// The database comes and goes, so that logs are written, spilled and replayed at the same time.
async fn again_and_again(place: Place) {
    let folder = tempfile::tempdir().unwrap();
    let spill = spill_in(folder.path()).await;
    let rejected = Rejected::default();
    let config = rejected
        .config(WhenFull::Spill)
        .with_queue(QUEUE.0, QUEUE.1)
        .with_spill_after(millis(5))
        .with_retry_wait(millis(5))
        .with_replay_interval(millis(1));
    let writer = start(config, &place, Some(Arc::clone(&spill))).await;
    let load = Load::new(millis(1));
    let callers = load.start(&writer, 16);
    for round in 0..40 {
        place.leave();
        sleep(millis(20 + 7 * (round % 5))).await;
        place.back();
        sleep(millis(10 + 11 * (round % 7))).await;
    }
    load.stop(callers).await;
    drained(&writer).await;
    load.check(&place.direct, &rejected).await;
    assert_eq!(rejected.all(), []);
    assert_eq!(load.books(|books| books.errors.clone()), []);
    writer.shutdown(LONG).await.unwrap();
    spill.close().await;
    assert_empty(folder.path()).await;
    place.close().await;
}

/// What is written without a reply counts once.
async fn replies_are_lost(place: Place) {
    let folder = tempfile::tempdir().unwrap();
    let spill = spill_in(folder.path()).await;
    let rejected = Rejected::default();
    let config = rejected
        .config(WhenFull::Spill)
        .with_spill_after(millis(30));
    let writer = start(config, &place, Some(Arc::clone(&spill))).await;
    let load = Load::new(millis(1));
    let callers = load.start(&writer, 16);
    for _ in 0..20 {
        place.switch.set(Mode::LosesReply);
        sleep(millis(40)).await;
        place.switch.set(Mode::Works);
        sleep(millis(20)).await;
    }
    load.stop(callers).await;
    drained(&writer).await;
    load.check(&place.direct, &rejected).await;
    assert_eq!(rejected.all(), []);
    spill.close().await;
    place.close().await;
}

/// The writer starts before its database can be reached.
async fn at_the_start(place: Place) {
    place.leave();
    let rejected = Rejected::default();
    let folder = tempfile::tempdir().unwrap();
    let spill = spill_in(folder.path()).await;
    let config = rejected.config(WhenFull::Wait);
    let writer = start(config, &place, Some(Arc::clone(&spill))).await;
    let load = Load::new(millis(1));
    let callers = load.start(&writer, 16);
    load.until_acknowledged(50).await;
    until(&writer, |stats| stats.spill_rows > 50).await;
    place.back();
    load.stop(callers).await;
    drained(&writer).await;
    load.check(&place.direct, &rejected).await;
    spill.close().await;
    place.close().await;
}

genledger_testkit::database_cases!(
    crate::support::run_on_place;
    for_a_while_with_a_spill,
    for_a_while_without_a_spill,
    again_and_again,
    replies_are_lost,
    at_the_start,
);

/// While groups go to the spill, the attempts of the replay show when the database is back; then logs are written
/// directly again, and at once.
#[tokio::test]
async fn logs_are_written_directly_once_it_is_back() {
    let place = Place::open("memory:").await;
    let rejected = Rejected::default();
    let spill = genledger::connect("memory:").await.unwrap();
    let writer = start(rejected.config(WhenFull::Wait), &place, Some(spill)).await;
    let rows = Rows::new();
    place.leave();
    for row in rows.many(3) {
        writer.append_durable(row).await.unwrap();
    }
    place.back();
    drained(&writer).await;
    let before = writer.stats();
    for row in rows.many(5) {
        let written = timeout(LONG, writer.append_durable(row)).await.unwrap();
        assert_eq!(written, Ok(genledger::log_writer::Appended::New));
    }
    assert_eq!(writer.stats().spilled, before.spilled);
}
