//! A connection of the pool, which is only returned to the pool while it is idle.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use genledger_contract::{Error, ErrorKind, Result};
use sqlx::{Connection, Database, SqlStr};
use sqlx_core::transaction::TransactionManager;

use crate::driver::{Driver, DriverConnection};
use crate::error::{
    Effect, classify_effect, connection_lost, refuses_writes, session_changed, taints,
};
use crate::pool_inner::{Checkout, PoolInner};

/// The state of a connection of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No statement is running.
    Idle,
    /// A statement is running.
    Busy,
    /// The connection failed. This state is final.
    Lost,
}

/// Whether a healthy connection may be reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    /// It may be reused.
    Healthy,
    /// It must be closed.
    Tainted,
    /// It must be closed, since its session is another one. The last statement was not executed.
    SessionChanged,
}

/// The time limit of statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TimeLimit {
    /// This long for a response, and the limit of the server for a statement.
    Limited(Option<Duration>),
    /// No limit.
    Unlimited,
}

/// A connection that was acquired from the pool.
///
/// It is closed instead of returned to the pool while a statement is running or a transaction is open,
/// and after it failed or an error tainted it. A running statement is cancelled in the server.
pub(crate) struct Pooled<D: Driver> {
    /// `None` once the connection was closed.
    checkout: Option<Checkout<D>>,
    state: State,
    /// A transaction is open.
    in_transaction: bool,
    health: Health,
    /// Whether the server has responded on it since it was acquired.
    responded: bool,
    limit: TimeLimit,
    pool: Arc<PoolInner<D>>,
}

impl<D: Driver> Pooled<D> {
    pub(crate) fn new(checkout: Checkout<D>, pool: Arc<PoolInner<D>>) -> Self {
        Self {
            checkout: Some(checkout),
            state: State::Idle,
            in_transaction: false,
            health: Health::Healthy,
            responded: false,
            limit: TimeLimit::Limited(pool.settings().response_timeout),
            pool,
        }
    }

    /// The pool.
    pub(crate) const fn pool(&self) -> &Arc<PoolInner<D>> {
        &self.pool
    }

    /// The time limit of a call.
    pub(crate) const fn time_limit(&self) -> Option<Duration> {
        match self.limit {
            TimeLimit::Limited(limit) => limit,
            TimeLimit::Unlimited => None,
        }
    }

    /// Takes the connection out of it, in any state.
    pub(crate) const fn take(&mut self) -> Option<Checkout<D>> {
        self.checkout.take()
    }

    /// Tests the connection with a ping.
    pub(crate) async fn test(&mut self) -> Result<()> {
        let connection = self.start()?;
        let tested = connection.ping().await;
        self.finish(tested, Effect::None)
    }

    /// Sets up the connection, in any state; behind a pooler it is only tested.
    pub(crate) async fn set_up(&mut self) -> Result<()> {
        if self.is_pooled() {
            return self.test().await;
        }
        let driver = self.pool.settings().driver.clone();
        let connection = self.start()?;
        let session = driver.set_up(connection).await;
        let session = self.finish(session, Effect::None)?;
        if let Some(checkout) = &mut self.checkout {
            checkout.session = session;
        }
        Ok(())
    }

