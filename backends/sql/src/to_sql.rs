//! Returns the SQL of statements, without a database.

#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as PollContext, Poll, Waker};

use async_trait::async_trait;
use genledger_contract::backend::Outcome;
use genledger_contract::query::{AggregateQuery, ClaimQuery, Explain};
use genledger_contract::row::RowBatch;
use genledger_contract::statement::{ReadStatement, Select, Statement};
use genledger_contract::table::ColumnDef;
use genledger_contract::{Entity, Error, Query, Result};

use crate::connection::{Connection, CopyIn, Param, Visit};
use crate::dialect::{Dialect, Family, Limits};
use crate::executor::{Context, Scope};
use crate::lower::Lower;
use crate::run;
use crate::shape::Lock;

/// Returns the SQL that a store sends, with placeholders and without values.
///
/// ```
/// use genledger_contract::{Entity, Query};
/// use genledger_sql::{POSTGRES, SQLITE, ToSql};
///
/// /// A price.
/// #[derive(Clone, Debug, Entity)]
/// #[entity(crate = genledger_contract, table = "prices", key(id), index(region, id))]
/// struct Price {
///     /// Its number.
///     id: i64,
///     /// Where.
///     #[column(max_chars = 16)]
///     region: String,
/// }
///
/// # fn main() -> genledger_contract::Result<()> {
/// let query = Query::matching(Price::REGION.eq("eu")).page_size(20);
/// let sql = query.to_sql(&POSTGRES)?;
/// assert!(sql.ends_with(r#"WHERE "region" = $1 ORDER BY "id" ASC LIMIT $2"#), "{sql}");
/// let sql = query.to_sql(&SQLITE)?;
/// assert!(sql.ends_with(r#"WHERE "region" = ? ORDER BY "id" ASC LIMIT ?"#), "{sql}");
/// # Ok(())
/// # }
/// ```
///
/// Some [`Statement`]s consist of several SQL statements that depend on the results of the previous
/// ones: the text is then that for an empty table, with `;` and a line break between the statements.
/// The events of the store report those that are actually sent.
pub trait ToSql {
    /// Returns the SQL in a dialect: one of the statics, or one [with a layout](Dialect::with_layout).
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for an invalid statement, and
    /// [`Schema`](genledger_contract::ErrorKind::Schema) for a column type without a conversion.
    fn to_sql(&self, dialect: &'static Dialect) -> Result<String>;
}

impl<E: Entity> ToSql for Query<E> {
    fn to_sql(&self, dialect: &'static Dialect) -> Result<String> {
        self.statement()?.to_sql(dialect)
    }
}

impl<E: Entity> ToSql for AggregateQuery<E> {
    fn to_sql(&self, dialect: &'static Dialect) -> Result<String> {
        self.statement()?.to_sql(dialect)
    }
}

impl<E: Entity> ToSql for ClaimQuery<E> {
    fn to_sql(&self, dialect: &'static Dialect) -> Result<String> {
        Statement::Claim(self.clone().into_statement()?).to_sql(dialect)
    }
}

impl ToSql for ReadStatement {
    fn to_sql(&self, dialect: &'static Dialect) -> Result<String> {
        match self {
            Self::Select(select) => select.to_sql(dialect),
            Self::Aggregate(aggregate) => Statement::Aggregate(aggregate.clone()).to_sql(dialect),
            _ => Err(Error::unsupported("a statement of a newer version")),
        }
    }
}

impl ToSql for Select {
    fn to_sql(&self, dialect: &'static Dialect) -> Result<String> {
        self.validate()?;
        dialect.check(dialect.place(self.table))?;
        let limits = Limits::of(dialect.family());
        let statement = Lower::new(dialect, limits, self.table).select(self, Lock::No)?;
        Ok(statement.sql().to_string())
    }
}

impl ToSql for Statement {
    fn to_sql(&self, dialect: &'static Dialect) -> Result<String> {
        self.validate()?;
        let mut sent = Recorder {
            dialect,
            sql: Vec::new(),
        };
        let outcome = poll_once(run::execute(
            Context {
                connection: &mut sent,
                // The writer thread of SQLite has a transaction open.
                scope: match dialect.family() {
                    Family::Sqlite => Scope::Transaction,
                    Family::Postgres | Family::MySql => Scope::Autocommit,
                },
                dialect,
            },
            self,
        ));
        match outcome.and_then(Outcome::into_result) {
            Err(error) if sent.sql.is_empty() => Err(error),
            // The statement may fail on an empty table after something was sent.
            _ => Ok(sent.sql.join(";\n")),
        }
    }
}

/// Polls a future that never waits.
fn poll_once<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(work).poll(&mut PollContext::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(Error::unsupported("a statement that waits")),
    }
}

/// A connection to an empty table, which records the statements.
struct Recorder {
    dialect: &'static Dialect,
    sql: Vec<String>,
}

#[async_trait]
impl Connection for Recorder {
    fn limits(&self) -> Limits {
        Limits::of(self.dialect.family())
    }

    async fn execute(&mut self, sql: &Arc<str>, _: &[Param<'_>]) -> Result<u64> {
        self.sql.push(sql.to_string());
        Ok(0)
    }

    async fn query(
        &mut self,
        sql: &Arc<str>,
        _: &[Param<'_>],
        _: &[ColumnDef],
        _: Visit<'_>,
    ) -> Result<()> {
        self.sql.push(sql.to_string());
        Ok(())
    }

    async fn query_arrays(
        &mut self,
        sql: &Arc<str>,
        _: &[Vec<Param<'_>>],
        _: &[ColumnDef],
        _: Visit<'_>,
    ) -> Result<()> {
        self.sql.push(sql.to_string());
        Ok(())
    }

    async fn insert_rows(&mut self, sql: &Arc<str>, _: &RowBatch, rows: &[usize]) -> Result<u64> {
        self.sql.push(sql.to_string());
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }

    fn can_copy(&self, _: &CopyIn) -> bool {
        true
    }

    async fn copy_rows(&mut self, copy: &CopyIn, _: &RowBatch, _: &[usize]) -> Result<()> {
        self.sql.push(copy.sql.to_string());
        Ok(())
    }

    async fn run_script(&mut self, sql: &str) -> Result<()> {
        self.sql.push(sql.to_owned());
        Ok(())
    }
}
