//! How much fits into one statement.

use super::Family;

/// What fits into one statement of a dialect, and how much the library puts into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bound values.
    pub params: usize,
    /// The most rows of one insert.
    pub rows: usize,
    /// The most bytes of the values of one insert, unless a single row has more.
    pub bytes: usize,
}

impl Limits {
    pub(super) const fn of(family: Family) -> Self {
        match family {
            // SQLITE_MAX_VARIABLE_NUMBER of the bundled library. Rows are sent one by one, so their
            // number only bounds what a conflict makes undone.
            Family::Sqlite => Self {
                params: 32_766,
                rows: 10_000,
                bytes: usize::MAX,
            },
            // Rows travel as one array for each column, so the number of parameters is no limit. More
            // rows in one statement are no faster for one writer, and slower for two.
            Family::Postgres => Self {
                params: 65_535,
                rows: 1_000,
                bytes: 32 << 20,
            },
            // Half of the smallest `max_allowed_packet` among the defaults (MariaDB's 16 MiB).
            Family::MySql => Self {
                params: 65_535,
                rows: 1_000,
                bytes: 8 << 20,
            },
        }
    }
}
