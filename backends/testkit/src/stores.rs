//! Stores on empty databases, opened as a program opens them.

use std::sync::Arc;

use genledger_contract::Store;

/// Runs a test on a store of a backend, if the run includes the backend.
pub fn run_on_store(backend: &str, test: impl AsyncFnOnce(&Arc<dyn Store>)) {
    crate::run_on_database(backend, async |database| {
        let store = genledger::connect(&database.url).await.unwrap();
        test(&store).await;
        store.close().await;
    });
}

/// One test for each case and each backend: a case gets an empty store.
#[macro_export]
macro_rules! store_cases {
    ($($cases:tt)+) => {
        $crate::database_cases!($crate::run_on_store; $($cases)+);
    };
}
