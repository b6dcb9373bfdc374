//! Several statements of a transaction as one.

use tokio::sync::OwnedRwLockWriteGuard;

use crate::error::Result;
use crate::session::{Session, Transaction};

/// Several statements of a transaction as one: kept together, or undone while the transaction goes
/// on. The statements of other handles wait until it has ended, also those of the handle that it
/// comes from: use nothing but [`session`](Self::session) meanwhile.
///
/// Dropping it ends the transaction, as nobody can tell how far it came.
///
/// ```
/// # use genledger_contract::{Entity, Result, Session, SessionExt, Tx};
/// # /// An account.
/// # #[derive(Clone, Debug, Entity)]
/// # #[entity(crate = genledger_contract, table = "accounts", key(id))]
/// # struct Account {
/// #     /// Its number.
/// #     id: i64,
/// # }
/// async fn open_both(session: &dyn Session) -> Result<()> {
///     session.insert(&Account { id: 1 }).await?;
///     session.insert(&Account { id: 2 }).await
/// }
///
/// async fn open_both_or_none(tx: &Tx) -> Result<()> {
///     let step = tx.step().await?;
///     let outcome = open_both(step.session()).await;
///     step.end(outcome).await
/// }
/// ```
#[derive(Debug)]
#[must_use = "dropping it ends the transaction"]
pub struct TxStep {
    // Out of the slot while the step lasts: when this is dropped, the transaction goes with it.
    pub(super) transaction: Box<dyn Transaction>,
    pub(super) slot: OwnedRwLockWriteGuard<Option<Box<dyn Transaction>>>,
}

impl TxStep {
    /// Where the statements of the step go.
    #[must_use]
    pub fn session(&self) -> &dyn Session {
        &*self.transaction
    }

    /// Keeps what was done when the outcome is `Ok`, undoes it otherwise, and answers the outcome.
    ///
    /// # Errors
    /// That of the outcome, and as any statement.
    pub async fn end<T>(self, outcome: Result<T>) -> Result<T> {
        let outcome = match outcome {
            Ok(answer) => self.transaction.release_savepoint().await.map(|()| answer),
            Err(error) => {
                // Where this fails as well, the transaction is lost with everything in it.
                drop(self.transaction.rollback_to_savepoint().await);
                Err(error)
            }
        };
        self.give_back();
        outcome
    }

    pub(super) fn give_back(mut self) {
        *self.slot = Some(self.transaction);
    }
}
