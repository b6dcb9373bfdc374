//! One thread that writes and a few connections that read.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::Result;
use genledger_sql::{Dialect, Executor, Pool, SQLITE, Scope, Work, WorkOnce};
use tempfile::TempDir;

use crate::config::{Location, SqliteConfig};
use crate::connection::OpenOptions;
use crate::error::unavailable;
use crate::job::Task;
use crate::readers::Readers;
use crate::transaction::ExclusiveWriter;
use crate::writer::Writer;

/// The connections of a store.
pub struct SqlitePool {
    // The readers are closed before the folder of a private database is removed.
    readers: Readers,
    writer: Writer,
    config: SqliteConfig,
    /// The folder of a private database; the writer holds it as well.
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
                    unavailable("no temporary folder can be made").with_source(error)
                })?;
                let path = folder.path().join("private.db");
                (path, Some(Arc::new(folder)))
            }
        };
        let options = OpenOptions {
            path,
            config: config.clone(),
            fleeting: folder.is_some(),
        };
        let writer = Writer::start(&options, folder.clone())?;
        Ok(Self {
            readers: Readers::new(options),
            writer,
            config,
            _folder: folder,
        })
    }

    /// How it was opened.
    #[must_use]
    pub const fn config(&self) -> &SqliteConfig {
        &self.config
    }

    /// Runs a write, inside the transaction of the writer.
    pub(crate) async fn write<T: Send + 'static>(&self, task: Task<T>) -> Result<T> {
        self.writer.run(task, true).await
    }
}

#[async_trait]
impl Executor for SqlitePool {
    fn dialect(&self) -> &'static Dialect {
        &SQLITE
    }

    async fn read<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        let task: Task<T> = Box::new(|connection| connection.work(Scope::Autocommit, work));
        self.readers.run(task).await
    }

    async fn write<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        self.run_unlimited(work).await
    }

    // The writer opens a transaction around it.
    async fn run_unlimited<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        let task: Task<T> = Box::new(|connection| connection.work(Scope::Transaction, work));
        self.writer.run(task, true).await
    }

    async fn write_statement<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        let task: Task<T> = Box::new(|connection| connection.work(Scope::Transaction, work));
        self.writer.run(task, false).await
    }
}

#[async_trait]
impl Pool for SqlitePool {
    type Transaction = ExclusiveWriter;

    async fn begin(&self) -> Result<ExclusiveWriter> {
        self.writer.begin().await.map(ExclusiveWriter::new)
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
