//! A shutdown under load, with and without time: each log is in the database, in the spill, or returned.

use std::sync::Arc;
use std::time::Duration;

use genledger::log_writer::WhenFull;
use genledger::prelude::*;
use tokio::time::sleep;

use crate::faulty::{Mode, Place};
use crate::load::Load;
use crate::rows::Rows;
use crate::support::{LONG, Rejected, millis, replay, spill_in, start};

/// Shuts a writer down under load, shortly after its database stalls, and checks where each log is. Returns how many
/// were returned.
pub(crate) async fn shut_down(
    place: &Place,
    (when_full, spills): (WhenFull, bool),
    limit: Duration,
    stall: impl FnOnce(),
) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let spill = spill_in(folder.path()).await;
    let rejected = Rejected::default();
    let config = rejected
        .config(when_full)
        .with_queue(200, 1 << 20)
        .with_spill_after(millis(500));
    let writer = start(config, place, spills.then(|| Arc::clone(&spill))).await;
    let load = Load::new(Duration::ZERO);
    let callers = load.start(&writer, 16);
    load.until_acknowledged(150).await;
    stall();
    sleep(millis(20)).await;
    let ended = writer.shutdown(limit).await;
    for _ in 0..3 {
        let rows = Rows::new();
        let error = writer.enqueue(rows.usage(0)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let error = writer.append_durable(rows.search(0)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
    load.stop(callers).await;
    let stats = writer.stats();
    assert_eq!((stats.queued_rows, stats.queued_bytes), (0, 0));
    let errors = load.books(|books| books.errors.clone());
    assert!(
        errors
            .iter()
            .all(|kind| matches!(kind, ErrorKind::Unavailable | ErrorKind::OutcomeUnknown))
    );
    let all = rejected.all();
    assert!(all.iter().all(|one| one.1 == ErrorKind::OutcomeUnknown));
    let unknown = errors
        .iter()
        .filter(|kind| **kind == ErrorKind::OutcomeUnknown);
    let abandoned = all.len() + unknown.count();
    // A log that was in a group when it was abandoned is returned once.
    assert_eq!(ended.is_err(), abandoned > 0, "{ended:?}, {stats:?}");
    assert_eq!(stats.rejected, u64::try_from(abandoned).unwrap());
    drop(writer);
    spill.close().await;
    place.back();
    // What was cut from the database may still be written by it.
    if spills {
        assert_eq!(abandoned, 0);
        replay(folder.path(), &place.direct, &rejected).await;
    }
    let earlier = crate::load::stored(&place.direct).await;
    load.books(|books| books.attempted.extend(earlier));
    load.check(&place.direct, &rejected).await;
    abandoned
}

async fn in_time(place: Place) {
    for (when_full, spills) in [
        (WhenFull::Wait, false),
        (WhenFull::Refuse, false),
        (WhenFull::Spill, true),
    ] {
        let abandoned = shut_down(&place, (when_full, spills), LONG, || {}).await;
        assert_eq!(abandoned, 0);
    }
    place.close().await;
}

async fn without_time(place: Place) {
    for (when_full, spills) in [
        (WhenFull::Wait, true),
        (WhenFull::Wait, false),
        (WhenFull::Spill, true),
        (WhenFull::Refuse, false),
    ] {
        shut_down(&place, (when_full, spills), Duration::ZERO, || {}).await;
    }
    place.close().await;
}

async fn of_a_stalled_database(place: Place) {
    for (spills, mode) in [
        (true, Mode::Hangs),
        (false, Mode::Hangs),
        (true, Mode::Refuses),
        (false, Mode::Refuses),
        (true, Mode::LosesReply),
    ] {
        let when_full = if spills {
            WhenFull::Spill
        } else {
            WhenFull::Refuse
        };
        let stall = || place.switch.set(mode);
        let abandoned = shut_down(&place, (when_full, spills), millis(100), stall).await;
        println!("{abandoned} logs were returned");
    }
    place.close().await;
}

genledger_testkit::database_cases!(crate::support::run_on_place; in_time, without_time, of_a_stalled_database);
