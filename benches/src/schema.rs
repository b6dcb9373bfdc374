//! The table, its two sets of indexes, and the tables of roll-ups.

use anyhow::{Result, bail};
use genledger::usage::{UsageLog, UsageRollup, UsageRollupCoverage};
use genledger_contract::Entity;
use genledger_sql::{MYSQL, POSTGRES, SQLITE, create_table_sql};
use serde::{Deserialize, Serialize};

use crate::database::Database;

/// A set of indexes beside the primary key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Indexes {
    /// One on each of ten columns, as the systems in the field have them.
    Full,
    /// The library's own.
    Lean,
}

impl Indexes {
    /// The name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Lean => "lean",
        }
    }

    /// Names with commas between them.
    pub(crate) fn parse_list(list: &str) -> Result<Vec<Self>> {
        list.split(',')
            .map(|name| match name.trim() {
                "full" => Ok(Self::Full),
                "lean" => Ok(Self::Lean),
                other => bail!("unknown set of indexes {other:?}"),
            })
            .collect()
    }

    /// The statements that create the tables and these indexes as the library's migrations do,
    /// the same for every contender.
    pub(crate) fn statements(self, database: Database) -> Vec<String> {
        let dialect = match database {
            Database::Postgres => &POSTGRES,
            Database::Mariadb | Database::Mysql => &MYSQL,
            Database::Sqlite => &SQLITE,
        };
        let table = match self {
            Self::Full => UsageLog::legacy_table(),
            Self::Lean => UsageLog::TABLE,
        };
        let mut statements = Vec::new();
        for table in [table, UsageRollup::TABLE, UsageRollupCoverage::TABLE] {
            statements.push(format!("DROP TABLE IF EXISTS {}", table.name));
            statements.extend(create_table_sql(dialect, table));
        }
        statements
    }
}
