//! Units of an adoption: each is committed by itself, under the lease.

use std::sync::Arc;
use std::time::Duration;

use genledger_contract::schema::Adoption;
use genledger_contract::table::TableDef;
use genledger_contract::{Error, ErrorKind, MigrationSet, Result};

use super::found::Found;
use super::note;
use crate::dialect::{Dialect, Family};
use crate::executor::{Context, Executor, Scope, WorkFuture};
use crate::migrate::OPERATION;
use crate::migrate::lease::Owner;
use crate::migrate::steps;
use crate::migrate::task::{TARGET, Task};
use crate::traced::Traced;

/// How often a unit is tried, while other transactions hold its locks.
const ATTEMPTS: u32 = 20;
const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Ends the transaction of a process that disappeared without closing its connection.
const IDLE_TIMEOUT: &str = "SET LOCAL idle_in_transaction_session_timeout = 10000";

/// A change that waits for a lock makes all later statements wait behind it.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = 3000";

/// Work of a unit, which may be repeated.
pub(super) type Work<T> =
    Box<dyn for<'c> Fn(Context<'c>) -> WorkFuture<'c, T> + Send + Sync + 'static>;

/// A change of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Statements of one transaction; on `MySQL` a single one.
    Together(Vec<String>),
    /// A statement that runs without a transaction, and the one instead where a pooler permits only transactions.
    Alone(String, String),
}

/// The units of the adoption of one table.
pub(super) struct Units<X> {
    executor: Arc<X>,
    pub(super) task: Task,
    pub(super) set: &'static str,
    pub(super) noted_set: Arc<str>,
    /// The number of the adoption in its set, from 1.
    pub(super) version: u32,
    pub(super) adoption: &'static Adoption,
    owner: Option<Owner>,
}

impl<X> Clone for Units<X> {
    fn clone(&self) -> Self {
        Self {
            executor: Arc::clone(&self.executor),
            task: self.task.clone(),
            set: self.set,
            noted_set: Arc::clone(&self.noted_set),
            version: self.version,
            adoption: self.adoption,
            owner: self.owner.clone(),
        }
    }
}

impl<X: Executor> Units<X> {
    pub(super) fn new(
        executor: &Arc<X>,
        task: &Task,
        set: &MigrationSet,
        adoption: &'static Adoption,
        owner: Option<Owner>,
    ) -> Self {
        let earlier = set.adoptions.iter().take_while(|one| *one != adoption);
        Self {
            executor: Arc::clone(executor),
            task: task.clone(),
            set: set.name,
            noted_set: note::set_name(set).into(),
            version: earlier.fold(1, |version, _| version + 1),
            adoption,
            owner,
        }
    }

