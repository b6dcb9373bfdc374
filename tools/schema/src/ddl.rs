//! The schema as statements that make it.

use genledger::schema::entities;
use genledger_sql::{Dialect, create_table_sql};

/// The statements that make every table in a dialect.
#[must_use]
pub fn ddl(dialect: &Dialect) -> String {
    let tables = entities().iter();
    let statements: Vec<String> = tables
        .flat_map(|entity| create_table_sql(dialect, entity.table))
        .collect();
    let mut text = statements.join(";\n\n");
    text.push_str(";\n");
    text
}
