//! Every connection of the pool is in use by transactions of the application.

use std::sync::Arc;

use genledger::log_writer::{LogWriter, WhenFull};
use genledger::prelude::*;
use genledger_testkit::TestDatabase;

use crate::load::Load;
use crate::support::{LONG, Rejected, drained, millis, spill_in, until, with_logs};

async fn without_a_spill(database: TestDatabase) {
    is_exhausted(&database.url, false).await;
}

async fn with_a_spill(database: TestDatabase) {
    is_exhausted(&database.url, true).await;
}

async fn is_exhausted(url: &str, spills: bool) {
    // SQLite has one writer, and a store in memory lets a transaction read a snapshot.
    let (options, connections) = match url.split_once(':').unwrap().0 {
        "memory" => ("", 0),
        "sqlite" => ("acquire_timeout=300", 1),
        _ => ("acquire_timeout=300&max_connections=2", 2),
    };
    let sign = match (options.is_empty(), url.contains('?')) {
        (true, _) => "",
        (_, true) => "&",
        (_, false) => "?",
    };
    let url = format!("{url}{sign}{options}");
    let store = loop {
        // A connection may take longer than the limit.
        if let Ok(store) = genledger::connect(&url).await {
            break store;
        }
    };
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
    let load = Load::new(millis(2));
    let callers = load.start(&writer, 16);
    load.until_acknowledged(100).await;
    for _ in 0..2 {
        let mut held = Vec::new();
        while held.len() < connections {
            // The writer uses them as well.
            if let Ok(transaction) = store.begin().await {
                held.push(transaction);
            }
        }
        let before = failures(&writer);
        if connections > 0 {
            until(&writer, |_| failures(&writer) > before).await;
        }
        for transaction in held {
            transaction.rollback().await.unwrap();
        }
        let before = load.books(|books| books.acknowledged.len());
        load.until_acknowledged(before + 50).await;
    }
    load.stop(callers).await;
    drained(&writer).await;
    load.check(&store, &rejected).await;
    assert_eq!(rejected.all(), []);
    assert_eq!(load.books(|books| books.errors.clone()), []);
    let stats = writer.stats();
    assert_eq!(failures(&writer) > 0, connections > 0, "{stats:?}");
    assert_eq!(stats.replayed > 0, spills && connections > 0, "{stats:?}");
    writer.shutdown(LONG).await.unwrap();
    spill.close().await;
    store.close().await;
}

/// How many logs were not written at once.
fn failures(writer: &LogWriter) -> u64 {
    let stats = writer.stats();
    stats.retried + stats.spilled
}

genledger_testkit::database_cases!(crate::support::run; without_a_spill, with_a_spill);
