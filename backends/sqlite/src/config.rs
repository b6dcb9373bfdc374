//! How a database is opened.

mod check;
mod url;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use genledger_contract::backend::Events;
use genledger_contract::{Error, Result};

/// How a database is opened.
///
/// The defaults are those that were measured to be good for logs of a few hundred bytes a row:
/// pages of 8 KiB, a checkpoint every 32 MiB of write-ahead log, a cache of 64 MiB for the writer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqliteConfig {
    /// Where the database is.
    pub location: Location,
    /// Whether a file that is not there is made. Default: yes.
    pub create: bool,
    /// Whether nothing is written. Default: no.
    pub read_only: bool,
    /// What a commit waits for.
    pub synchronous: Synchronous,
    /// The most connections that read, 1 to 1,000. Default: 4.
    pub readers: usize,
    /// How long SQLite waits for a lock that another process holds, at most 2,147,483,647 ms.
    /// Default: 5 s.
    pub busy_timeout: Duration,
    /// How long a call waits for its turn to write, or for a connection to read. Default: 30 s.
    pub acquire_timeout: Duration,
    /// How long a transaction may run no statement before it is rolled back, since every other writer
    /// waits for it. Default: 60 s.
    pub transaction_idle_timeout: Duration,
    /// The size of a page of a new database in bytes: a power of two from 512 to 65,536.
    /// Default: 8,192.
    pub page_size: u32,
    /// The cache of the writer in KiB, at most 2,147,483,647; each reader has a quarter of it.
    /// Default: 65,536.
    pub cache_kib: u32,
    /// After how many pages of write-ahead log they are moved into the database, at most
    /// 2,147,483,647; 0 for never. Default: 4,096.
    pub wal_autocheckpoint: u32,
    /// The size of the write-ahead log in KiB beyond which new reads are held back for a moment, at
    /// most for half of `acquire_timeout`, so that the log can be moved into the database and cut; 0
    /// for never. SQLite cannot do that while reads overlap. The log can be longer by what is written
    /// while one read lasts, and by one transaction. Default: 131,072, which is four times
    /// `wal_autocheckpoint` of the default `page_size`.
    pub wal_limit_kib: u32,
    /// The time from which on the event of a statement is a warning; `None` for never. Default: 1 s.
    pub slow_statements: Option<Duration>,
}

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// A file.
    File(PathBuf),
    /// A private database that is gone when the store is dropped (`sqlite::memory:`).
    ///
    /// It is a file in a temporary folder, which is removed with the store and never waits for the
    /// disk. A database in SQLite's own memory mode belongs to one connection, or, with a shared
    /// cache, locks tables between connections: in both cases tests would see other concurrency than
    /// production has.
    Memory,
}

/// What a commit waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Synchronous {
    /// The operating system has it. A crash of the process loses nothing that was acknowledged; a
    /// crash of the machine may lose the last commits, never the consistency of the database.
    /// SQLite's NORMAL in WAL mode.
    #[default]
    Normal,
    /// The disk has it: nothing that was acknowledged is ever lost. Each commit costs an fsync,
    /// which group commit shares between the writes that wait. SQLite's FULL.
    Full,
}

impl SqliteConfig {
    /// The defaults, for a file.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::at(Location::File(path.into()))
    }

    /// The defaults, for a private database that is gone with its store.
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
            slow_statements: Events::SLOW,
        }
    }

    /// With a file made, or not, where none is: [`create`](Self::create).
    #[must_use]
    pub const fn with_create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// With nothing written: [`read_only`](Self::read_only).
    #[must_use]
    pub const fn with_read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// With another [`synchronous`](Self::synchronous).
    #[must_use]
    pub const fn with_synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }

    /// With another number of [`readers`](Self::readers).
    #[must_use]
    pub const fn with_readers(mut self, readers: usize) -> Self {
        self.readers = readers;
        self
    }

    /// With another [`busy_timeout`](Self::busy_timeout).
    #[must_use]
    pub const fn with_busy_timeout(mut self, busy_timeout: Duration) -> Self {
        self.busy_timeout = busy_timeout;
        self
    }

    /// With another [`acquire_timeout`](Self::acquire_timeout).
    #[must_use]
    pub const fn with_acquire_timeout(mut self, acquire_timeout: Duration) -> Self {
        self.acquire_timeout = acquire_timeout;
        self
    }

    /// With another [`transaction_idle_timeout`](Self::transaction_idle_timeout).
    #[must_use]
    pub const fn with_transaction_idle_timeout(
        mut self,
        transaction_idle_timeout: Duration,
    ) -> Self {
        self.transaction_idle_timeout = transaction_idle_timeout;
        self
    }

    /// With another [`page_size`](Self::page_size).
    #[must_use]
    pub const fn with_page_size(mut self, page_size: u32) -> Self {
        self.page_size = page_size;
        self
    }

    /// With another [`cache_kib`](Self::cache_kib).
    #[must_use]
    pub const fn with_cache_kib(mut self, cache_kib: u32) -> Self {
        self.cache_kib = cache_kib;
        self
    }

    /// With another [`wal_autocheckpoint`](Self::wal_autocheckpoint).
    #[must_use]
    pub const fn with_wal_autocheckpoint(mut self, wal_autocheckpoint: u32) -> Self {
        self.wal_autocheckpoint = wal_autocheckpoint;
        self
    }

    /// With another [`wal_limit_kib`](Self::wal_limit_kib).
    #[must_use]
    pub const fn with_wal_limit_kib(mut self, wal_limit_kib: u32) -> Self {
        self.wal_limit_kib = wal_limit_kib;
        self
    }

    /// With another [`slow_statements`](Self::slow_statements).
    #[must_use]
    pub const fn with_slow_statements(mut self, slow_statements: Option<Duration>) -> Self {
        self.slow_statements = slow_statements;
        self
    }
}

/// From a URL: `sqlite:path`, `sqlite://path`, or `sqlite::memory:`. The path is taken as it
/// stands (`sqlite:///var/db` is `/var/db`), with percent escapes.
///
/// After `?` may stand, joined by `&`: `mode` (`ro`, `rw`, `rwc`), `synchronous` (`normal`,
/// `full`), `readers`, `busy_timeout`, `acquire_timeout` and `transaction_idle_timeout`
/// (milliseconds), `page_size`, `cache_kib`, `wal_autocheckpoint`, `wal_limit_kib`, and
/// `slow_statements` (milliseconds; 0 for never).
///
/// [`Invalid`](genledger_contract::ErrorKind::Invalid) when it is not such a URL.
impl FromStr for SqliteConfig {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self> {
        url::parse(url)
    }
}
