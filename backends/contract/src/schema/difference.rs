//! Differences between a table in a database and its description.

use std::fmt;

/// The consequence of a difference, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Nothing that the library does depends on it.
    Differs,
    /// Everything works, but some statements read the whole table.
    Slow,
    /// A statement can fail, or store or return other values than on a table that the library made.
    Breaks,
}

/// A difference between a table's description and the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: String,
    /// The column, index or key; empty when the table itself is concerned.
    pub item: String,
    /// Its consequence.
    pub severity: Severity,
    /// What the description requires.
    pub expected: String,
    /// What the database has.
    pub found: String,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Differs => "differs",
            Self::Slow => "slow",
            Self::Breaks => "breaks",
        })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table)?;
        if !self.item.is_empty() {
            write!(f, ".{}", self.item)?;
        }
        write!(
            f,
            " ({}): expected {}, found {}",
            self.severity, self.expected, self.found
        )
    }
}
