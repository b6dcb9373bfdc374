//! Runs the steps of a migration on one connection.

use genledger_contract::row::RowBatch;
use genledger_contract::schema::Script;
use genledger_contract::table::TableDef;
use genledger_contract::{Entity, Error, ErrorKind, Result};

use super::history::{self, ScriptRecord, State};
use super::lease::{LeaseRow, Owner};
use super::plan::{Plan, Step, StepKind};
use super::task::{TARGET, Task, failed};
use crate::connection::Connection;
use crate::ddl::create_table_sql;
use crate::dialect::{Dialect, Family};
use crate::executor::{Context, Scope};
use crate::lower::bulk_insert;
use crate::partition::Table;

/// How often the creation of a table of the library is tried, since other processes may create it at the same time.
const ATTEMPTS: u32 = 5;

/// Ends the transaction of a process that disappeared without closing its connection, since it keeps
/// the lease. Longer than a process needs between two statements of a step.
const IDLE_TIMEOUT: &str = "SET LOCAL idle_in_transaction_session_timeout = 10000";

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RunEnd {
    /// All steps were run.
    Done,
    /// Another process holds the lease.
    Busy,
}

/// Runs all steps and returns their names.
pub(super) async fn run(
    context: Context<'_>,
    task: &Task,
    owner: Option<&Owner>,
) -> Result<(Vec<String>, RunEnd)> {
    let mut runner = Runner::new(context, task, owner);
    if !runner.prepare().await? {
        return Ok((Vec::new(), RunEnd::Busy));
    }
    let Some(owner) = owner else {
        return runner.all().await;
    };
    let outcome = runner.all().await;
    // On a failed connection this fails too; `LeaseGuard` then releases the lease.
    let released = owner.release(runner.connection, runner.dialect).await;
    let outcome = outcome?;
    released?;
    Ok(outcome)
}

/// Creates the tables of the library and acquires the lease; `false` if another owner holds it.
pub(super) async fn prepare(
    context: Context<'_>,
    task: &Task,
    owner: Option<&Owner>,
) -> Result<bool> {
    Runner::new(context, task, owner).prepare().await
}

/// The connection on which steps run.
struct Runner<'s> {
    connection: &'s mut dyn Connection,
    scope: Scope,
    dialect: &'static Dialect,
    task: &'s Task,
    owner: Option<&'s Owner>,
}

impl<'s> Runner<'s> {
    fn new<'c: 's>(context: Context<'c>, task: &'s Task, owner: Option<&'s Owner>) -> Self {
        let Context {
            connection, scope, ..
        } = context;
        Self {
            connection,
            scope,
            dialect: task.dialect,
            task,
            owner,
        }
    }

    async fn prepare(&mut self) -> Result<bool> {
        self.create_if_missing(ScriptRecord::TABLE).await?;
        let Some(owner) = self.owner else {
            return Ok(true);
        };
        self.create_if_missing(LeaseRow::TABLE).await?;
        self.insert_lease().await?;
        owner.acquire(self.connection, self.dialect).await
    }

    async fn all(&mut self) -> Result<(Vec<String>, RunEnd)> {
        let plan = Plan::of(self.connection, self.dialect, self.task).await?;
        let mut applied = Vec::new();
        for step in &plan.steps {
            tracing::debug!(target: TARGET, step = step.name(), "migrating");
            if !self.step(step).await? {
                return Ok((applied, RunEnd::Busy));
            }
            tracing::info!(target: TARGET, step = step.name(), "migrated");
            if !matches!(step.kind, StepKind::Skip(_) | StepKind::Partition(_)) {
                applied.push(step.name());
            }
        }
        Ok((applied, RunEnd::Done))
    }

    /// Runs one step; `false` if another process has acquired the lease.
    async fn step(&mut self, step: &Step) -> Result<bool> {
        let own = self.scope == Scope::Autocommit;
        if own {
            self.connection.run_script("BEGIN").await?;
            if self.dialect.family() == Family::Postgres {
                self.connection.run_script(IDLE_TIMEOUT).await?;
            }
        }
        let outcome = self.run_in_transaction(step).await;
        if own {
            let end = if matches!(outcome, Ok(true)) {
                "COMMIT"
            } else {
                "ROLLBACK"
            };
            let ended = self.connection.run_script(end).await;
            if outcome.is_ok() {
                ended?;
            }
        }
        if let (Err(error), StepKind::Script(script, State::New)) = (&outcome, &step.kind) {
            self.remove_record(step.set, script, error).await;
        }
        outcome.map_err(|error| failed(step.set, &step.name(), error))
    }

