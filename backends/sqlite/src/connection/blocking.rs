//! The connection as the writer uses it.

use std::time::Duration;

use genledger_blocking::{Blocking, Interrupt};
use genledger_contract::Result;
use rusqlite::ErrorCode;

use super::SqliteConnection;
use crate::error::{classify, classify_commit};

impl SqliteConnection {
    fn run(&self, sql: &str) -> rusqlite::Result<()> {
        self.raw.prepare_cached(sql)?.raw_execute().map(drop)
    }

    /// Runs work that fails instead of waiting for a lock.
    fn without_waiting<T>(
        &self,
        work: impl FnOnce(&Self) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let done = self
            .raw
            .busy_timeout(Duration::ZERO)
            .and_then(|()| work(self));
        self.raw.busy_timeout(self.busy_timeout).and(done)
    }

    /// Closes the writer connection.
    pub(crate) fn close(self) {
        // Updates the statistics of the planner, as SQLite recommends; errors are ignored.
        drop(
            self.raw
                .execute_batch("PRAGMA analysis_limit = 400; PRAGMA optimize"),
        );
    }

    /// Checkpoints and truncates the write-ahead log. Returns whether it was possible.
    fn checkpoint(&self) -> rusqlite::Result<bool> {
        let blocked: i64 = self
            .raw
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(blocked == 0)
    }
}

impl Blocking for SqliteConnection {
    fn begin(&mut self) -> Result<()> {
        self.run("BEGIN IMMEDIATE").map_err(classify)
    }

    fn try_begin(&mut self) -> Result<bool> {
        match self.without_waiting(|connection| connection.run("BEGIN IMMEDIATE")) {
            Ok(()) => Ok(true),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(false),
            Err(error) => Err(classify(error)),
        }
    }

    fn commit(&mut self) -> Result<()> {
        self.run("COMMIT").map_err(classify_commit)
    }

    fn roll_back(&mut self) -> Result<()> {
        if self.in_transaction() {
            self.run("ROLLBACK").map_err(classify)
        } else {
            Ok(())
        }
    }

    fn in_transaction(&self) -> bool {
        !self.raw.is_autocommit()
    }

    fn set_savepoint(&mut self) -> Result<()> {
        self.run("SAVEPOINT genledger_job").map_err(classify)
    }

    fn roll_back_to_savepoint(&mut self) -> Result<()> {
        self.run("ROLLBACK TO SAVEPOINT genledger_job")
            .map_err(classify)
    }

    fn release_savepoint(&mut self) -> Result<()> {
        self.run("RELEASE SAVEPOINT genledger_job")
            .map_err(classify)
    }

    fn interrupt(&self) -> Interrupt {
        let handle = self.raw.get_interrupt_handle();
        Box::new(move || handle.interrupt())
    }

    fn log_length(&self) -> u64 {
        std::fs::metadata(&self.wal).map_or(0, |wal| wal.len())
    }

    fn shorten_log(&mut self) -> bool {
        // Does not wait for readers of other processes, since writes are blocked meanwhile.
        self.without_waiting(Self::checkpoint)
            .unwrap_or_else(|error| {
                tracing::warn!(%error, "the write-ahead log could not be truncated");
                false
            })
    }
}
