//! A shutdown while a server does not reply any more, or refuses connections.

use std::sync::atomic::{AtomicBool, Ordering};

use genledger::log_writer::WhenFull;
use genledger_conformance::Cut;
use tokio::time::sleep;

use crate::faulty::Place;
use crate::shutdown::shut_down;
use crate::support::millis;

async fn of_a_stalled_server(place: Place) {
    let proxy = place.proxy.as_ref().unwrap();
    for spills in [true, false] {
        for refuses in [true, false] {
            let (stalled, ended) = (AtomicBool::new(false), AtomicBool::new(false));
            let stalls = async {
                while !ended.load(Ordering::SeqCst) {
                    if stalled.load(Ordering::SeqCst) && !proxy.is_armed() {
                        proxy.arm(Cut::Silence("INSERT"));
                    }
                    sleep(millis(1)).await;
                }
            };
            let ends = async {
                let when_full = if spills {
                    WhenFull::Spill
                } else {
                    WhenFull::Refuse
                };
                let stall = || {
                    if refuses {
                        place.leave();
                    } else {
                        stalled.store(true, Ordering::SeqCst);
                    }
                };
                shut_down(&place, (when_full, spills), millis(200), stall).await;
                ended.store(true, Ordering::SeqCst);
            };
            tokio::join!(stalls, ends);
            proxy.disarm();
            place.back();
        }
    }
    place.close().await;
}

genledger_testkit::database_cases!(crate::support::run_behind_proxy; of_a_stalled_server);
