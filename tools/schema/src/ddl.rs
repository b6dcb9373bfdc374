//! The schema as DDL.

use genledger::contract::Entity;
use genledger::contract::table::TableDef;
use genledger::schema::registry::entities;
use genledger::usage::UsageLog;
use genledger_sql::{Dialect, create_table_sql};

/// The set of indexes of the usage log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Indexes {
    /// The library's own, which its migrations create.
    #[default]
    Own,
    /// One on each of ten columns, as existing systems have them
    /// ([`LEGACY_INDEXES`](genledger::usage::LEGACY_INDEXES)).
    Legacy,
}

impl Indexes {
    /// The set with this name on the command line.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "own" => Some(Self::Own),
            "legacy" => Some(Self::Legacy),
            _ => None,
        }
    }

    fn on(self, table: &'static TableDef) -> &'static TableDef {
        if self == Self::Legacy && table.name == UsageLog::TABLE.name {
            UsageLog::legacy_table()
        } else {
            table
        }
    }
}

/// The statements that create every table in a dialect.
#[must_use]
pub fn ddl(dialect: &Dialect, indexes: Indexes) -> String {
    let tables = entities().iter().map(|entity| indexes.on(entity.table));
    let statements: Vec<String> = tables
        .flat_map(|table| create_table_sql(dialect, table))
        .collect();
    let mut text = statements.join(";\n\n");
    text.push_str(";\n");
    text
}