    pub(super) const fn dialect(&self) -> &'static Dialect {
        self.task.dialect
    }

    /// Reads the description of the table.
    pub(super) async fn look(&self) -> Result<Option<Found>> {
        self.look_at(*self.adoption.table).await
    }

    pub(super) async fn look_at(&self, table: TableDef) -> Result<Option<Found>> {
        let schema = self.task.schema;
        let found = self.read(Box::new(move |context| {
            Box::pin(async move { schema.introspect(context.connection, &table).await })
        }));
        Ok(found.await?.map(Found))
    }

    /// Creates the tables of the library that an adoption needs, and waits until it has the lease.
    pub(super) async fn prepare(&self) -> Result<()> {
        let mut wait = FIRST_WAIT;
        loop {
            let (task, owner) = (self.task.clone(), self.owner.clone());
            let prepared = self.run(Box::new(move |context| {
                let (task, owner) = (task.clone(), owner.clone());
                Box::pin(async move { steps::prepare(context, &task, owner.as_ref()).await })
            }));
            if prepared.await? {
                return Ok(());
            }
            tracing::debug!(target: TARGET, "another process is migrating");
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    pub(super) async fn release(&self) -> Result<()> {
        let Some(owner) = self.owner.clone() else {
            return Ok(());
        };
        self.run(Box::new(move |context| {
            let owner = owner.clone();
            Box::pin(async move { owner.release(context.connection, context.dialect).await })
        }))
        .await
    }

    /// Changes the schema.
    pub(super) async fn change(&self, change: Change) -> Result<()> {
        match change {
            Change::Together(mut statements) => {
                if self.dialect().family() == Family::Postgres {
                    statements.insert(0, LOCK_TIMEOUT.to_owned());
                }
                self.write(Box::new(move |context| {
                    let statements = statements.clone();
                    Box::pin(async move {
                        for statement in statements {
                            context.connection.run_script(&statement).await?;
                        }
                        Ok(())
                    })
                }))
                .await
            }
            Change::Alone(alone, together) => {
                self.leased(Box::new(move |context| {
                    let statement = match context.scope {
                        Scope::Autocommit => alone.clone(),
                        Scope::Transaction => together.clone(),
                    };
                    Box::pin(async move { context.connection.run_script(&statement).await })
                }))
                .await
            }
        }
    }

    /// Runs work that reads.
    pub(super) async fn read<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        let work = Arc::new(work);
        let events = self.task.events;
        let (dialect, table) = (self.dialect(), self.adoption.table.name);
        self.executor
            .read(
                crate::hints::Hints::default(),
                Box::new(move |context| {
                    Box::pin(async move {
                        let mut slot = None;
                        let listener = events.of(OPERATION, Some(table));
                        let context = Traced::context(context, listener, &mut slot);
                        work(context.with_dialect(dialect)).await
                    })
                }),
            )
            .await
    }

    /// Runs work in a transaction, under the lease.
    pub(super) async fn write<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        let work = Arc::new(work);
        let owner = self.owner.clone();
        self.run(Box::new(move |context| {
            let (work, owner) = (Arc::clone(&work), owner.clone());
            Box::pin(async move { in_transaction(context, owner.as_ref(), &**work).await })
        }))
        .await
    }

    /// Runs work without a transaction, under the lease.
    pub(super) async fn leased<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        let work = Arc::new(work);
        let owner = self.owner.clone();
        self.run(Box::new(move |context| {
            let (work, owner) = (Arc::clone(&work), owner.clone());
            Box::pin(async move {
                let Context {
                    connection,
                    scope,
                    dialect,
                } = context;
                lease(owner.as_ref(), &mut *connection, dialect).await?;
                let context = Context {
                    connection,
                    scope,
                    dialect,
                };
                work(context).await
            })
        }))
        .await
    }

    /// Runs work, and repeats it while other transactions hold its locks.
    async fn run<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        let work = Arc::new(work);
        let mut wait = FIRST_WAIT;
        let mut attempt = 1;
        loop {
            match self.once(Arc::clone(&work)).await {
                Err(error) if attempt < ATTEMPTS && is_transient(&error) => {
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn once<T: Send + 'static>(&self, work: Arc<Work<T>>) -> Result<T> {
        let events = self.task.events;
        let (dialect, table) = (self.dialect(), self.adoption.table.name);
        self.executor
            .run_unlimited(Box::new(move |context| {
                Box::pin(async move {
                    let mut slot = None;
                    let listener = events.of(OPERATION, Some(table));
                    let context = Traced::context(context, listener, &mut slot);
                    work(context.with_dialect(dialect)).await
                })
            }))
            .await
    }
}

async fn in_transaction<T>(
    context: Context<'_>,
    owner: Option<&Owner>,
    work: &(dyn for<'c> Fn(Context<'c>) -> WorkFuture<'c, T> + Send + Sync),
) -> Result<T> {
    let Context {
        connection,
        scope,
        dialect,
    } = context;
    let own = scope == Scope::Autocommit;
    if own {
        connection.run_script("BEGIN").await?;
        if dialect.family() == Family::Postgres {
            connection.run_script(IDLE_TIMEOUT).await?;
        }
    }
    let mut outcome = lease(owner, &mut *connection, dialect).await.map(|()| None);
    if outcome.is_ok() {
        let inner = Context {
            connection: &mut *connection,
            scope: Scope::Transaction,
            dialect,
        };
        outcome = work(inner).await.map(Some);
    }
    if own {
        let end = if outcome.is_ok() {
            "COMMIT"
        } else {
            "ROLLBACK"
        };
        let ended = connection.run_script(end).await;
        if outcome.is_ok() {
            ended?;
        }
    }
    outcome?.ok_or_else(busy)
}

/// Acquires or renews the lease.
async fn lease(
    owner: Option<&Owner>,
    connection: &mut dyn crate::connection::Connection,
    dialect: &'static Dialect,
) -> Result<()> {
    match owner {
        Some(owner) if !owner.acquire(connection, dialect).await? => Err(busy()),
        _ => Ok(()),
    }
}

/// Another process holds the lease.
fn busy() -> Error {
    Error::new(ErrorKind::Timeout, "another process is migrating")
}

/// Whether another transaction was in the way.
fn is_transient(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::SerializationFailure | ErrorKind::Timeout
    )
}
