//! Opens connections with the settings of the store.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use genledger_contract::{Error, ErrorKind, Result};
use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;

use super::{OpenOptions, SqliteConnection};
use crate::config::Synchronous;
use crate::error::classify;

/// The capacity of a connection's statement cache.
const STATEMENT_CACHE: usize = 256;

/// The delay before a locked file is opened again.
const RETRY_DELAY: Duration = Duration::from_millis(5);

impl SqliteConnection {
    /// Opens the writer connection.
    pub(crate) fn writer(options: &OpenOptions) -> Result<Self> {
        with_retries(options.config.busy_timeout, || Self::open_writer(options))
    }

    fn open_writer(options: &OpenOptions) -> Result<Self> {
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
                    "the file cannot have a write-ahead log: its file system has no shared memory",
                ));
            }
        }
        Ok(connection)
    }

    /// Opens a reader connection.
    pub(crate) fn reader(options: &OpenOptions) -> Result<Self> {
        with_retries(options.config.busy_timeout, || Self::open_reader(options))
    }

    fn open_reader(options: &OpenOptions) -> Result<Self> {
        // Not opened read-only, since such a connection cannot recover a write-ahead log.
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
        raw.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
        let connection = Self {
            wal: wal(&raw, &options.path),
            raw,
            busy_timeout: options.config.busy_timeout,
        };
        connection
            .apply_settings(options.config.busy_timeout, cache_kib)
            .map_err(classify)?;
        Ok(connection)
    }

    fn apply_settings(&self, busy_timeout: Duration, cache_kib: u32) -> rusqlite::Result<()> {
        self.raw.busy_timeout(busy_timeout)?;
        // Otherwise the quoted name of a missing column would be a text.
        self.raw
            .set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        self.raw
            .set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
        // Otherwise a statement whose plan may depend on a value, such as a LIMIT, is prepared again
        // for each value.
        self.raw
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        self.raw.pragma_update(None, "foreign_keys", true)?;
        self.raw.pragma_update(None, "temp_store", "MEMORY")?;
        // A negative size is in KiB.
        self.raw
            .pragma_update(None, "cache_size", -i64::from(cache_kib))
    }

    /// Applies the settings of the file and of the writer connection. Returns the journal mode.
    fn prepare_file(&self, options: &OpenOptions) -> rusqlite::Result<String> {
        let config = &options.config;
        // Only has an effect on an empty database.
        self.raw
            .pragma_update(None, "page_size", config.page_size)?;
        let journal = self
            .raw
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        let synchronous = match config.synchronous {
            _ if options.temporary => "OFF",
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
        if config.max_size_kib > 0 {
            // The file may have been created with another size.
            let page_size: u32 = self
                .raw
                .pragma_query_value(None, "page_size", |row| row.get(0))?;
            let pages = config.max_size_kib.saturating_mul(1024) / u64::from(page_size.max(1));
            let pages = i64::from(u32::try_from(pages).unwrap_or(u32::MAX - 1).max(1));
            self.raw
                .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
        }
        Ok(journal)
    }
}

/// Opens a connection, with retries while the file is locked. SQLite itself waits for most locks, but
/// not for the one that enables the write-ahead log, nor for those of a connection that closes the
/// file, where waiting could deadlock.
fn with_retries(
    limit: Duration,
    open: impl Fn() -> Result<SqliteConnection>,
) -> Result<SqliteConnection> {
    let begun = Instant::now();
    loop {
        match open() {
            Err(error)
                if error.kind() == ErrorKind::SerializationFailure && begun.elapsed() < limit =>
            {
                thread::sleep(RETRY_DELAY);
            }
            opened => return opened,
        }
    }
}

/// The path of the write-ahead log, beside the target of a symbolic link.
fn wal(raw: &rusqlite::Connection, path: &Path) -> PathBuf {
    let mut wal = raw
        .path()
        .map_or_else(|| path.as_os_str().to_owned(), OsString::from);
    wal.push("-wal");
    wal.into()
}
