//! Migrations that create tables with the DDL of a dialect.

use genledger_contract::MigrationSet;
use genledger_contract::schema::Script;
use genledger_contract::table::TableDef;
use genledger_sql::{Dialect, create_table_sql};

/// One script for each table. The scripts are never freed.
#[must_use]
pub fn migrations(dialect: &Dialect, tables: &'static [&'static TableDef]) -> MigrationSet {
    let scripts: Vec<Script> = (1..)
        .zip(tables)
        .map(|(version, table)| {
            let sql = create_table_sql(dialect, table).join(";\n").leak();
            Script::new(dialect.name(), version, table.name, sql)
        })
        .collect();
    MigrationSet::of("test", tables).with_scripts(scripts.leak())
}
