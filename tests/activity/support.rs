//! Cases on every backend, on a store in which the tables exist.

use std::sync::Arc;

use genledger::activity::Activities;
use genledger::contract::Store;

/// A store with all tables, and the logs in it.
pub(crate) struct Logs {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) activities: Activities,
}

/// Runs a case on a backend, if the run includes it.
pub(crate) fn run(backend: &str, case: impl AsyncFnOnce(Logs)) {
    genledger_testkit::run_on_store(backend, async |store| {
        store.migrate(genledger::schema::all()).await.unwrap();
        let store = Arc::clone(store);
        let activities = Activities::new(Arc::clone(&store));
        case(Logs { store, activities }).await;
    });
}

/// One test for each case and each backend, in modules that are named after the backends.
macro_rules! cases {
    ($($cases:tt)+) => {
        genledger_testkit::database_cases!(crate::support::run; $($cases)+);
    };
}

pub(crate) use cases;
