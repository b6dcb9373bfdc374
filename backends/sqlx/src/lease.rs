//! A connection on loan that goes back to the pool only when it is at rest.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use genledger_contract::{Error, ErrorKind, Result};
use genledger_sql::{Context, Scope, WorkFuture};
use sqlx::{Connection, Database, SqlStr};
use sqlx_core::transaction::TransactionManager;

use crate::connection::SqlxConnection;
use crate::driver::{Driver, DriverConnection};
use crate::error::{Effect, classify_effect, lost, misplaced, refuses_writes, spoils};
use crate::places::{Held, Places};
use crate::safe;

/// Whether work writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It only reads.
    Read,
    /// It writes.
    Write,
}

/// How a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing is under way.
    AtRest,
    /// A statement has not come to its end.
    Busy,
    /// It failed. This stays, whatever a later statement says.
    Lost,
}

/// Whether a connection that works may be used by others afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fitness {
    /// It may.
    Fit,
    /// It may not.
    Spent,
    /// It may not: its session is another one's. What was sent last was not executed.
    Misplaced,
}

/// How long statements may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Time {
    /// As long as this for an answer, and as the server is set for a statement.
    Limited(Option<Duration>),
    /// As long as they take.
    Unlimited,
}

impl Time {
    const fn limit(self) -> Option<Duration> {
        match self {
            Self::Limited(limit) => limit,
            Self::Unlimited => None,
        }
    }
}

/// A connection of a pool.
///
/// It is closed instead of going back while a statement is under way on it, after it failed or an
/// error spoilt it, and while a transaction is open on it. What is under way is stopped in the server.
pub(crate) struct Lease<D: Driver> {
    /// Gone once the connection was closed.
    held: Option<Held<D>>,
    state: State,
    /// A transaction is open.
    in_transaction: bool,
    fitness: Fitness,
    /// Whether the server has answered on it since it was taken from the pool.
    proven: bool,
    time: Time,
    places: Arc<Places<D>>,
}

impl<D: Driver> Lease<D> {
    pub(crate) fn new(held: Held<D>, places: Arc<Places<D>>) -> Self {
        Self {
            held: Some(held),
            state: State::AtRest,
            in_transaction: false,
            fitness: Fitness::Fit,
            proven: false,
            time: Time::Limited(places.settings().response_timeout),
            places,
        }
    }

    /// The connections of the pool.
    pub(crate) const fn places(&self) -> &Arc<Places<D>> {
        &self.places
    }

    /// Takes the connection out, whatever is under way on it.
    pub(crate) const fn take(&mut self) -> Option<Held<D>> {
        self.held.take()
    }

    /// Asks the server whether it is there.
    pub(crate) async fn test(&mut self) -> Result<()> {
        let connection = self.start()?;
        let tested = connection.ping().await;
        self.finish(tested, Effect::None)
    }

    /// Sets the connection up, however it was before, if that holds from one transaction to the next.
    pub(crate) async fn set_up(&mut self) -> Result<()> {
        if self.begin_script().is_some() {
            return self.test().await;
        }
        let driver = self.places.settings().driver.clone();
        let connection = self.start()?;
        let session = driver.set_up(connection).await;
        let session = self.finish(session, Effect::None)?;
        if let Some(held) = &mut self.held {
            held.session = session;
        }
        Ok(())
    }

