//! The dialects of SQL: everything that differs between databases and is not a driver.

mod codec;
mod declared;
mod limits;
mod placed;
mod types;

use std::fmt;

pub(crate) use codec::{Read, Write};
pub use limits::Limits;
pub(crate) use limits::Message;
pub(crate) use types::{element, uuid_chars};

use crate::cache::Cache;
use placed::Placed;

/// A dialect, as one of the statics [`SQLITE`], [`POSTGRES`] and [`MYSQL`]; `MySQL` and `MariaDB`
/// share one. The statics that end in `_UNLOCKED` render no locking clause: answers must be the same
/// without, since some wire-compatible engines take such clauses and ignore them.
pub struct Dialect {
    family: Family,
    locks: bool,
    pub(crate) cache: Cache,
    placed: Vec<Placed>,
}

/// Which database a dialect is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// SQLite.
    Sqlite,
    /// `PostgreSQL`.
    Postgres,
    /// `MySQL` and `MariaDB`.
    MySql,
}

/// SQLite, which locks the whole database while it writes and has no locking clauses.
pub static SQLITE: Dialect = Dialect::new(Family::Sqlite, false);
/// `PostgreSQL`.
pub static POSTGRES: Dialect = Dialect::new(Family::Postgres, true);
/// `PostgreSQL` without locking clauses.
pub static POSTGRES_UNLOCKED: Dialect = Dialect::new(Family::Postgres, false);
/// `MySQL` and `MariaDB`.
pub static MYSQL: Dialect = Dialect::new(Family::MySql, true);
/// `MySQL` and `MariaDB` without locking clauses.
pub static MYSQL_UNLOCKED: Dialect = Dialect::new(Family::MySql, false);

impl Dialect {
    const fn new(family: Family, locks: bool) -> Self {
        Self {
            family,
            locks,
            cache: Cache::new(),
            placed: Vec::new(),
        }
    }

    /// The name, as in [`Capability::dialect`](genledger_contract::store::Capability).
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.family {
            Family::Sqlite => "sqlite",
            Family::Postgres => "postgres",
            Family::MySql => "mysql",
        }
    }

    /// Which database it is for.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.family
    }

    /// Whether locking clauses are rendered.
    #[must_use]
    pub const fn locks(&self) -> bool {
        self.locks
    }

    /// The same dialect without locking clauses.
    #[must_use]
    pub fn unlocked(&'static self) -> &'static Self {
        match self.family {
            Family::Sqlite => &SQLITE,
            Family::Postgres => &POSTGRES_UNLOCKED,
            Family::MySql => &MYSQL_UNLOCKED,
        }
    }

    /// Whether an error aborts the whole transaction, so that a statement whose error is expected
    /// needs a savepoint. SQLite and `InnoDB` undo the failed statement alone.
    pub(crate) const fn aborts_on_error(&self) -> bool {
        matches!(self.family, Family::Postgres)
    }

    /// Whether an update can return its rows. `MariaDB` cannot, and `MySQL` neither.
    pub(crate) const fn has_returning(&self) -> bool {
        !matches!(self.family, Family::MySql)
    }

    /// The database's own time, in milliseconds since 1970.
    pub(crate) const fn now_millis(&self) -> &'static str {
        match self.family {
            Family::Postgres => "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)",
            Family::MySql => "CAST(unix_timestamp(current_timestamp(3)) * 1000 AS SIGNED)",
            Family::Sqlite => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
        }
    }

    /// Whether a claim is one statement.
    pub(crate) const fn claims_at_once(&self) -> bool {
        matches!(self.family, Family::Postgres)
    }

    /// Whether a script that changes the schema can be undone.
    pub(crate) const fn transactional_ddl(&self) -> bool {
        !matches!(self.family, Family::MySql)
    }
}

impl fmt::Debug for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialect")
            .field("name", &self.name())
            .field("locks", &self.locks)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Dialect {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}
