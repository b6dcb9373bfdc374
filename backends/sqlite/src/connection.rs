//! One connection: opened with the library's settings, and run by the statements.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use genledger_contract::{ColumnDef, Error, ErrorKind, Result, RowBatch};
use genledger_sql::{Connection, Context, Family, Limits, Param, SQLITE, Scope, Visit, WorkFuture};
use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, OpenFlags};

use crate::bind::bind;
use crate::config::{SqliteConfig, Synchronous};
use crate::error::classify;
use crate::read::SqliteRow;

/// The statements that a connection keeps prepared.
const STATEMENTS: usize = 256;

/// How a database file is opened, once its place is known.
#[derive(Clone, Debug)]
pub(crate) struct OpenOptions {
    pub(crate) path: std::path::PathBuf,
    pub(crate) config: SqliteConfig,
    /// Whether nothing needs to outlive the process.
    pub(crate) fleeting: bool,
}

/// A connection. Its methods never wait for anything but the disk, so that their futures are ready
/// at once.
#[derive(Debug)]
pub(crate) struct SqliteConnection {
    pub(crate) raw: rusqlite::Connection,
}

impl SqliteConnection {
    /// The connection that writes.
    pub(crate) fn writer(options: &OpenOptions) -> Result<Self> {
        let config = &options.config;
        let flags = if config.read_only {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        } else if config.create {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE
        };
        let connection = Self::open(options, flags, config.cache_kib)?;
        if !config.read_only {
            let journal = connection.prepare_file(options).map_err(classify)?;
            if !journal.eq_ignore_ascii_case("wal") {
                return Err(Error::unsupported(
                    "the file cannot have a write-ahead log: its place takes no shared memory",
                ));
            }
        }
        Ok(connection)
    }

    /// A connection that only reads.
    pub(crate) fn reader(options: &OpenOptions) -> Result<Self> {
        // Not opened read-only, since that cannot recover a write-ahead log.
        let flags = if options.config.read_only {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE
        };
        let connection = Self::open(options, flags, options.config.cache_kib / 4)?;
        connection
            .raw
            .pragma_update(None, "query_only", true)
            .map_err(classify)?;
        Ok(connection)
    }

    fn open(options: &OpenOptions, flags: OpenFlags, cache_kib: u32) -> Result<Self> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let raw = rusqlite::Connection::open_with_flags(&options.path, flags).map_err(classify)?;
        raw.set_prepared_statement_cache_capacity(STATEMENTS);
        let connection = Self { raw };
        connection
            .settle(options.config.busy_timeout, cache_kib)
            .map_err(classify)?;
        Ok(connection)
    }

    fn settle(&self, busy_timeout: Duration, cache_kib: u32) -> rusqlite::Result<()> {
        self.raw.busy_timeout(busy_timeout)?;
        // Else the name of a column that is missing is taken for a text in double quotes.
        self.raw
            .set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        self.raw
            .set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
        self.raw.pragma_update(None, "foreign_keys", true)?;
        self.raw.pragma_update(None, "temp_store", "MEMORY")?;
        // A negative size counts KiB.
        self.raw
            .pragma_update(None, "cache_size", -i64::from(cache_kib))
    }

    /// Settings of the file, and of the one who writes it. Answers the kind of its journal.
    fn prepare_file(&self, options: &OpenOptions) -> rusqlite::Result<String> {
        let config = &options.config;
        // Has an effect only as long as the database is empty.
        self.raw
            .pragma_update(None, "page_size", config.page_size)?;
        let journal = self
            .raw
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        let synchronous = match config.synchronous {
            _ if options.fleeting => "OFF",
            Synchronous::Normal => "NORMAL",
            Synchronous::Full => "FULL",
        };
        self.raw.pragma_update(None, "synchronous", synchronous)?;
        self.raw.pragma_update_and_check(
            None,
            "wal_autocheckpoint",
            config.wal_autocheckpoint,
            |_| Ok(()),
        )?;
        Ok(journal)
    }

    /// Runs a piece of work to its end.
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
                "work on a SQLite connection waited for something else",
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

    /// One row after another: nothing is faster where a statement costs no round trip.
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
