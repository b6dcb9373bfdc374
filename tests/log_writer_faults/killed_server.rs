//! The server is killed with SIGKILL five times under full load.

use std::sync::Arc;
use std::time::Instant;

use genledger::log_writer::WhenFull;
use genledger_testkit::TestDatabase;
use genledger_testkit::crash::Control;
use tokio::time::sleep;

use crate::load::Load;
use crate::support::{LONG, Rejected, assert_empty, drained, millis, spill_in, until, with_logs};

const KILLS: usize = 5;
const CALLERS: usize = 24;

async fn without_a_spill(database: TestDatabase, control: Control) {
    is_killed(&database.url, &control, false).await;
}

async fn with_a_spill(database: TestDatabase, control: Control) {
    is_killed(&database.url, &control, true).await;
}

async fn is_killed(url: &str, control: &Control, spills: bool) {
    let store = genledger::connect(url).await.unwrap();
    store.migrate(genledger::schema::all()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let spill = spill_in(folder.path()).await;
    let rejected = Rejected::default();
    let when_full = if spills {
        WhenFull::Spill
    } else {
        WhenFull::Wait
    };
    let mut config = with_logs(rejected.config(when_full), &store, &Default::default());
    if spills {
        config = config.with_spill(Arc::clone(&spill));
    }
    let writer = config.start().await.unwrap();

    let load = Load::new(millis(1));
    let callers = load.start(&writer, CALLERS);
    let begun = Instant::now();
    for _ in 0..KILLS {
        let before = load.books(|books| books.durable.len());
        load.until_acknowledged(before + 200).await;
        sleep(millis(400)).await;
        control.kill().await;
        let before = writer.stats().spilled;
        sleep(millis(200)).await;
        if spills {
            until(&writer, |stats| stats.spilled > before).await;
        }
        control.start().await;
    }
    println!("{KILLS} kills in {:.1} s", begun.elapsed().as_secs_f64());
    load.stop(callers).await;
    drained(&writer).await;
    let stats = writer.stats();
    let stored = load.check(&store, &rejected).await;
    println!("{stored} logs are stored, {stats:?}");
    assert_eq!(rejected.all(), []);
    assert_eq!(load.books(|books| std::mem::take(&mut books.errors)), []);
    assert_eq!(stored, load.books(|books| books.attempted.len()));
    assert!(stats.retried + stats.spilled > 0);
    assert_eq!(stats.replayed > 0, spills);
    writer.shutdown(LONG).await.unwrap();
    spill.close().await;
    assert_empty(folder.path()).await;
    store.close().await;
}

genledger_testkit::database_cases!(crate::support::run_on_durable; without_a_spill, with_a_spill);
