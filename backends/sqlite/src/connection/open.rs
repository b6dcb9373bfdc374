//! Opening a connection with the library's settings.

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

/// The statements that a connection keeps prepared.
const STATEMENTS: usize = 256;

/// How long it takes until a file is tried again that is locked.
const AGAIN: Duration = Duration::from_millis(5);

impl SqliteConnection {
    /// The connection that writes.
    pub(crate) fn writer(options: &OpenOptions) -> Result<Self> {
        patiently(options.config.busy_timeout, || Self::open_writer(options))
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

    /// A connection that only reads.
    pub(crate) fn reader(options: &OpenOptions) -> Result<Self> {
        patiently(options.config.busy_timeout, || Self::open_reader(options))
    }

    fn open_reader(options: &OpenOptions) -> Result<Self> {
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
        let connection = Self {
            wal: wal(&raw, &options.path),
            raw,
            busy_timeout: options.config.busy_timeout,
        };
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
        // Else a statement whose plan may depend on a value, as every one with a LIMIT does, is prepared
        // anew for each value.
        self.raw
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        self.raw.pragma_update(None, "foreign_keys", true)?;
        self.raw.pragma_update(None, "temp_store", "MEMORY")?;
        // A negative size counts KiB.
        self.raw
            .pragma_update(None, "cache_size", -i64::from(cache_kib))
    }

    /// Settings of the file, and of the connection that writes it. Returns the kind of its journal.
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
}

/// Opens a connection, again and again while others hold a lock. SQLite itself waits for most locks,
/// but not for the one that turns a new file into one with a write-ahead log, nor for those of a
/// connection that closes the file: waiting there could be a deadlock for a connection that holds a
/// lock already.
fn patiently(
    limit: Duration,
    open: impl Fn() -> Result<SqliteConnection>,
) -> Result<SqliteConnection> {
    let begun = Instant::now();
    loop {
        match open() {
            Err(error)
                if error.kind() == ErrorKind::SerializationFailure && begun.elapsed() < limit =>
            {
                thread::sleep(AGAIN);
            }
            opened => return opened,
        }
    }
}

/// The write-ahead log stands beside the file that a symbolic link leads to.
fn wal(raw: &rusqlite::Connection, path: &Path) -> PathBuf {
    let mut wal = raw
        .path()
        .map_or_else(|| path.as_os_str().to_owned(), OsString::from);
    wal.push("-wal");
    wal.into()
}
