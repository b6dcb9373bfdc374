//! A connection on loan that goes back to the pool only when it is at rest.

use std::future::Future;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use genledger_contract::{Error, ErrorKind, Result};
use sqlx::pool::PoolConnection;
use sqlx::{Database, SqlStr};
use sqlx_core::transaction::TransactionManager;

use crate::classify;
use crate::connection::SqlxConnection;
use crate::driver::{Driver, DriverConnection};
use crate::error::{connection_lost, spoils};
use crate::pool::Settings;
use genledger_sql::{Context, Scope, WorkFuture};

/// Whether work writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It only reads.
    Read,
    /// It writes.
    Write,
}

/// A connection of a pool.
///
/// It is closed instead of going back while work is under way on it, after the connection failed or
/// an error spoilt it, and while a transaction is open on it.
pub(super) struct Lease<D: Driver> {
    /// Gone once the connection was closed.
    connection: Option<PoolConnection<D::Database>>,
    /// Nothing is under way, and all that was has come to its end.
    at_rest: bool,
    /// A transaction is open.
    in_transaction: bool,
    /// The connection works but is not to be used by others.
    spent: bool,
    settings: Settings<D>,
}

impl<D: Driver> Lease<D> {
    pub(super) const fn new(
        connection: PoolConnection<D::Database>,
        settings: Settings<D>,
    ) -> Self {
        Self {
            connection: Some(connection),
            at_rest: true,
            in_transaction: false,
            spent: false,
            settings,
        }
    }

    /// What all leases of the pool share.
    pub(super) const fn settings(&self) -> &Settings<D> {
        &self.settings
    }

    /// Runs work on the connection. After work that was dropped in the middle, or that lost the
    /// connection, all further work is [`Aborted`](ErrorKind::Aborted).
    pub(super) async fn work<T>(
        &mut self,
        scope: Scope,
        access: Access,
        work: impl for<'c> FnOnce(Context<'c>) -> WorkFuture<'c, T>,
    ) -> Result<T> {
        let on_timeout = match (scope, access) {
            (Scope::Autocommit, Access::Write) => ErrorKind::OutcomeUnknown,
            _ => ErrorKind::Timeout,
        };
        let settings = self.settings.clone();
        let mut connection = SqlxConnection::<D>::new(self.disturb()?, settings.driver);
        let context = Context {
            connection: &mut connection,
            scope,
            dialect: settings.dialect,
        };
        let outcome = limited(settings.response_timeout, on_timeout, work(context)).await;
        // A transaction that work opened by itself must have ended with it.
        let left_open = scope == Scope::Autocommit && connection.is_in_transaction();
        let (at_rest, spent) = (connection.is_at_rest(), connection.is_spent());
        self.at_rest = at_rest;
        self.in_transaction |= left_open;
        self.spent |= spent;
        outcome
    }

    /// Runs something else on the driver's connection, under the same guard.
    pub(super) async fn drive<T, F>(&mut self, on_timeout: ErrorKind, drive: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c mut DriverConnection<D>) -> BoxFuture<'c, sqlx::Result<T>> + Send,
    {
        let limit = self.settings.response_timeout;
        let connection = self.disturb()?;
        // A time-out drops the future in the middle of a statement.
        let (mut ended, mut spent) = (false, false);
        let driven = async {
            let outcome = drive(connection).await;
            ended = true;
            outcome.map_err(|error| {
                spent = spoils::<D>(&error);
                classify::<D>(error)
            })
        };
        let outcome = limited(limit, on_timeout, driven).await;
        self.at_rest = ended && !outcome.as_ref().is_err_and(connection_lost);
        self.spent |= spent;
        outcome
    }

    /// Lifts the limit on the time of an answer, and with a script those of the server; the
    /// connection is then of no use to others.
    pub(super) async fn lift_limits(&mut self, script: Option<&'static str>) -> Result<()> {
        if let Some(script) = script {
            self.spent = true;
            self.drive(ErrorKind::Timeout, |connection| {
                D::run_script(connection, SqlStr::from_static(script))
            })
            .await?;
        }
        self.settings.response_timeout = None;
        Ok(())
    }

    /// Begins a transaction. Through the driver and not as text, so that a transaction that a user
    /// begins on the same connection becomes a savepoint.
    pub(super) async fn begin(&mut self) -> Result<()> {
        self.in_transaction = true;
        self.drive(ErrorKind::Timeout, |connection| {
            <D::Database as Database>::TransactionManager::begin(connection, None).boxed()
        })
        .await
    }

    /// Commits the transaction, and closes the connection if that fails.
    pub(super) async fn commit(mut self) -> Result<()> {
        self.drive(ErrorKind::OutcomeUnknown, |connection| {
            <D::Database as Database>::TransactionManager::commit(connection).boxed()
        })
        .await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Rolls the transaction back, and closes the connection if that fails.
    pub(super) async fn roll_back(mut self) -> Result<()> {
        self.drive(ErrorKind::Unavailable, |connection| {
            <D::Database as Database>::TransactionManager::rollback(connection).boxed()
        })
        .await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Whether further work is possible.
    pub(super) const fn is_at_rest(&self) -> bool {
        self.at_rest
    }

    /// The connection, which is closed unless it is said to be at rest again.
    fn disturb(&mut self) -> Result<&mut DriverConnection<D>> {
        let at_rest = std::mem::replace(&mut self.at_rest, false);
        match &mut self.connection {
            Some(connection) if at_rest => Ok(connection),
            _ => Err(Error::new(
                ErrorKind::Aborted,
                "the connection was lost, or a statement was given up before it ended",
            )),
        }
    }
}

impl<D: Driver> Drop for Lease<D> {
    fn drop(&mut self) {
        // sqlx spawns a task for every connection that goes back and panics where it cannot; also
        // the future of a statement can be dropped outside of a runtime.
        let _runtime = self.settings.runtime.enter();
        if let Some(connection) = self.connection.take()
            && (!self.at_rest || self.in_transaction || self.spent)
        {
            // Neither a polite farewell nor a wait for the server: it rolls back once it sees that
            // the socket is closed, and the place in the pool is free at once.
            drop(connection.detach());
        }
    }
}

/// Waits for work no longer than allowed. Answering late means that the connection is given up.
async fn limited<T>(
    limit: Option<Duration>,
    on_timeout: ErrorKind,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    let Some(limit) = limit else {
        return work.await;
    };
    match tokio::time::timeout(limit, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::new(on_timeout, "the server did not answer in time")),
    }
}