    /// Runs work on the connection. After work that was dropped in the middle of a statement, or that
    /// lost the connection, all further work is [`Aborted`](ErrorKind::Aborted).
    pub(crate) async fn work<T>(
        &mut self,
        scope: Scope,
        access: Access,
        work: impl for<'c> FnOnce(Context<'c>) -> WorkFuture<'c, T>,
    ) -> Result<T> {
        let on_timeout = match (scope, access) {
            (Scope::Autocommit, Access::Write) => ErrorKind::OutcomeUnknown,
            _ => ErrorKind::Timeout,
        };
        let limit = self.time.limit();
        let dialect = self.places.settings().dialect;
        let mut connection = SqlxConnection::new(self, scope, access);
        let context = Context {
            connection: &mut connection,
            scope,
            dialect,
        };
        limited(limit, on_timeout, work(context)).await
    }

    /// Runs something else on the driver's connection, under the same guard.
    pub(crate) async fn drive<T, F>(
        &mut self,
        effect: Effect,
        on_timeout: ErrorKind,
        drive: F,
    ) -> Result<T>
    where
        F: for<'c> FnOnce(&'c mut DriverConnection<D>) -> BoxFuture<'c, sqlx::Result<T>> + Send,
    {
        let limit = self.time.limit();
        let driven = async {
            let outcome = drive(self.start()?).await;
            self.finish(outcome, effect)
        };
        // A time-out drops the future in the middle of a statement.
        limited(limit, on_timeout, driven).await
    }

    /// Runs SQL of the application in the transaction, and proves that the transaction is still
    /// the same: a savepoint made before it is there afterwards. Otherwise what comes next would be
    /// committed by itself, statement by statement. The connection is then of no use to others.
    pub(crate) async fn own_sql<T, F>(&mut self, work: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c mut DriverConnection<D>) -> BoxFuture<'c, sqlx::Result<T>> + Send,
    {
        self.fitness = Fitness::Spent;
        self.script("SAVEPOINT genledger_own").await?;
        let answer = self.drive(Effect::None, ErrorKind::Timeout, work).await?;
        let depth = self
            .held
            .as_ref()
            .map_or(0, |held| depth::<D>(&held.connection));
        let released = self.script("RELEASE SAVEPOINT genledger_own").await;
        match released {
            // A transaction that the application began inside of it and did not end.
            Ok(()) if depth > 1 => Err(ended_by_own_sql()),
            Ok(()) => Ok(answer),
            Err(error) if self.state == State::Lost => Err(error),
            Err(error) => Err(ended_by_own_sql().with_source(error)),
        }
    }

    async fn script(&mut self, sql: &'static str) -> Result<()> {
        self.drive(Effect::None, ErrorKind::Timeout, |connection| {
            D::run_script(connection, SqlStr::from_static(sql))
        })
        .await
    }

    /// Lifts the limit on the time of an answer, and with a script those of the server; the
    /// connection is then of no use to others.
    pub(crate) async fn lift_limits(&mut self, script: Option<&'static str>) -> Result<()> {
        self.time = Time::Unlimited;
        if let Some(script) = script
            && self.begin_script().is_none()
        {
            self.fitness = Fitness::Spent;
            self.script(script).await?;
        }
        Ok(())
    }

    /// Begins a transaction. Through the driver and not as text, so that a transaction that a user
    /// begins on the same connection becomes a savepoint.
    pub(crate) async fn begin(&mut self) -> Result<()> {
        loop {
            self.in_transaction = true;
            let script = self.begin_script().map(safe);
            let begun = self
                .drive(Effect::None, ErrorKind::Timeout, |connection| {
                    <D::Database as Database>::TransactionManager::begin(connection, script).boxed()
                })
                .await;
            match begun {
                Err(_) if self.was_dead() => self.replace().await?,
                begun => return begun,
            }
        }
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

    /// Whether further work is possible.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.state == State::AtRest
    }

    /// Whether the connection was lost and the server had not answered on it before: it was dead when
    /// it was taken from the pool. Then what was sent on it can be tried again on
    /// [another](Self::replace), if nothing comes of it twice.
    pub(crate) fn was_dead(&self) -> bool {
        self.state == State::Lost && !self.proven
    }

    /// Whether what was sent last was not executed, since the connection has lost its session: it can be
    /// sent again on [another](Self::replace).
    pub(crate) fn is_misplaced(&self) -> bool {
        self.fitness == Fitness::Misplaced
    }

    /// Whether the connection is gone.
    pub(crate) fn is_lost(&self) -> bool {
        self.state == State::Lost
    }

    /// Another connection in place of one that is dead or misplaced.
    pub(crate) async fn replace(&mut self) -> Result<()> {
        self.in_transaction = false;
        self.fitness = Fitness::Fit;
        let Some(dead) = self.held.take() else {
            return Err(gone());
        };
        let places = Arc::clone(&self.places);
        let mut other = places.replace(dead).await?;
        self.held = other.take();
        self.state = State::AtRest;
        // It was tested or opened just now.
        self.proven = true;
        Ok(())
    }

    /// See [`Driver::begin_script`].
    pub(crate) fn begin_script(&self) -> Option<Arc<str>> {
        self.places
            .settings()
            .driver
            .begin_script(self.time == Time::Unlimited)
    }

    /// Whether a transaction is open.
    pub(crate) const fn is_in_transaction(&self) -> bool {
        self.in_transaction
    }

    /// Notes that a transaction was begun or ended by a script.
    pub(crate) const fn set_in_transaction(&mut self, open: bool) {
        self.in_transaction = open;
    }

    /// The connection, on which a statement is now under way.
    pub(crate) fn start(&mut self) -> Result<&mut DriverConnection<D>> {
        match &mut self.held {
            Some(held) if self.state == State::AtRest => {
                self.state = State::Busy;
                Ok(&mut held.connection)
            }
            _ => Err(gone()),
        }
    }

    /// Notes that a statement has come to its end.
    pub(crate) fn finish<T>(&mut self, outcome: sqlx::Result<T>, effect: Effect) -> Result<T> {
        self.state = State::AtRest;
        let error = match outcome {
            Ok(value) => {
                self.proven = true;
                return Ok(value);
            }
            Err(error) => error,
        };
        if lost::<D>(&error) {
            self.state = State::Lost;
        } else {
            self.proven = true;
        }
        if refuses_writes::<D>(&error) {
            // Another server is the primary now, and the idle connections do not lead there.
            self.fitness = Fitness::Spent;
            self.places.close_idle();
        }
        if misplaced::<D>(&error) {
            self.fitness = Fitness::Misplaced;
            self.places.give_up_sessions();
        }
        if spoils::<D>(&error) {
            self.fitness = Fitness::Spent;
        }
        Err(classify_effect::<D>(error, effect))
    }
}

impl<D: Driver> Drop for Lease<D> {
    fn drop(&mut self) {
        let Some(held) = self.held.take() else {
            return;
        };
        if self.state != State::AtRest || self.in_transaction {
            self.places.retire(held);
        } else if self.fitness != Fitness::Fit
            || self.places.settings().driver.worn(&held.connection)
        {
            self.places.close_politely(held);
        } else {
            self.places.give_back(held);
        }
    }
}

/// How many transactions of sqlx are open inside of each other.
pub(crate) fn depth<D: Driver>(connection: &DriverConnection<D>) -> usize {
    <D::Database as Database>::TransactionManager::get_transaction_depth(connection)
}

fn ended_by_own_sql() -> Error {
    Error::new(
        ErrorKind::Aborted,
        "SQL of the application ended the transaction, or left one open inside of it",
    )
}

fn gone() -> Error {
    Error::new(
        ErrorKind::Aborted,
        "the connection was lost, or a statement was given up before it ended",
    )
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
