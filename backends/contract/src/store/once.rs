//! A transaction that takes effect once.

use std::future::Future;

use super::closure;
use crate::entity::mapping::Entity;
use crate::error::{Error, ErrorKind, Result};
use crate::session::ext::SessionExt;
use crate::session::retry::RetryPolicy;
use crate::session::transaction::Tx;
use crate::statement::insert::RowOutcome;
use crate::store::base::Store;

/// What became of a [`transaction_once`](crate::StoreExt::transaction_once).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Once<T> {
    /// It took effect now, and returned this.
    Now(T),
    /// It had taken effect before; nothing was done.
    Before,
}

/// Retries attempts whose outcome is unknown with the default policy: the operation's row makes that safe.
pub(super) async fn run<S, O, T, F, Fut>(store: &S, operation: &O, mut work: F) -> Result<Once<T>>
where
    S: Store + ?Sized,
    O: Entity,
    T: Send,
    F: FnMut(Tx) -> Fut + Send,
    Fut: Future<Output = Result<T>> + Send,
{
    let mut retries = RetryPolicy::default().start();
    loop {
        let work = &mut work;
        let attempt = closure::run(
            store,
            RetryPolicy::default(),
            move |tx: Tx| {
                // The work's future is made here, since the closure may be called again.
                let work = work(tx.clone());
                async move {
                    let outcomes = tx.insert_if_absent(std::slice::from_ref(operation)).await?;
                    match outcomes.first() {
                        Some(RowOutcome::New) => work.await.map(Once::Now),
                        Some(RowOutcome::Present) => Ok(Once::Before),
                        _ => Err(Error::new(
                            ErrorKind::UniqueViolation,
                            "the operation is present with other content",
                        )
                        .with_table(O::TABLE.name)),
                    }
                }
            },
            Error::is_retryable,
        );
        match attempt.await {
            Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
                retries.pause(error).await?;
            }
            outcome => return outcome,
        }
    }
}
