//! The dialects of SQL: the differences between databases that do not depend on a driver.

pub(crate) mod codec;
mod declared;
pub(crate) mod family;
mod limits;
mod placed;
#[cfg(test)]
mod tests;
pub(crate) mod types;

use std::fmt;
use std::sync::Mutex;

use genledger_contract::table::TableDef;

use crate::cache::Cache;
pub use family::Family;
pub use limits::Limits;
pub(crate) use limits::Message;

/// A dialect, as one of the statics [`SQLITE`], [`POSTGRES`] and [`MYSQL`]; `MySQL` and `MariaDB` share
/// one. The statics that end in `_UNLOCKED` render no locking clause: results must not depend on them,
/// since some wire-compatible engines accept such clauses and ignore them.
pub struct Dialect {
    family: Family,
    locks: bool,
    pub(crate) cache: Cache,
    placed: Vec<Placed>,
}

/// An entity's table and the table in the database.
#[derive(Debug)]
struct Placed {
    entity: &'static TableDef,
    table: TableDef,
    /// The columns whose type the layout chooses.
    chosen: Vec<usize>,
    /// Other entities with the same table, and their tables in the database.
    other_entities: Mutex<Vec<(&'static TableDef, &'static TableDef)>>,
}

/// SQLite, which locks the whole database during a write and has no locking clauses.
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

    /// The name; see [`Capability::dialect`](genledger_contract::store::Capability).
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.family {
            Family::Sqlite => "sqlite",
            Family::Postgres => "postgres",
            Family::MySql => "mysql",
        }
    }

    /// The database of the dialect.
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

    /// Whether an error aborts the whole transaction, so that a statement that may fail needs a
    /// savepoint. SQLite and `InnoDB` roll back only the statement.
    pub(crate) const fn aborts_on_error(&self) -> bool {
        matches!(self.family, Family::Postgres)
    }

    /// Whether an update can return its rows; not in `MySQL` and `MariaDB`.
    pub(crate) const fn has_returning(&self) -> bool {
        !matches!(self.family, Family::MySql)
    }

    /// The expression for the time of the database, in milliseconds since 1970.
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

    /// Whether a change of the schema can be rolled back.
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
