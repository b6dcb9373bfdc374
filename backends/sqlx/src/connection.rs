//! A borrowed sqlx connection as the statements above use it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use genledger_contract::{ColumnDef, Result, RowBatch};
use sqlx::{Arguments as _, Either};

use crate::driver::{Arguments, Driver, DriverConnection};
use crate::error::{connection_lost, spoils};
use crate::row::Reader;
use crate::{classify, safe};
use genledger_sql::{Connection, Limits, Param, Visit};

/// A connection that remembers whether a statement is under way on it.
pub struct SqlxConnection<'c, D: Driver> {
    connection: &'c mut DriverConnection<D>,
    driver: D,
    state: State,
    spent: bool,
    in_transaction: bool,
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

impl<D: Driver> fmt::Debug for SqlxConnection<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlxConnection").finish_non_exhaustive()
    }
}

impl<'c, D: Driver> SqlxConnection<'c, D> {
    /// Borrows a connection that is at rest and in no transaction of this crate's making.
    pub const fn new(connection: &'c mut DriverConnection<D>, driver: D) -> Self {
        Self {
            connection,
            driver,
            state: State::AtRest,
            spent: false,
            in_transaction: false,
        }
    }

    /// Whether the last statement has come to its end and the connection is alive.
    #[must_use]
    pub const fn is_at_rest(&self) -> bool {
        matches!(self.state, State::AtRest)
    }

    /// Whether an error spoilt the connection for others; see [`Driver::spoils`].
    #[must_use]
    pub const fn is_spent(&self) -> bool {
        self.spent
    }

    /// Whether a script began a transaction that no script ended.
    #[must_use]
    pub const fn is_in_transaction(&self) -> bool {
        self.in_transaction
    }

    /// Runs a statement to its end, hands over its rows and answers how many it touched.
    ///
    /// An error of the visitor stops the visits but not the reading: a connection in the middle of
    /// an answer is of no use to the transaction that it belongs to.
    async fn run(
        &mut self,
        sql: &Arc<str>,
        arguments: Arguments<D>,
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<u64> {
        self.begin();
        let mut answer = D::run(self.connection, safe(Arc::clone(sql)), arguments);
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
        drop(answer);
        self.end(outcome)
            .and_then(|touched| visited.map(|()| touched))
    }

    /// Notes that a statement is under way.
    fn begin(&mut self) {
        if self.state == State::AtRest {
            self.state = State::Busy;
        }
    }

    /// Notes that a statement has come to its end.
    fn end<T>(&mut self, outcome: sqlx::Result<T>) -> Result<T> {
        if self.state == State::Busy {
            self.state = State::AtRest;
        }
        outcome.map_err(|error| {
            self.spent |= spoils::<D>(&error);
            let error = classify::<D>(error);
            if connection_lost(&error) {
                self.state = State::Lost;
            }
            error
        })
    }

    fn arguments(&self, params: &[Param<'_>]) -> Result<Arguments<D>> {
        let mut arguments = Arguments::<D>::default();
        arguments.reserve(params.len(), params.len() * 16);
        for param in params {
            self.driver.bind(&mut arguments, param)?;
        }
        Ok(arguments)
    }
}

#[async_trait]
impl<D: Driver> Connection for SqlxConnection<'_, D> {
    fn limits(&self) -> Limits {
        self.driver.limits()
    }

    async fn execute(&mut self, sql: &Arc<str>, params: &[Param<'_>]) -> Result<u64> {
        let arguments = self.arguments(params)?;
        self.run(sql, arguments, &[], &mut |_| Ok(())).await
    }

    async fn query(
        &mut self,
        sql: &Arc<str>,
        params: &[Param<'_>],
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<()> {
        let arguments = self.arguments(params)?;
        self.run(sql, arguments, columns, visit).await.map(drop)
    }

    async fn insert_rows(
        &mut self,
        sql: &Arc<str>,
        batch: &RowBatch,
        rows: &[usize],
    ) -> Result<u64> {
        let mut arguments = Arguments::<D>::default();
        self.driver.bind_rows(&mut arguments, batch, rows)?;
        self.run(sql, arguments, &[], &mut |_| Ok(())).await
    }

    async fn run_script(&mut self, sql: &str) -> Result<()> {
        self.begin();
        let outcome = D::run_script(self.connection, safe(sql.into())).await;
        if outcome.is_ok() {
            self.in_transaction = after(sql).unwrap_or(self.in_transaction);
        }
        self.end(outcome)
    }
}

/// Whether a transaction is open after this statement; `None` when it changes nothing.
fn after(sql: &str) -> Option<bool> {
    let sql = sql.trim_end_matches(';').trim().to_ascii_uppercase();
    match sql.as_str() {
        "COMMIT" | "ROLLBACK" => Some(false),
        begin if begin.starts_with("BEGIN") || begin.starts_with("START TRANSACTION") => Some(true),
        _ => None,
    }
}
