//! The lease of the migrating process: one row with its owner and its expiry by the clock of the
//! database.
//!
//! A session lock would not exclude other processes behind a pooler in transaction mode, nor on a
//! cluster whose locks are local to a node. The lease of a killed process blocks other processes until
//! it expires; a slow process notices before its next step that another one has acquired the lease.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use genledger_contract::{Entity, ErrorKind, Result};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::history::{sql, text};
use super::task::TARGET;
use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::executor::Executor;
use crate::hints::Hints;

/// The duration of a lease, for which a killed process blocks other processes. `steps.rs` bounds idle
/// transactions by the same time, and renewals must come sooner; `docs/guarantees.md` states it.
const DURATION_MILLIS: u32 = 10_000;
/// The interval of renewals during a step without a transaction.
const RENEWAL: Duration = Duration::from_millis(3_000);

/// The single row of the lease.
#[derive(Clone, Debug, Entity)]
#[entity(crate = genledger_contract, table = "_genledger_migration_lease", key(id))]
pub(super) struct LeaseRow {
    /// 1.
    id: i64,
    /// The owner: a process and one of its attempts.
    #[column(max_chars = 36)]
    owner: String,
    /// Its expiry, in milliseconds since 1970 by the clock of the database; 0 when it is free.
    expires_at: i64,
}

impl LeaseRow {
    /// A free lease.
    pub(super) const fn free() -> Self {
        Self {
            id: 1,
            owner: String::new(),
            expires_at: 0,
        }
    }
}

/// An owner of the lease: one attempt of one process.
#[derive(Clone, Debug)]
pub(super) struct Owner(Arc<str>);

impl Owner {
    /// Acquires the lease; `false` if another owner holds it.
    pub(super) async fn acquire(
        &self,
        connection: &mut dyn Connection,
        dialect: &'static Dialect,
    ) -> Result<bool> {
        let now = dialect.now_millis();
        let take = sql(
            dialect,
            &format!(
                "UPDATE _genledger_migration_lease SET owner = ?, expires_at = {now} + {DURATION_MILLIS} \
                 WHERE id = 1 AND (expires_at <= {now} OR owner = ?)"
            ),
        );
        let params = [text(&self.0), text(&self.0)];
        match connection.execute(&take, &params).await {
            Ok(rows) => Ok(rows == 1),
            // Its owner is running a step.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::SerializationFailure | ErrorKind::Timeout
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Extends the lease; `false` if another owner has acquired it since. Inside a transaction, no
    /// other owner can acquire it before the transaction ends.
    pub(super) async fn renew(
        &self,
        connection: &mut dyn Connection,
        dialect: &'static Dialect,
    ) -> Result<bool> {
        let renew = sql(
            dialect,
            &format!(
                "UPDATE _genledger_migration_lease SET expires_at = {} + {DURATION_MILLIS} \
                 WHERE id = 1 AND owner = ?",
                dialect.now_millis()
            ),
        );
        let rows = connection.execute(&renew, &[text(&self.0)]).await?;
        Ok(rows == 1)
    }

    /// Releases the lease.
    pub(super) async fn release(
        &self,
        connection: &mut dyn Connection,
        dialect: &'static Dialect,
    ) -> Result<()> {
        let release = sql(
            dialect,
            "UPDATE _genledger_migration_lease SET expires_at = 0 WHERE id = 1 AND owner = ?",
        );
        let params = [text(&self.0)];
        connection.execute(&release, &params).await.map(drop)
    }
}

/// Releases the lease when the future of a migration is dropped, and renews it during a long step.
pub(super) struct LeaseGuard<X: Executor> {
    executor: Arc<X>,
    owner: Owner,
    /// Whether the work has completed, and released the lease itself.
    ended: bool,
}

impl<X: Executor> LeaseGuard<X> {
    pub(super) fn new(executor: &Arc<X>) -> Self {
        Self {
            executor: Arc::clone(executor),
            owner: Owner(Uuid::now_v7().to_string().into()),
            ended: false,
        }
    }

    pub(super) fn owner(&self) -> Owner {
        self.owner.clone()
    }

    /// Runs work that holds the lease.
    pub(super) async fn during<T>(mut self, work: impl Future<Output = Result<T>>) -> Result<T> {
        if self.executor.dialect().transactional_ddl() {
            // The open transaction of a step keeps the lease.
            let outcome = work.await;
            self.ended = outcome.is_ok();
            return outcome;
        }
        self.during_renewed(work).await
    }

    /// Runs work that holds the lease, with statements outside of transactions that may take long.
    pub(super) async fn during_renewed<T>(
        mut self,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let mut work = pin!(work);
        let outcome = {
            let mut renew_periodically = pin!(self.renew_periodically());
            poll_fn(|context| {
                if let Poll::Ready(outcome) = work.as_mut().poll(context) {
                    return Poll::Ready(outcome);
                }
                match renew_periodically.as_mut().poll(context) {
                    Poll::Pending => Poll::Pending,
                    Poll::Ready(never) => match never {},
                }
            })
            .await
        };
        // After an error, the work may not have released the lease.
        self.ended = outcome.is_ok();
        outcome
    }

    /// Renews the lease periodically, on another connection. If none is available, another process may
    /// acquire the lease during a long step; it then waits for the same tables.
    async fn renew_periodically(&self) -> Infallible {
        loop {
            tokio::time::sleep(RENEWAL).await;
            let owner = self.owner.clone();
            let renewed = self.executor.write(
                Hints::default(),
                Box::new(move |context| {
                    let owner = owner.clone();
                    Box::pin(async move { owner.renew(context.connection, context.dialect).await })
                }),
            );
            if let Err(error) = renewed.await {
                tracing::debug!(target: TARGET, %error, "the lease of a migration was not renewed");
            }
        }
    }
}

impl<X: Executor> Drop for LeaseGuard<X> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // Outside of a runtime, the lease expires.
        if let Ok(runtime) = Handle::try_current() {
            let (executor, owner) = (Arc::clone(&self.executor), self.owner.clone());
            runtime.spawn(async move {
                let released = executor.write(Hints::default(), Box::new(move |context| {
                    let owner = owner.clone();
                    Box::pin(
                        async move { owner.release(context.connection, context.dialect).await },
                    )
                }));
                if let Err(error) = released.await {
                    tracing::debug!(target: TARGET, %error, "the lease of a migration was not released");
                }
            });
        }
    }
}
