//! Migrations as data: a store runs what it is given.

use std::fmt;

use crate::table::TableDef;

/// The tables of an application and the scripts that make them, for every dialect.
#[derive(Clone, Copy, Debug)]
pub struct MigrationSet {
    /// The tables as they are after the last script; a store without SQL uses only these.
    pub tables: &'static [&'static TableDef],
    /// The scripts of all dialects.
    pub scripts: &'static [Script],
}

/// One migration script of one dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// The dialect, as in [`Capability::dialect`](crate::Capability).
    pub dialect: &'static str,
    /// The version, greater than that of the scripts before it.
    pub version: u32,
    /// What the script does, as in its file name.
    pub name: &'static str,
    /// The SQL: several statements, except on MySQL, where a script is one DDL statement that is
    /// safe to run again after it was cut short.
    pub sql: &'static str,
}

impl MigrationSet {
    /// The scripts of a dialect by version.
    #[must_use]
    pub fn scripts_of(&self, dialect: &str) -> Vec<&'static Script> {
        let mut scripts: Vec<_> = self
            .scripts
            .iter()
            .filter(|script| script.dialect == dialect)
            .collect();
        scripts.sort_by_key(|script| script.version);
        scripts
    }
}

/// What a migration did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationReport {
    /// The names of the scripts that were run, in order; empty when all had been run before.
    pub applied: Vec<String>,
}

/// A difference between a table's description and the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: String,
    /// The column, index or key; empty when the table itself is concerned.
    pub item: String,
    /// What the description asks for.
    pub expected: String,
    /// What the database has.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.item.is_empty() {
            write!(
                f,
                "{}: expected {}, found {}",
                self.table, self.expected, self.found
            )
        } else {
            write!(
                f,
                "{}.{}: expected {}, found {}",
                self.table, self.item, self.expected, self.found
            )
        }
    }
}
