//! The pool of a store: the writer thread and the reader connections.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use genledger_blocking::{Readers, Writer, WriterLimits};
use genledger_contract::Result;
use genledger_sql::{Dialect, Executor, Hints, Pool, SQLITE, Scope, Work, WorkOnce};
use tempfile::TempDir;

use crate::config::{Location, SqliteConfig};
use crate::connection::{OpenOptions, SqliteConnection};
use crate::error::unavailable;
use crate::transaction::ExclusiveWriter;

/// The connections of a store.
pub struct SqlitePool {
    // The readers are closed before the folder of a temporary database is removed.
    readers: Readers<SqliteConnection>,
    writer: Writer<SqliteConnection>,
    config: SqliteConfig,
    /// The folder of a temporary database; the writer holds it too.
    _folder: Option<Arc<TempDir>>,
}

impl fmt::Debug for SqlitePool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlitePool")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl SqlitePool {
    /// Opens a database. This blocks on the disk.
    pub(crate) fn open(config: SqliteConfig) -> Result<Self> {
        let (path, folder) = match &config.location {
            Location::File(path) => (path.clone(), None),
            Location::Memory => {
                let folder = TempDir::with_prefix("genledger-").map_err(|error| {
                    unavailable("a temporary folder cannot be created").with_source(error)
                })?;
                let path = folder.path().join("private.db");
                (path, Some(Arc::new(folder)))
            }
        };
        let options = OpenOptions {
            path,
            config: config.clone(),
            temporary: folder.is_some(),
        };
        let most = u32::try_from(config.readers).unwrap_or(u32::MAX);
        let reading = options.clone();
        let readers = Readers::new(most, config.acquire_timeout, move || {
            SqliteConnection::reader(&reading)
        });
        let limits = WriterLimits {
            acquire: config.acquire_timeout,
            idle: config.transaction_idle_timeout,
            log: if config.read_only {
                0
            } else {
                u64::from(config.wal_limit_kib) * 1024
            },
        };
        let kept = folder.clone();
        let writer = Writer::start(
            "genledger-sqlite",
            &readers,
            limits,
            move || SqliteConnection::writer(&options),
            move |connection| {
                connection.close();
                drop(kept);
            },
        )?;
        Ok(Self {
            readers,
            writer,
            config,
            _folder: folder,
        })
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &SqliteConfig {
        &self.config
    }

    #[cfg(test)]
    pub(crate) const fn readers(&self) -> &Readers<SqliteConnection> {
        &self.readers
    }

    pub(crate) const fn writer(&self) -> &Writer<SqliteConnection> {
        &self.writer
    }
}

#[async_trait]
impl Executor for SqlitePool {
    fn dialect(&self) -> &'static Dialect {
        &SQLITE
    }

    async fn read<T: Send + 'static>(&self, hints: Hints, work: WorkOnce<T>) -> Result<T> {
        let task = |connection: &mut SqliteConnection| connection.work(Scope::Autocommit, work);
        if hints.short {
            self.readers.run_short(task).await
        } else {
            self.readers.run(task).await
        }
    }

    // The writer begins a transaction for it.
    async fn write<T: Send + 'static>(&self, hints: Hints, work: Work<T>) -> Result<T> {
        let task =
            move |connection: &mut SqliteConnection| connection.work(Scope::Transaction, &work);
        if hints.atomic {
            self.writer.run_statement(task).await
        } else {
            self.writer.run(task).await
        }
    }

    async fn run_unlimited<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        let task = |connection: &mut SqliteConnection| connection.work(Scope::Transaction, work);
        self.writer.run_alone(task).await
    }
}

#[async_trait]
impl Pool for SqlitePool {
    type Transaction = ExclusiveWriter;

    async fn begin(&self) -> Result<ExclusiveWriter> {
        self.writer.begin().await.map(ExclusiveWriter)
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
