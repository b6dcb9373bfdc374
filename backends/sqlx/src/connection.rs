//! Runs statements on a connection of the pool, with retries on another one if nothing was executed.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::row::{RowBatch, RowReader};
use genledger_contract::table::ColumnDef;
use genledger_contract::{ErrorKind, Result};
use genledger_sql::{Connection, Context, CopyIn, Limits, Param, Scope, Visit, WorkFuture};

use crate::driver::{Arguments, Driver, safe};
use crate::error::Effect;
use crate::pooled::{Pooled, limited};
use crate::statement::{bind_params, check_copied, send};

/// Whether work only reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It only reads.
    Read,
    /// It writes.
    Write,
}

impl<D: Driver> Pooled<D> {
    /// Runs work on the connection. After work that was dropped during a statement, or that lost the
    /// connection, all further work returns [`Aborted`](ErrorKind::Aborted).
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
        let limit = self.time_limit();
        let dialect = self.pool().settings().dialect;
        let mut connection = SqlxConnection::new(self, scope, access);
        let context = Context {
            connection: &mut connection,
            scope,
            dialect,
        };
        limited(limit, on_timeout, work(context)).await
    }
}

/// A connection of the pool that runs statements, and retries those that are safe to repeat.
pub(crate) struct SqlxConnection<'c, D: Driver> {
    pooled: &'c mut Pooled<D>,
    scope: Scope,
    access: Access,
}

impl<D: Driver> fmt::Debug for SqlxConnection<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlxConnection").finish_non_exhaustive()
    }
}

impl<'c, D: Driver> SqlxConnection<'c, D> {
    pub(crate) const fn new(pooled: &'c mut Pooled<D>, scope: Scope, access: Access) -> Self {
        Self {
            pooled,
            scope,
            access,
        }
    }

