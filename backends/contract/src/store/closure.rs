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

/// Runs `work` in transactions until one ends for good. `retryable` says whether an error of `work` is
/// worth another attempt although the transaction itself is alive.
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
    // The transaction lives here and handles only point to it: when this future is dropped, the
    // transaction is undone, whatever still has a handle.
    let transaction = store.begin().await.map_err(of_store)?;
    match work(transaction.handle()).await {
        Ok(value) => {
            transaction.commit().await.map_err(of_store)?;
            Ok(value)
        }
        Err(error) => {
            let retryable = transaction.is_retryable() || retryable(&error);
            // The error of the work is what counts; a failed rollback is a lost connection, which
            // undoes everything as well.
            drop(transaction.rollback().await);
            Err(Failed { error, retryable })
        }
    }
}
