//! A connection, and how it runs statements.

mod blocking;
mod open;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use genledger_contract::row::RowBatch;
use genledger_contract::table::ColumnDef;
use genledger_contract::{Error, ErrorKind, Result};
use genledger_sql::{Connection, Context, Family, Limits, Param, SQLITE, Scope, Visit, WorkFuture};
use rusqlite::CachedStatement;

use crate::bind::bind;
use crate::config::SqliteConfig;
use crate::error::classify;
use crate::read::SqliteRow;

/// How a database file is opened.
#[derive(Clone, Debug)]
pub(crate) struct OpenOptions {
    pub(crate) path: PathBuf,
    pub(crate) config: SqliteConfig,
    /// Whether the database is temporary, and needs no fsync.
    pub(crate) temporary: bool,
}

/// A connection. Its methods only wait for the disk, so their futures are ready at once.
#[derive(Debug)]
pub(crate) struct SqliteConnection {
    pub(crate) raw: rusqlite::Connection,
    /// The path of its write-ahead log.
    wal: PathBuf,
    busy_timeout: Duration,
}

impl SqliteConnection {
    /// Runs work to its end.
    pub(crate) fn work<T>(
        &mut self,
        scope: Scope,
        work: impl for<'c> FnOnce(Context<'c>) -> WorkFuture<'c, T>,
    ) -> Result<T> {
        let context = Context {
            connection: self,
            scope,
            dialect: &SQLITE,
        };
        work(context).now_or_never().unwrap_or_else(|| {
            Err(Error::new(
                ErrorKind::Other,
                "work on a SQLite connection did not complete at once",
            ))
        })
    }

    fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>> {
        self.raw.prepare_cached(sql).map_err(classify)
    }
}

fn bind_all(statement: &mut CachedStatement<'_>, params: &[Param<'_>]) -> Result<()> {
    for (index, param) in params.iter().enumerate() {
        bind(statement, index + 1, param.value, param.column_type).map_err(classify)?;
    }
    Ok(())
}

#[async_trait]
impl Connection for SqliteConnection {
    fn limits(&self) -> Limits {
        Limits::of(Family::Sqlite)
    }

    async fn execute(&mut self, sql: &Arc<str>, params: &[Param<'_>]) -> Result<u64> {
        let mut statement = self.prepare(sql)?;
        bind_all(&mut statement, params)?;
        let changed = statement.raw_execute().map_err(classify)?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    async fn query(
        &mut self,
        sql: &Arc<str>,
        params: &[Param<'_>],
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<()> {
        let mut statement = self.prepare(sql)?;
        bind_all(&mut statement, params)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(classify)? {
            visit(&SqliteRow { row, columns })?;
        }
        Ok(())
    }

    /// One row after another, which is fastest since a statement costs no round trip.
    async fn insert_rows(
        &mut self,
        sql: &Arc<str>,
        batch: &RowBatch,
        rows: &[usize],
    ) -> Result<u64> {
        let columns = batch.table().columns;
        let mut statement = self.prepare(sql)?;
        for row in rows {
            for (index, column) in columns.iter().enumerate() {
                let value = batch.value(*row, index);
                bind(&mut statement, index + 1, value, column.column_type).map_err(classify)?;
            }
            statement.raw_execute().map_err(classify)?;
        }
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }

    async fn run_script(&mut self, sql: &str) -> Result<()> {
        self.raw.execute_batch(sql).map_err(classify)
    }
}
