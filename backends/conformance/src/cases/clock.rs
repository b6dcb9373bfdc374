//! The clock of a store.

use std::time::Duration;

use chrono::TimeDelta;
use genledger_contract::{ErrorKind, StoreExt};

use crate::check::fails;
use crate::lab::Lab;

/// The clock that is followed is as near to the store's own as it says, also a while later.
pub(crate) async fn is_followed(lab: &Lab) {
    let store = lab.database().await.store;
    let clock = store.clock().await.unwrap();
    assert!(
        clock.error() < Duration::from_secs(5),
        "{:?}",
        clock.error()
    );
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let before = clock.now();
        let said = store.time().await.unwrap();
        let after = clock.now();
        let error = TimeDelta::from_std(clock.error()).unwrap();
        assert!(
            said >= before - error && said <= after + error,
            "{before} {said} {after}"
        );
        assert_eq!(said.timestamp_subsec_nanos() % 1_000_000, 0);
    }
}

/// A closed store does not say what time it is.
pub(crate) async fn ends_with_its_store(lab: &Lab) {
    let store = lab.database().await.store;
    store.close().await;
    fails(store.time().await, ErrorKind::Unavailable);
    fails(store.clock().await, ErrorKind::Unavailable);
}
