//! How a table in a database differs from its description.

use std::fmt;

/// What a difference leads to, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Nothing that the library does depends on it.
    Differs,
    /// Everything works, but some statements read the whole table.
    Slow,
    /// A statement can fail, or store or return something else than it would on a table that the
    /// library made.
    Breaks,
}

/// A difference between a table's description and the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: String,
    /// The column, index or key; empty when the table itself is concerned.
    pub item: String,
    /// What it leads to.
    pub severity: Severity,
    /// What the description asks for.
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