    /// Runs an operation on the connection of the driver, with the same limit.
    pub(crate) async fn drive<T, F>(
        &mut self,
        effect: Effect,
        on_timeout: ErrorKind,
        drive: F,
    ) -> Result<T>
    where
        F: for<'c> FnOnce(&'c mut DriverConnection<D>) -> BoxFuture<'c, sqlx::Result<T>> + Send,
    {
        let limit = self.time_limit();
        let driven = async {
            let outcome = drive(self.start()?).await;
            self.finish(outcome, effect)
        };
        // A time-out drops the future during a statement.
        limited(limit, on_timeout, driven).await
    }

    /// Runs SQL of the application in the transaction, and checks with a savepoint that it did not end
    /// the transaction: the following statements would commit by themselves. The connection is not
    /// reused.
    pub(crate) async fn application_sql<T, F>(&mut self, work: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c mut DriverConnection<D>) -> BoxFuture<'c, sqlx::Result<T>> + Send,
    {
        self.health = Health::Tainted;
        self.script("SAVEPOINT genledger_own").await?;
        let value = self.drive(Effect::None, ErrorKind::Timeout, work).await?;
        let depth = self
            .checkout
            .as_ref()
            .map_or(0, |checkout| depth::<D>(&checkout.connection));
        let released = self.script("RELEASE SAVEPOINT genledger_own").await;
        match released {
            // The application began a nested transaction and did not end it.
            Ok(()) if depth > 1 => Err(ended_by_application()),
            Ok(()) => Ok(value),
            Err(error) if self.state == State::Lost => Err(error),
            Err(error) => Err(ended_by_application().with_source(error)),
        }
    }

    async fn script(&mut self, sql: &'static str) -> Result<()> {
        self.drive(Effect::None, ErrorKind::Timeout, |connection| {
            D::run_script(connection, SqlStr::from_static(sql))
        })
        .await
    }

    /// Removes the limit on a response, and with a script the limits of the server, after which the
    /// connection is not reused.
    pub(crate) async fn remove_limits(&mut self, script: Option<&'static str>) -> Result<()> {
        self.limit = TimeLimit::Unlimited;
        if let Some(script) = script
            && !self.is_pooled()
        {
            self.health = Health::Tainted;
            self.script(script).await?;
        }
        Ok(())
    }

    /// Commits the transaction, and closes the connection if that fails.
    pub(crate) async fn commit(mut self) -> Result<()> {
        self.drive(Effect::Commit, ErrorKind::OutcomeUnknown, |connection| {
            <D::Database as Database>::TransactionManager::commit(connection).boxed()
        })
        .await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Rolls the transaction back, and closes the connection if that fails.
    pub(crate) async fn roll_back(mut self) -> Result<()> {
        self.drive(Effect::None, ErrorKind::Unavailable, |connection| {
            <D::Database as Database>::TransactionManager::rollback(connection).boxed()
        })
        .await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Whether no statement is running and the connection is not lost.
    pub(crate) fn is_idle(&self) -> bool {
        self.state == State::Idle
    }

    /// Whether the connection was lost before the server responded on it: it was stale when it was
    /// acquired. A statement that is safe to repeat can be retried on [another](Self::replace).
    pub(crate) fn was_stale(&self) -> bool {
        self.state == State::Lost && !self.responded
    }

    /// Whether the last statement was not executed, since the connection has another session: it can be
    /// retried on [another](Self::replace) connection.
    pub(crate) fn session_changed(&self) -> bool {
        self.health == Health::SessionChanged
    }

    /// Whether the connection is lost.
    pub(crate) fn is_lost(&self) -> bool {
        self.state == State::Lost
    }

    /// Takes out a connection that is to be [renewed](Self::renew).
    pub(crate) const fn discard(&mut self) -> Option<Checkout<D>> {
        self.in_transaction = false;
        self.health = Health::Healthy;
        self.checkout.take()
    }

    /// Continues with another connection, which was just tested or opened.
    pub(crate) fn renew(&mut self, checkout: Option<Checkout<D>>) {
        self.checkout = checkout;
        self.state = State::Idle;
        self.responded = true;
    }

    /// See [`Driver::begin_script`].
    pub(crate) fn begin_script(&self) -> Option<Arc<str>> {
        self.pool
            .settings()
            .driver
            .begin_script(self.limit == TimeLimit::Unlimited)
    }

    /// See [`Driver::is_pooled`].
    pub(crate) fn is_pooled(&self) -> bool {
        self.pool.settings().driver.is_pooled()
    }

    /// Whether a transaction is open.
    pub(crate) const fn is_in_transaction(&self) -> bool {
        self.in_transaction
    }

    /// Records that a script began or ended a transaction.
    pub(crate) const fn set_in_transaction(&mut self, open: bool) {
        self.in_transaction = open;
    }

    /// Returns the connection for a statement, and marks it as busy.
    pub(crate) fn start(&mut self) -> Result<&mut DriverConnection<D>> {
        match &mut self.checkout {
            Some(checkout) if self.state == State::Idle => {
                self.state = State::Busy;
                Ok(&mut checkout.connection)
            }
            _ => Err(unusable()),
        }
    }

    /// Records the outcome of a statement.
    pub(crate) fn finish<T>(&mut self, outcome: sqlx::Result<T>, effect: Effect) -> Result<T> {
        self.state = State::Idle;
        let error = match outcome {
            Ok(value) => {
                self.responded = true;
                return Ok(value);
            }
            Err(error) => error,
        };
        if connection_lost::<D>(&error) {
            self.state = State::Lost;
            self.pool.suspect_idle();
        } else {
            self.responded = true;
        }
        if refuses_writes::<D>(&error) {
            // Another server is the primary now, and the idle connections lead to the old one.
            self.health = Health::Tainted;
            self.pool.leave_server();
        }
        if session_changed::<D>(&error) {
            self.health = Health::SessionChanged;
            self.pool.use_begin_scripts();
        }
        if taints::<D>(&error) {
            self.health = Health::Tainted;
        }
        Err(classify_effect::<D>(error, effect))
    }
}

impl<D: Driver> Drop for Pooled<D> {
    fn drop(&mut self) {
        let Some(checkout) = self.checkout.take() else {
            return;
        };
        if self.state != State::Idle || self.in_transaction {
            self.pool.retire(checkout);
        } else if self.health != Health::Healthy
            || self
                .pool
                .settings()
                .driver
                .should_replace(&checkout.connection)
        {
            self.pool.close_gracefully(checkout);
        } else {
            self.pool.release(checkout);
        }
    }
}

/// The nesting depth of the transactions of sqlx.
pub(crate) fn depth<D: Driver>(connection: &DriverConnection<D>) -> usize {
    <D::Database as Database>::TransactionManager::get_transaction_depth(connection)
}

fn ended_by_application() -> Error {
    Error::new(
        ErrorKind::Aborted,
        "SQL of the application ended the transaction, or left a nested one open",
    )
}

/// The error of one without a usable connection.
pub(crate) fn unusable() -> Error {
    Error::new(
        ErrorKind::Aborted,
        "the connection was lost, or a statement was cancelled",
    )
}

/// Runs work with a time limit, after which the connection is closed.
pub(crate) async fn limited<T>(
    limit: Option<Duration>,
    on_timeout: ErrorKind,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    let Some(limit) = limit else {
        return work.await;
    };
    match tokio::time::timeout(limit, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::new(on_timeout, "timed out waiting for the server")),
    }
}
