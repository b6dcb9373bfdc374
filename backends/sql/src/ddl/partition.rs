//! The partitions of a table.

use genledger_contract::table::TableDef;

use super::name::{names, quote, table_name};
use crate::dialect::{Dialect, Family};

/// The suffix of the partition for the rows of months that were not created.
pub(crate) const REST: &str = "_rest";

/// The end of the statement that creates a partitioned table: on `MySQL` with its one partition.
pub(super) fn clause(dialect: &Dialect, table: &TableDef) -> String {
    let Some(column) = table.partitioned_by else {
        return String::new();
    };
    let by = by_range(dialect, column);
    match dialect.family() {
        Family::Sqlite => String::new(),
        Family::Postgres => format!(" {by}"),
        Family::MySql => format!("\n{by} ({})", mysql_rest(dialect, table)),
    }
}

/// `PARTITION BY RANGE (…)`.
pub(crate) fn by_range(dialect: &Dialect, column: &str) -> String {
    let column = names(dialect, std::iter::once(column));
    match dialect.family() {
        Family::MySql => format!("PARTITION BY RANGE COLUMNS ({column})"),
        Family::Sqlite | Family::Postgres => format!("PARTITION BY RANGE ({column})"),
    }
}

/// The definition of the partition for the rest (`MySQL`).
pub(crate) fn mysql_rest(dialect: &Dialect, table: &TableDef) -> String {
    let name = quote(dialect, &format!("{}{REST}", table.name));
    format!("PARTITION {name} VALUES LESS THAN (MAXVALUE)")
}

/// The statement that creates the partition for the rest (`PostgreSQL`).
pub(super) fn rest(dialect: &Dialect, table: &TableDef) -> Option<String> {
    table.partitioned_by?;
    (dialect.family() == Family::Postgres).then(|| {
        let parent = table_name(dialect, table);
        format!(
            "CREATE TABLE IF NOT EXISTS {} PARTITION OF {parent} DEFAULT",
            beside(dialect, table, REST)
        )
    })
}

/// The name of a table in the same schema: that of the table with a suffix.
pub(crate) fn beside(dialect: &Dialect, table: &TableDef, suffix: &str) -> String {
    let name = quote(dialect, &format!("{}{suffix}", table.name));
    match table.schema {
        Some(schema) => format!("{}.{name}", quote(dialect, schema)),
        None => name,
    }
}
