//! Where the verbs of a domain are executed.

use std::sync::Arc;

use genledger_contract::{Result, Session, Store, StoreExt, Tx};

/// A store, where each verb is atomic by itself and tried again, or a transaction that the verbs belong
/// to.
#[derive(Clone, Debug)]
pub(crate) enum Executor {
    Store(Arc<dyn Store>),
    Transaction(Tx),
}

impl Executor {
    pub(crate) fn session(&self) -> Arc<dyn Session> {
        match self {
            Self::Store(store) => store.session(),
            Self::Transaction(tx) => Arc::new(tx.clone()),
        }
    }

    /// Runs several statements as one step: in a transaction of their own, which is run again after a
    /// retryable error, or in a nested one, so that a failure undoes this step and nothing else.
    pub(crate) async fn transaction<T, F, Fut>(&self, mut work: F) -> Result<T>
    where
        T: Send,
        F: FnMut(Tx) -> Fut + Send,
        Fut: Future<Output = Result<T>> + Send,
    {
        match self {
            Self::Store(store) => store.transaction(work).await,
            Self::Transaction(tx) => {
                let nested = tx.begin().await?;
                let outcome = work((*nested).clone()).await;
                nested.end(outcome).await
            }
        }
    }
}
