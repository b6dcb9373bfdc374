//! The tables are created after the writer has started.

use std::sync::Arc;

use genledger::log_writer::WhenFull;
use genledger_testkit::TestDatabase;

use crate::faulty::Switch;
use crate::load::Load;
use crate::support::{Rejected, drained, millis, spill_in, until, with_logs};

async fn the_schema_comes_later(database: TestDatabase) {
    let store = genledger::connect(&database.url).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let spill = spill_in(folder.path()).await;
    let rejected = Rejected::default();
    let config = with_logs(rejected.config(WhenFull::Wait), &store, &Switch::default());
    let writer = config.with_spill(Arc::clone(&spill)).start().await.unwrap();
    let load = Load::new(millis(1));
    let callers = load.start(&writer, 16);
    load.until_acknowledged(100).await;
    until(&writer, |stats| stats.spill_rows > 20).await;
    store.migrate(genledger::schema::all()).await.unwrap();
    load.stop(callers).await;
    drained(&writer).await;
    load.check(&store, &rejected).await;
    assert_eq!(rejected.all(), []);
    assert_eq!(load.books(|books| books.errors.clone()), []);
    spill.close().await;
    store.close().await;
}

genledger_testkit::database_cases!(crate::support::run; the_schema_comes_later);
