//! A connection on loan as the statements above use it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use genledger_contract::row::{RowBatch, RowReader};
use genledger_contract::table::ColumnDef;
use genledger_contract::{Error, Result};
use genledger_sql::{Connection, CopyIn, Limits, Param, Scope, Visit};
use sqlx::{Arguments as _, Either};

use crate::driver::{Arguments, Driver, DriverConnection};
use crate::error::Effect;
use crate::lease::{Access, Lease};
use crate::row::Reader;
use crate::safe;

/// A connection that runs statements, and knows which of them can be tried again.
pub(crate) struct SqlxConnection<'c, D: Driver> {
    lease: &'c mut Lease<D>,
    scope: Scope,
    access: Access,
}

impl<D: Driver> fmt::Debug for SqlxConnection<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlxConnection").finish_non_exhaustive()
    }
}

impl<'c, D: Driver> SqlxConnection<'c, D> {
    pub(crate) const fn new(lease: &'c mut Lease<D>, scope: Scope, access: Access) -> Self {
        Self {
            lease,
            scope,
            access,
        }
    }

    /// Runs a statement to its end, hands over its rows and returns how many it touched.
    async fn run(
        &mut self,
        sql: &Arc<str>,
        arguments: &(dyn Fn(&D) -> Result<Arguments<D>> + Sync),
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<u64> {
        let driver = self.lease.places().settings().driver.clone();
        let bound = arguments(&driver)?;
        let mut seen = false;
        let mut watched = |row: &dyn RowReader| {
            seen = true;
            visit(row)
        };
        let outcome = self.run_whole(sql, bound, columns, &mut watched).await;
        match outcome {
            // It read nothing on a connection that was dead before, or was not executed.
            Err(_)
                if !seen && self.reads() && self.lease.was_dead()
                    || self.stands_alone() && self.lease.is_misplaced() =>
            {
                self.lease.replace().await?;
                self.run_whole(sql, arguments(&driver)?, columns, visit)
                    .await
            }
            outcome => outcome,
        }
    }

    /// Runs a statement, in a transaction of its own where it needs one.
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
                // When even this fails, the connection is lost, which undoes everything as well.
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
        let begins = control == Some(Control::Begin) && self.stands_alone();
        let own = self.lease.begin_script().filter(|_| begins);
        let sql = own.unwrap_or_else(|| sql.into());
        loop {
            let outcome = D::run_script(self.lease.start()?, safe(Arc::clone(&sql))).await;
            match self.lease.finish(outcome, effect) {
                Ok(()) => break,
                Err(_) if begins && self.lease.was_dead() => self.lease.replace().await?,
                Err(error) => return Err(error),
            }
        }
        if let Some(control) = control {
            self.lease.set_in_transaction(control == Control::Begin);
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
        let driver = self.lease.places().settings().driver.clone();
        let connection = self.lease.start()?;
        let (outcome, visited) = send(&driver, connection, sql, arguments, columns, visit).await;
        self.lease
            .finish(outcome, effect)
            .and_then(|touched| visited.map(|()| touched))
    }

    /// Whether a statement commits by itself.
    fn stands_alone(&self) -> bool {
        self.scope == Scope::Autocommit && !self.lease.is_in_transaction()
    }

    /// Whether a statement must be given a transaction, since nothing would be set up for it.
    fn needs_transaction(&self) -> bool {
        self.stands_alone() && self.lease.begin_script().is_some()
    }

    fn effect(&self) -> Effect {
        if self.stands_alone() && self.access == Access::Write {
            Effect::Own
        } else {
            Effect::None
        }
    }

    /// Whether statements have no effect.
    fn reads(&self) -> bool {
        self.stands_alone() && self.access == Access::Read
    }
}

#[async_trait]
impl<D: Driver> Connection for SqlxConnection<'_, D> {
    fn limits(&self) -> Limits {
        self.lease.places().settings().driver.limits()
    }

    async fn execute(&mut self, sql: &Arc<str>, params: &[Param<'_>]) -> Result<u64> {
        self.run(sql, &|driver| bound(driver, params), &[], &mut |_| Ok(()))
            .await
    }

    async fn query(
        &mut self,
        sql: &Arc<str>,
        params: &[Param<'_>],
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<()> {
        self.run(sql, &|driver| bound(driver, params), columns, visit)
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
        self.lease.places().settings().driver.can_copy(copy)
    }

    async fn copy_rows(&mut self, copy: &CopyIn, batch: &RowBatch, rows: &[usize]) -> Result<()> {
        let effect = self.effect();
        let driver = self.lease.places().settings().driver.clone();
        let outcome = driver.copy(self.lease.start()?, copy, batch, rows).await;
        copied(self.lease.finish(outcome, effect)?)
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

/// Sends a statement and reads its answer to the end: how many rows it touched, and whether the visitor
/// took its rows. An error of the visitor stops the visits but not the reading: a connection in the
/// middle of an answer is of no use to the transaction that it belongs to.
pub(crate) async fn send<D: Driver>(
    driver: &D,
    connection: &mut DriverConnection<D>,
    sql: &Arc<str>,
    arguments: Arguments<D>,
    columns: &[ColumnDef],
    visit: Visit<'_>,
) -> (sqlx::Result<u64>, Result<()>) {
    let mut answer = driver.run(connection, safe(Arc::clone(sql)), arguments);
    let mut touched = 0;
    let mut visited = Ok(());
    let outcome = loop {
        match answer.try_next().await {
            Ok(Some(Either::Left(count))) => touched += count,
            Ok(Some(Either::Right(row))) if visited.is_ok() => {
                visited = visit(&Reader::<D>::new(&row, columns));
            }
            Ok(Some(Either::Right(_))) => {}
            Ok(None) => break Ok(touched),
            Err(error) => break Err(error),
        }
    };
    (outcome, visited)
}

/// Whether a COPY was what an INSERT would have been.
pub(crate) fn copied(was_insert: bool) -> Result<()> {
    if was_insert {
        return Ok(());
    }
    Err(Error::unsupported("COPY into this table"))
}

/// The arguments of a statement.
pub(crate) fn bound<D: Driver>(driver: &D, params: &[Param<'_>]) -> Result<Arguments<D>> {
    let mut arguments = Arguments::<D>::default();
    arguments.reserve(params.len(), params.len() * 16);
    for param in params {
        driver.bind(&mut arguments, param)?;
    }
    Ok(arguments)
}

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
