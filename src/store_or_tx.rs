//! The store or transaction that the verbs of a domain run on.

use std::sync::Arc;

use genledger_contract::{Result, Session, Store, StoreExt, Tx};

/// A store, where each verb is atomic by itself and retried, or a transaction that the verbs are part
/// of.
#[derive(Clone, Debug)]
pub(crate) enum StoreOrTx {
    Store(Arc<dyn Store>),
    Transaction(Tx),
}

impl StoreOrTx {
    pub(crate) fn session(&self) -> Arc<dyn Session> {
        match self {
            Self::Store(store) => store.session(),
            Self::Transaction(tx) => Arc::new(tx.clone()),
        }
    }

    /// Runs several statements as one step: in their own transaction, which is retried after a
    /// retryable error, or in a nested one, so that a failure rolls back only this step.
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
