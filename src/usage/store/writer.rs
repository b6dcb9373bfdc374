//! Writing logs, with or without roll-ups.

use std::sync::Arc;

use genledger_contract::{Result, RowOutcome, Session, SessionExt, Store, StoreExt, Tx};

use crate::id::LogId;
use crate::usage::{UsageLog, rollup};

/// Where logs are written, and whether roll-ups are kept.
#[derive(Clone, Debug)]
pub(super) enum Writer {
    /// Logs only.
    Rows(Arc<dyn Session>),
    /// Logs and roll-ups, each write in a transaction of its own.
    Transactions(Arc<dyn Store>),
    /// Logs and roll-ups, inside of this transaction.
    Within(Tx),
}

impl Writer {
    /// What reads see.
    pub(super) fn session(&self) -> Arc<dyn Session> {
        match self {
            Self::Rows(session) => Arc::clone(session),
            Self::Transactions(store) => store.session(),
            Self::Within(tx) => Arc::new(tx.clone()),
        }
    }

    pub(super) async fn append(&self, logs: &[UsageLog]) -> Result<Vec<RowOutcome>> {
        match self {
            Self::Rows(session) => session.insert_many(logs).await,
            Self::Transactions(store) => {
                let append = |tx: Tx| async move { rollup::append(&tx, logs).await };
                store.transaction(append).await
            }
            Self::Within(tx) => {
                let nested = tx.begin().await?;
                let outcome = rollup::append(&nested, logs).await;
                nested.end(outcome).await
            }
        }
    }

    pub(super) async fn delete(&self, ids: &[LogId]) -> Result<u64> {
        match self {
            Self::Rows(session) => session.delete_where(UsageLog::ID.is_in(ids)).await,
            Self::Transactions(store) => {
                let delete = |tx: Tx| async move { rollup::delete(&tx, ids).await };
                store.transaction(delete).await
            }
            Self::Within(tx) => {
                let nested = tx.begin().await?;
                let outcome = rollup::delete(&nested, ids).await;
                nested.end(outcome).await
            }
        }
    }
}
