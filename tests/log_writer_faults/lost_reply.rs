//! The reply to a COMMIT is lost, again and again: no log and no sum counts twice.

use std::sync::Arc;
use std::time::Duration;

use genledger::log_writer::WhenFull;
use genledger_conformance::Cut;
use tokio::time::{Instant, sleep};

use crate::faulty::Place;
use crate::load::Load;
use crate::support::{Rejected, drained, millis, spill_in, start};

const CUTS: [Cut; 4] = [
    Cut::ReplyTo("COMMIT"),
    Cut::ReplyTo("INSERT"),
    Cut::ReplyTo("COMMIT"),
    Cut::Before("COMMIT"),
];

async fn groups_are_written_once(place: Place) {
    let proxy = place.proxy.as_ref().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for spills in [false, true] {
        let spill = spill_in(folder.path()).await;
        let rejected = Rejected::default();
        // At once, so that what was written is in the spill as well.
        let config = rejected
            .config(WhenFull::Wait)
            .with_spill_after(Duration::ZERO);
        let writer = start(config, &place, spills.then(|| Arc::clone(&spill))).await;
        let load = Load::new(millis(1));
        let callers = load.start(&writer, 16);
        let (since, mut cut) = (Instant::now(), 0);
        while since.elapsed() < Duration::from_secs(2) {
            if !proxy.is_armed() {
                proxy.arm(CUTS[cut % CUTS.len()].clone());
                cut += 1;
            }
            sleep(millis(10)).await;
        }
        proxy.disarm();
        load.stop(callers).await;
        drained(&writer).await;
        assert!(cut > 8, "{cut}");
        assert_eq!(rejected.all(), []);
        // The logs of both rounds are in one table.
        let earlier = crate::load::stored(&place.direct).await;
        let earlier = earlier.into_iter().filter(|_| spills);
        load.books(|books| books.attempted.extend(earlier));
        load.check(&place.direct, &rejected).await;
        spill.close().await;
    }
    place.close().await;
}

genledger_testkit::database_cases!(crate::support::run_behind_proxy; groups_are_written_once);
