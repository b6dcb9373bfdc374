//! The backends that tests run on, each with an empty database of its own.

#[path = "places.rs"]
pub(crate) mod places;

use std::sync::Arc;

use genledger::contract::Store;

/// Runs a test on a backend, if the run was asked for it.
pub(crate) fn run(backend: &str, test: impl AsyncFnOnce(&Arc<dyn Store>)) {
    places::run(backend, async |place| {
        let store = genledger::connect(&place.url).await.unwrap();
        test(&store).await;
        store.close().await;
    });
}

/// One test for each case and each backend, in modules that are called after the backends.
macro_rules! cases {
    ($($cases:tt)+) => {
        crate::backends::places::cases_with!(crate::backends::run; $($cases)+);
    };
}

pub(crate) use cases;