    async fn run_in_transaction(&mut self, step: &Step) -> Result<bool> {
        if let Some(owner) = self.owner
            && !owner.renew(self.connection, self.dialect).await?
        {
            return Ok(false);
        }
        match &step.kind {
            StepKind::Script(script, state) => self.script(step.set, script, *state).await?,
            StepKind::Table(table, covered) => {
                for script in covered {
                    self.skip(step.set, script).await?;
                }
                self.table(table).await?;
            }
            StepKind::Partition(table) => {
                let placed = self.dialect.place(table);
                let mut table = Table::new(self.connection, self.dialect, placed)?;
                table.partition_if_empty().await?;
            }
            StepKind::Skip(script) => self.skip(step.set, script).await?,
        }
        Ok(true)
    }

    async fn script(&mut self, set: &str, script: &Script, state: State) -> Result<()> {
        if state == State::New {
            history::start(self.connection, self.dialect, set, script).await?;
        }
        if !script.sql.trim().is_empty()
            && let Err(error) = self.connection.run_script(script.sql).await
        {
            // It was interrupted after it took effect.
            let done = state == State::Started { same: true }
                && self.task.schema.is_already_applied(script.sql, &error);
            if !done {
                return Err(error);
            }
        }
        history::finish(self.connection, self.dialect, set, script).await
    }

    async fn skip(&mut self, set: &str, script: &Script) -> Result<()> {
        // It may have started before its table was removed.
        history::remove(self.connection, self.dialect, set, script).await?;
        history::skip(self.connection, self.dialect, set, script).await
    }

    /// Removes the record that a script has started, which `MySQL` commits, after an error that proves
    /// that it had no effect. If that fails, the script counts as interrupted.
    async fn remove_record(&mut self, set: &str, script: &Script, error: &Error) {
        let certain = !matches!(
            error.kind(),
            ErrorKind::Unavailable | ErrorKind::OutcomeUnknown | ErrorKind::Aborted
        );
        if self.dialect.family() == Family::MySql && certain {
            drop(history::remove(self.connection, self.dialect, set, script).await);
        }
    }

    /// Creates a table of the library unless it exists. `IF NOT EXISTS` of `PostgreSQL` may fail when
    /// another process creates the table at the same time, so it is retried.
    async fn create_if_missing(&mut self, table: &'static TableDef) -> Result<()> {
        let mut attempts = ATTEMPTS;
        loop {
            let schema = self.task.schema;
            let placed = self.dialect.place(table);
            if schema.introspect(self.connection, placed).await?.is_some() {
                return Ok(());
            }
            attempts -= 1;
            match self.table(table).await {
                Err(error) if attempts > 0 && may_be_concurrent(&error) => {}
                Ok(()) => return Ok(()),
                Err(error) => return Err(failed("the library's tables", table.name, error)),
            }
        }
    }

    async fn table(&mut self, table: &'static TableDef) -> Result<()> {
        for statement in create_table_sql(self.dialect, self.dialect.place(table)) {
            self.connection.run_script(&statement).await?;
        }
        Ok(())
    }

    /// Inserts the row of the lease unless it exists.
    async fn insert_lease(&mut self) -> Result<()> {
        let mut there = false;
        let sql = "SELECT id FROM _genledger_migration_lease WHERE id = 1";
        let columns = &LeaseRow::TABLE.columns[..1];
        self.connection
            .query(&sql.into(), &[], columns, &mut |_| {
                there = true;
                Ok(())
            })
            .await?;
        if there {
            return Ok(());
        }
        let rows = RowBatch::of(&[LeaseRow::free()])?;
        let sql = bulk_insert(self.dialect, LeaseRow::TABLE, 1, &[]);
        match self.connection.insert_rows(&sql, &rows, &[0]).await {
            Err(error) if error.kind() != ErrorKind::UniqueViolation => Err(error),
            // Another process was faster.
            _ => Ok(()),
        }
    }
}

/// Whether another process may have created the table: the server reported that creating it failed.
fn may_be_concurrent(error: &Error) -> bool {
    !matches!(
        error.kind(),
        ErrorKind::Unavailable | ErrorKind::OutcomeUnknown | ErrorKind::Aborted | ErrorKind::Denied
    )
}
