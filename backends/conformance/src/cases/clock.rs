//! The clock of a store.

use std::time::Duration;

use chrono::TimeDelta;
use genledger_contract::{ErrorKind, StoreExt};

use crate::check::fails;
use crate::databases::Databases;

/// The extrapolated clock is as close to the store's own as its error bound, also later.
pub(crate) async fn is_extrapolated(databases: &Databases) {
    let store = databases.migrated().await.store;
    let clock = store.clock().await.unwrap();
    assert!(
        clock.error() < Duration::from_secs(5),
        "{:?}",
        clock.error()
    );
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let before = clock.now();
        let store_time = store.time().await.unwrap();
        let after = clock.now();
        let error = TimeDelta::from_std(clock.error()).unwrap();
        assert!(
            store_time >= before - error && store_time <= after + error,
            "{before} {store_time} {after}"
        );
        assert_eq!(store_time.timestamp_subsec_nanos() % 1_000_000, 0);
    }
}

/// A closed store returns no time.
pub(crate) async fn ends_with_its_store(databases: &Databases) {
    let store = databases.migrated().await.store;
    store.close().await;
    fails(store.time().await, ErrorKind::Unavailable);
    fails(store.clock().await, ErrorKind::Unavailable);
}
