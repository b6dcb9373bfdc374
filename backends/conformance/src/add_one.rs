//! A transaction that counts how often its closure runs.

use std::sync::atomic::{AtomicU32, Ordering};

use genledger_contract::session::RetryPolicy;
use genledger_contract::{Filter, Result, SessionExt, Store, StoreExt};

use crate::model::Account;

/// Runs a closure that adds 1 to account 1 on a failing store; returns the outcome and the number of runs.
pub(crate) async fn add_one(store: &impl Store, policy: RetryPolicy) -> (Result<()>, u32) {
    let runs = AtomicU32::new(0);
    let outcome = store
        .transaction_with(policy, |tx| {
            runs.fetch_add(1, Ordering::SeqCst);
            async move {
                tx.update_if(&1, Filter::all(), [Account::VISITS.plus(1)])
                    .await
                    .map(drop)
            }
        })
        .await;
    (outcome, runs.load(Ordering::SeqCst))
}