    /// Runs a statement, calls `visit` for its rows, and returns the number of affected rows.
    async fn run(
        &mut self,
        sql: &Arc<str>,
        arguments: &(dyn Fn(&D) -> Result<Arguments<D>> + Sync),
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<u64> {
        let driver = self.pooled.pool().settings().driver.clone();
        let first = arguments(&driver)?;
        let mut seen = false;
        let mut visit_seen = |row: &dyn RowReader| {
            seen = true;
            visit(row)
        };
        let outcome = self.run_whole(sql, first, columns, &mut visit_seen).await;
        match outcome {
            // A read on a stale connection, or a statement that was not executed.
            Err(_)
                if !seen && self.only_reads() && self.pooled.was_stale()
                    || self.is_autocommit() && self.pooled.session_changed() =>
            {
                self.pooled.replace().await?;
                self.run_whole(sql, arguments(&driver)?, columns, visit)
                    .await
            }
            outcome => outcome,
        }
    }

    /// Runs a statement, in a transaction of its own if it requires one.
    async fn run_whole(
        &mut self,
        sql: &Arc<str>,
        arguments: Arguments<D>,
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<u64> {
        if self.needs_transaction() {
            self.script(BEGIN).await?;
            let outcome = self.run_once(sql, arguments, columns, visit).await;
            return self.end(outcome).await;
        }
        self.run_once(sql, arguments, columns, visit).await
    }

    /// Ends the transaction of a single statement.
    async fn end<T>(&mut self, outcome: Result<T>) -> Result<T> {
        match outcome {
            Ok(value) => self.script(COMMIT).await.map(|()| value),
            Err(error) => {
                // If this fails too, the connection is lost, which also rolls back.
                drop(self.script(ROLLBACK).await);
                Err(error)
            }
        }
    }

    async fn script(&mut self, sql: &str) -> Result<()> {
        let control = Control::of(sql);
        let effect = match control {
            Some(Control::Commit) if self.access == Access::Write => Effect::Commit,
            Some(_) => Effect::None,
            None => self.effect(),
        };
        let begins = control == Some(Control::Begin) && self.is_autocommit();
        let own = self.pooled.begin_script().filter(|_| begins);
        let sql = own.unwrap_or_else(|| sql.into());
        loop {
            let outcome = D::run_script(self.pooled.start()?, safe(Arc::clone(&sql))).await;
            match self.pooled.finish(outcome, effect) {
                Ok(()) => break,
                Err(_) if begins && self.pooled.was_stale() => self.pooled.replace().await?,
                Err(error) => return Err(error),
            }
        }
        if let Some(control) = control {
            self.pooled.set_in_transaction(control == Control::Begin);
        }
        Ok(())
    }

    async fn run_once(
        &mut self,
        sql: &Arc<str>,
        arguments: Arguments<D>,
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<u64> {
        let effect = self.effect();
        let driver = self.pooled.pool().settings().driver.clone();
        let connection = self.pooled.start()?;
        let (outcome, visited) = send(&driver, connection, sql, arguments, columns, visit).await;
        self.pooled
            .finish(outcome, effect)
            .and_then(|affected| visited.map(|()| affected))
    }

    /// Whether a statement commits by itself.
    fn is_autocommit(&self) -> bool {
        self.scope == Scope::Autocommit && !self.pooled.is_in_transaction()
    }

    /// Whether a statement requires a transaction, since session settings do not last behind a pooler.
    fn needs_transaction(&self) -> bool {
        self.is_autocommit() && self.pooled.is_pooled()
    }

    fn effect(&self) -> Effect {
        if self.is_autocommit() && self.access == Access::Write {
            Effect::Own
        } else {
            Effect::None
        }
    }

    /// Whether statements only read, outside of a transaction.
    fn only_reads(&self) -> bool {
        self.is_autocommit() && self.access == Access::Read
    }
}

#[async_trait]
impl<D: Driver> Connection for SqlxConnection<'_, D> {
    fn limits(&self) -> Limits {
        self.pooled.pool().settings().driver.limits()
    }

    async fn execute(&mut self, sql: &Arc<str>, params: &[Param<'_>]) -> Result<u64> {
        self.run(sql, &|driver| bind_params(driver, params), &[], &mut |_| {
            Ok(())
        })
        .await
    }

    async fn query(
        &mut self,
        sql: &Arc<str>,
        params: &[Param<'_>],
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<()> {
        self.run(sql, &|driver| bind_params(driver, params), columns, visit)
            .await
            .map(drop)
    }

    async fn query_arrays(
        &mut self,
        sql: &Arc<str>,
        rows: &[Vec<Param<'_>>],
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<()> {
        let arguments = |driver: &D| {
            let mut arguments = Arguments::<D>::default();
            driver.bind_arrays(&mut arguments, rows)?;
            Ok(arguments)
        };
        self.run(sql, &arguments, columns, visit).await.map(drop)
    }

    async fn insert_rows(
        &mut self,
        sql: &Arc<str>,
        batch: &RowBatch,
        rows: &[usize],
    ) -> Result<u64> {
        let arguments = |driver: &D| {
            let mut arguments = Arguments::<D>::default();
            driver.bind_rows(&mut arguments, batch, rows)?;
            Ok(arguments)
        };
        self.run(sql, &arguments, &[], &mut |_| Ok(())).await
    }

    fn can_copy(&self, copy: &CopyIn) -> bool {
        self.pooled.pool().settings().driver.can_copy(copy)
    }

    async fn copy_rows(&mut self, copy: &CopyIn, batch: &RowBatch, rows: &[usize]) -> Result<()> {
        let effect = self.effect();
        let driver = self.pooled.pool().settings().driver.clone();
        let outcome = driver.copy(self.pooled.start()?, copy, batch, rows).await;
        check_copied(self.pooled.finish(outcome, effect)?)
    }

    async fn run_script(&mut self, sql: &str) -> Result<()> {
        if Control::of(sql).is_none() && self.needs_transaction() {
            self.script(BEGIN).await?;
            let outcome = self.script(sql).await;
            return self.end(outcome).await;
        }
        self.script(sql).await
    }
}

const BEGIN: &str = "BEGIN";
const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";

/// A statement that begins or ends a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    Begin,
    Commit,
    Rollback,
}

impl Control {
    fn of(sql: &str) -> Option<Self> {
        let sql = sql.trim_end_matches(';').trim().to_ascii_uppercase();
        match sql.as_str() {
            "COMMIT" => Some(Self::Commit),
            "ROLLBACK" => Some(Self::Rollback),
            begin if begin.starts_with("BEGIN") || begin.starts_with("START TRANSACTION") => {
                Some(Self::Begin)
            }
            _ => None,
        }
    }
}
