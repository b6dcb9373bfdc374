//! Running a closure in a transaction.

use std::future::Future;

use tracing::Instrument;

use crate::backend::TRANSACTION;
use crate::error::{Error, Result};
use crate::session::retry::RetryPolicy;
use crate::session::transaction::Tx;
use crate::store::base::Store;

/// Why an attempt failed.
struct Failed<E> {
    error: E,
    retryable: bool,
}

/// Runs `work` in transactions until one succeeds or must not be retried. `retryable` returns whether an
/// error of `work` is retried although the transaction itself has not failed.
pub(super) async fn run<S, T, E, F, Fut>(
    store: &S,
    policy: RetryPolicy,
    mut work: F,
    retryable: fn(&E) -> bool,
) -> Result<T, E>
where
    S: Store + ?Sized,
    F: FnMut(Tx) -> Fut + Send,
    Fut: Future<Output = Result<T, E>> + Send,
    T: Send,
    E: From<Error> + Send,
{
    let mut retries = policy.start();
    loop {
        let number = retries.number();
        let span = tracing::debug_span!(target: TRANSACTION, "transaction", attempt = number);
        match attempt(store, &mut work, retryable).instrument(span).await {
            Ok(value) => return Ok(value),
            Err(attempt) if attempt.retryable => {
                retries.pause(attempt.error).await?;
            }
            Err(attempt) => return Err(attempt.error),
        }
    }
}

async fn attempt<S, T, E, F, Fut>(
    store: &S,
    work: &mut F,
    retryable: fn(&E) -> bool,
) -> Result<T, Failed<E>>
where
    S: Store + ?Sized,
    F: FnMut(Tx) -> Fut + Send,
    Fut: Future<Output = Result<T, E>> + Send,
    T: Send,
    E: From<Error> + Send,
{
    let of_store = |error: Error| Failed {
        retryable: error.is_retryable(),
        error: error.into(),
    };
    // The transaction is owned here and handles only refer to it: when this future is dropped, the
    // transaction is rolled back, even if handles of it remain.
    let transaction = store.begin().await.map_err(of_store)?;
    match work(transaction.handle()).await {
        Ok(value) => {
            transaction.commit().await.map_err(of_store)?;
            Ok(value)
        }
        Err(error) => {
            let retryable = transaction.is_retryable() || retryable(&error);
            // The error of the work is returned; a failed rollback is a lost connection, which rolls back as
            // well.
            drop(transaction.rollback().await);
            Err(Failed { error, retryable })
        }
    }
}
