//! Configuration of a store.

mod check;
mod url;

use std::path::PathBuf;
use std::time::Duration;

use genledger_contract::backend::Events;

/// The settings of a [`SqliteStore`](crate::SqliteStore).
///
/// The defaults were chosen by measurements with logs of a few hundred bytes a row:
/// pages of 8 KiB, a checkpoint every 32 MiB of write-ahead log, a cache of 64 MiB for the writer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqliteConfig {
    /// The location of the database.
    pub location: Location,
    /// Whether to create a missing file. Default: `true`.
    pub create: bool,
    /// Whether the database is opened read-only. Default: `false`.
    pub read_only: bool,
    /// The durability of a commit.
    pub synchronous: Synchronous,
    /// The most reader connections, 1 to 1,000. Default: 4.
    pub readers: usize,
    /// How long SQLite waits for a lock that another process holds, at most 2,147,483,647 ms.
    /// Default: 5 s.
    pub busy_timeout: Duration,
    /// How long a call waits for the writer, or for a reader connection. Default: 30 s.
    pub acquire_timeout: Duration,
    /// How long a transaction may be idle before it is rolled back, since it blocks all other writers.
    /// Default: 60 s.
    pub transaction_idle_timeout: Duration,
    /// The size of a page of a new database in bytes: a power of two from 512 to 65,536.
    /// Default: 8,192.
    pub page_size: u32,
    /// The cache of the writer in KiB, at most 2,147,483,647; each reader has a quarter of it.
    /// Default: 65,536.
    pub cache_kib: u32,
    /// The number of pages of write-ahead log that triggers a checkpoint, at most 2,147,483,647; 0 for
    /// never. Default: 4,096.
    pub wal_autocheckpoint: u32,
    /// The size of the write-ahead log in KiB beyond which new reads are delayed, at most for half of
    /// `acquire_timeout`, so that a checkpoint can truncate the log; 0 for never. SQLite cannot do that
    /// while reads overlap. The log can exceed this size by the writes during one read, and by one
    /// transaction. Default: 131,072, which is four times
    /// `wal_autocheckpoint` of the default `page_size`.
    pub wal_limit_kib: u32,
    /// The most KiB that the database may have, without its write-ahead log; 0 for no bound. A write that needs
    /// more is [`Unavailable`](genledger_contract::ErrorKind::Unavailable), as when the disk is full; the space of
    /// deleted rows is used again. Default: 0.
    pub max_size_kib: u64,
    /// The duration from which the event of a statement is a warning; `None` for never. Default: 1 s.
    pub slow_statements: Option<Duration>,
}

/// The location of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// A file.
    File(PathBuf),
    /// A private database that is removed when the store is dropped (`sqlite::memory:`).
    ///
    /// It is a file in a temporary folder, without any fsync. SQLite's own in-memory databases belong
    /// to one connection or, with a shared cache, lock tables between connections: in both cases the
    /// concurrency in tests would differ from production.
    Memory,
}

/// The durability of a commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Synchronous {
    /// A commit waits for the operating system. A crash of the process loses no acknowledged commit; a
    /// crash of the machine may lose the last commits, but the database stays consistent.
    /// SQLite's NORMAL in WAL mode.
    #[default]
    Normal,
    /// A commit waits for the disk: no acknowledged commit is lost. Each commit costs an fsync, which
    /// group commit shares between waiting writes. SQLite's FULL.
    Full,
}

impl SqliteConfig {
    /// The default settings for a file.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::at(Location::File(path.into()))
    }

    /// The default settings for a private database that is removed with its store.
    #[must_use]
    pub fn memory() -> Self {
        Self::at(Location::Memory)
    }

    fn at(location: Location) -> Self {
        Self {
            location,
            create: true,
            read_only: false,
            synchronous: Synchronous::Normal,
            readers: 4,
            busy_timeout: Duration::from_secs(5),
            acquire_timeout: Duration::from_secs(30),
            transaction_idle_timeout: Duration::from_secs(60),
            page_size: 8_192,
            cache_kib: 65_536,
            wal_autocheckpoint: 4_096,
            wal_limit_kib: 131_072,
            max_size_kib: 0,
            slow_statements: Events::SLOW,
        }
    }

    /// Sets [`create`](Self::create).
    #[must_use]
    pub const fn with_create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// Sets [`read_only`](Self::read_only).
    #[must_use]
    pub const fn with_read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Sets [`synchronous`](Self::synchronous).
    #[must_use]
    pub const fn with_synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }

    /// Sets [`readers`](Self::readers).
    #[must_use]
    pub const fn with_readers(mut self, readers: usize) -> Self {
        self.readers = readers;
        self
    }

    /// Sets [`busy_timeout`](Self::busy_timeout).
    #[must_use]
    pub const fn with_busy_timeout(mut self, busy_timeout: Duration) -> Self {
        self.busy_timeout = busy_timeout;
        self
    }

    /// Sets [`acquire_timeout`](Self::acquire_timeout).
    #[must_use]
    pub const fn with_acquire_timeout(mut self, acquire_timeout: Duration) -> Self {
        self.acquire_timeout = acquire_timeout;
        self
    }

    /// Sets [`transaction_idle_timeout`](Self::transaction_idle_timeout).
    #[must_use]
    pub const fn with_transaction_idle_timeout(
        mut self,
        transaction_idle_timeout: Duration,
    ) -> Self {
        self.transaction_idle_timeout = transaction_idle_timeout;
        self
    }

    /// Sets [`page_size`](Self::page_size).
    #[must_use]
    pub const fn with_page_size(mut self, page_size: u32) -> Self {
        self.page_size = page_size;
        self
    }

    /// Sets [`cache_kib`](Self::cache_kib).
    #[must_use]
    pub const fn with_cache_kib(mut self, cache_kib: u32) -> Self {
        self.cache_kib = cache_kib;
        self
    }

    /// Sets [`wal_autocheckpoint`](Self::wal_autocheckpoint).
    #[must_use]
    pub const fn with_wal_autocheckpoint(mut self, wal_autocheckpoint: u32) -> Self {
        self.wal_autocheckpoint = wal_autocheckpoint;
        self
    }

    /// Sets [`wal_limit_kib`](Self::wal_limit_kib).
    #[must_use]
    pub const fn with_wal_limit_kib(mut self, wal_limit_kib: u32) -> Self {
        self.wal_limit_kib = wal_limit_kib;
        self
    }

    /// Sets [`max_size_kib`](Self::max_size_kib).
    #[must_use]
    pub const fn with_max_size_kib(mut self, max_size_kib: u64) -> Self {
        self.max_size_kib = max_size_kib;
        self
    }

    /// Sets [`slow_statements`](Self::slow_statements).
    #[must_use]
    pub const fn with_slow_statements(mut self, slow_statements: Option<Duration>) -> Self {
        self.slow_statements = slow_statements;
        self
    }
}
