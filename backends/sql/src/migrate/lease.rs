//! The lease of the process that migrates: one row that says who has it and until when, by the clock
//! of the database.
//!
//! A session lock would not do: behind a pooler that gives each transaction another connection, and
//! on a cluster that keeps such locks to one node, it keeps no other process out. A process that was
//! killed is in the way of others until the end that its lease has; one that was slow notices before
//! its next step that another has taken over.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use genledger_contract::{Entity, ErrorKind, Result};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::TARGET;
use super::history::{sql, text};
use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::executor::Executor;

/// How long a lease lasts: so long a process that was killed is in the way of others.
const BOUND_MILLIS: u32 = 10_000;
/// How often a lease is renewed during a step that no transaction protects.
const BEAT: Duration = Duration::from_millis(3_000);

/// The lease; there is one row.
#[derive(Clone, Debug, Entity)]
#[entity(crate = genledger_contract, table = "_genledger_migration_lease", key(id))]
pub(super) struct LeaseRow {
    /// 1.
    id: i64,
    /// Which process has it, and which time that it took it.
    #[column(max_chars = 36)]
    owner: String,
    /// Its end, in milliseconds since 1970 by the clock of the database; 0 when it is free.
    expires_at: i64,
}

impl LeaseRow {
    /// One that no process has.
    pub(super) const fn free() -> Self {
        Self {
            id: 1,
            owner: String::new(),
            expires_at: 0,
        }
    }
}

/// One taking of the lease.
#[derive(Clone, Debug)]
pub(super) struct Owner(Arc<str>);

impl Owner {
    /// Takes the lease; `false` when another has it.
    pub(super) async fn acquire(
        &self,
        connection: &mut dyn Connection,
        dialect: &'static Dialect,
    ) -> Result<bool> {
        let now = dialect.now_millis();
        let take = sql(
            dialect,
            &format!(
                "UPDATE _genledger_migration_lease SET owner = ?, expires_at = {now} + {BOUND_MILLIS} \
                 WHERE id = 1 AND (expires_at <= {now} OR owner = ?)"
            ),
        );
        let params = [text(&self.0), text(&self.0)];
        match connection.execute(&take, &params).await {
            Ok(rows) => Ok(rows == 1),
            // Its holder is in the middle of a step.
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

    /// Moves the end of the lease; `false` when another has taken it since. Inside a transaction no
    /// other can take it before the transaction ends.
    pub(super) async fn renew(
        &self,
        connection: &mut dyn Connection,
        dialect: &'static Dialect,
    ) -> Result<bool> {
        let renew = sql(
            dialect,
            &format!(
                "UPDATE _genledger_migration_lease SET expires_at = {} + {BOUND_MILLIS} \
                 WHERE id = 1 AND owner = ?",
                dialect.now_millis()
            ),
        );
        let rows = connection.execute(&renew, &[text(&self.0)]).await?;
        Ok(rows == 1)
    }

    /// Lets the next process have it.
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

/// Lets go of the lease when the future of a migration is dropped, and keeps it during a long step.
pub(super) struct Holding<X: Executor> {
    executor: Arc<X>,
    owner: Owner,
    /// Whether the work has come to its end, and has let go of the lease itself.
    ended: bool,
}

impl<X: Executor> Holding<X> {
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

    /// Waits for work that has the lease.
    pub(super) async fn during<T>(mut self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let mut work = pin!(work);
        let outcome = if self.executor.dialect().transactional_ddl() {
            // The transaction of a step keeps the lease for as long as it is open.
            work.await
        } else {
            let mut beat = pin!(self.beat());
            poll_fn(|context| {
                if let Poll::Ready(outcome) = work.as_mut().poll(context) {
                    return Poll::Ready(outcome);
                }
                match beat.as_mut().poll(context) {
                    Poll::Pending => Poll::Pending,
                    Poll::Ready(never) => match never {},
                }
            })
            .await
        };
        // After an error the work may not have come so far as to let go.
        self.ended = outcome.is_ok();
        outcome
    }

    /// Renews the lease again and again, on a connection of its own. Where there is none to be had,
    /// another process may take over during a long step; it waits for the same tables then.
    async fn beat(&self) -> Infallible {
        loop {
            tokio::time::sleep(BEAT).await;
            let owner = self.owner.clone();
            let renewed = self.executor.write(Box::new(move |context| {
                let owner = owner.clone();
                Box::pin(async move { owner.renew(context.connection, context.dialect).await })
            }));
            if let Err(error) = renewed.await {
                tracing::debug!(target: TARGET, %error, "the lease of a migration was not renewed");
            }
        }
    }
}

impl<X: Executor> Drop for Holding<X> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // Outside of a runtime, the lease comes to its end by itself.
        if let Ok(runtime) = Handle::try_current() {
            let (executor, owner) = (Arc::clone(&self.executor), self.owner.clone());
            runtime.spawn(async move {
                let released = executor.write(Box::new(move |context| {
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
