//! Taking steps on one connection.

use genledger_contract::row::RowBatch;
use genledger_contract::schema::Script;
use genledger_contract::table::TableDef;
use genledger_contract::{Entity, Error, ErrorKind, Result};

use super::history::{self, Noted, State};
use super::lease::{LeaseRow, Owner};
use super::plan::{Plan, Step, What};
use super::{TARGET, Task, failed};
use crate::connection::Connection;
use crate::ddl::create_table_sql;
use crate::dialect::{Dialect, Family};
use crate::executor::{Context, Scope};
use crate::lower::bulk_insert;

/// How often a table of the library's own is made, when others make it at the same time.
const ATTEMPTS: u32 = 5;

/// Ends the transaction of a process that is gone without the server's knowledge: it keeps the lease
/// from others. Longer than a process needs between two statements of a step.
const NO_IDLING: &str = "SET LOCAL idle_in_transaction_session_timeout = 10000";

/// How far the steps went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All of them were taken.
    Done,
    /// Another process has the lease.
    Busy,
}

/// Takes all steps, and answers which.
pub(super) async fn run(
    context: Context<'_>,
    task: &Task,
    owner: Option<&Owner>,
) -> Result<(Vec<String>, End)> {
    let mut site = Site {
        connection: context.connection,
        scope: context.scope,
        dialect: task.dialect,
        task,
        owner,
    };
    site.make(Noted::TABLE).await?;
    let Some(owner) = owner else {
        return site.all().await;
    };
    site.make(LeaseRow::TABLE).await?;
    site.make_lease().await?;
    if !owner.acquire(site.connection, site.dialect).await? {
        return Ok((Vec::new(), End::Busy));
    }
    let outcome = site.all().await;
    // On a connection that failed this fails as well; anyone who waits for the work knows.
    let released = owner.release(site.connection, site.dialect).await;
    let outcome = outcome?;
    released?;
    Ok(outcome)
}

/// Where steps are taken.
struct Site<'s> {
    connection: &'s mut dyn Connection,
    scope: Scope,
    dialect: &'static Dialect,
    task: &'s Task,
    owner: Option<&'s Owner>,
}

impl Site<'_> {
    async fn all(&mut self) -> Result<(Vec<String>, End)> {
        let plan = Plan::of(self.connection, self.dialect, self.task).await?;
        let mut applied = Vec::new();
        for step in &plan.steps {
            tracing::debug!(target: TARGET, step = step.name(), "migrating");
            if !self.step(step).await? {
                return Ok((applied, End::Busy));
            }
            tracing::info!(target: TARGET, step = step.name(), "migrated");
            if !matches!(step.what, What::Skip(_)) {
                applied.push(step.name());
            }
        }
        Ok((applied, End::Done))
    }

    /// Takes one step; `false` when another process has taken the lease.
    async fn step(&mut self, step: &Step) -> Result<bool> {
        let own = self.scope == Scope::Autocommit;
        if own {
            self.connection.run_script("BEGIN").await?;
            if self.dialect.family() == Family::Postgres {
                self.connection.run_script(NO_IDLING).await?;
            }
        }
        let taken = self.taken(step).await;
        if own {
            let end = if matches!(taken, Ok(true)) {
                "COMMIT"
            } else {
                "ROLLBACK"
            };
            let ended = self.connection.run_script(end).await;
            if taken.is_ok() {
                ended?;
            }
        }
        if let (Err(error), What::Script(script, State::New)) = (&taken, &step.what) {
            self.undone(step.set, script, error).await;
        }
        taken.map_err(|error| failed(step.set, &step.name(), error))
    }

    async fn taken(&mut self, step: &Step) -> Result<bool> {
        if let Some(owner) = self.owner
            && !owner.renew(self.connection, self.dialect).await?
        {
            return Ok(false);
        }
        match &step.what {
            What::Script(script, state) => self.script(step.set, script, *state).await?,
            What::Table(table, covered) => {
                for script in covered {
                    self.skip(step.set, script).await?;
                }
                self.table(table).await?;
            }
            What::Skip(script) => self.skip(step.set, script).await?,
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
            // It was cut short after it was done.
            let done = state == State::Started { same: true }
                && self.task.schema.is_there_already(script.sql, &error);
            if !done {
                return Err(error);
            }
        }
        history::finish(self.connection, self.dialect, set, script).await
    }

    async fn skip(&mut self, set: &str, script: &Script) -> Result<()> {
        // It may have started before its table went.
        history::forget(self.connection, self.dialect, set, script).await?;
        history::skip(self.connection, self.dialect, set, script).await
    }

    /// Removes the note that a script has started, which `MySQL` commits, after an error that says that
    /// it had no effect. Where that fails the script counts as one that was cut short.
    async fn undone(&mut self, set: &str, script: &Script, error: &Error) {
        let certain = !matches!(
            error.kind(),
            ErrorKind::Unavailable | ErrorKind::OutcomeUnknown | ErrorKind::Aborted
        );
        if self.dialect.family() == Family::MySql && certain {
            drop(history::forget(self.connection, self.dialect, set, script).await);
        }
    }

    /// Makes a table of the library's own unless it is there. `IF NOT EXISTS` of `PostgreSQL` fails when
    /// another process makes the same table at the same time, and finds it the next time.
    async fn make(&mut self, table: &'static TableDef) -> Result<()> {
        let mut left = ATTEMPTS;
        loop {
            let schema = self.task.schema;
            let placed = self.dialect.place(table);
            if schema.introspect(self.connection, placed).await?.is_some() {
                return Ok(());
            }
            left -= 1;
            match self.table(table).await {
                Err(error) if left > 0 && may_pass(&error) => {}
                Ok(()) => return Ok(()),
                Err(error) => return Err(failed("the library's notes", table.name, error)),
            }
        }
    }

    async fn table(&mut self, table: &'static TableDef) -> Result<()> {
        for statement in create_table_sql(self.dialect, self.dialect.place(table)) {
            self.connection.run_script(&statement).await?;
        }
        Ok(())
    }

    /// Makes the one row of the lease unless it is there.
    async fn make_lease(&mut self) -> Result<()> {
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

/// Whether another process may have made the table: the server itself said that it could not.
fn may_pass(error: &Error) -> bool {
    !matches!(
        error.kind(),
        ErrorKind::Unavailable | ErrorKind::OutcomeUnknown | ErrorKind::Aborted | ErrorKind::Denied
    )
}
