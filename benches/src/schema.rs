//! The table, and its two sets of indexes.

use anyhow::{Result, bail};
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
                other => bail!("no set of indexes is called {other:?}"),
            })
            .collect()
    }

    const fn columns(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Full => &[
                &["user_id"],
                &["created_at"],
                &["type"],
                &["username"],
                &["token_name"],
                &["model_name"],
                &["channel_id"],
                &["token_id"],
                &["group"],
                &["ip"],
            ],
            Self::Lean => &[
                &["created_at", "id"],
                &["user_id", "created_at", "id"],
                &["model_name", "created_at", "id"],
            ],
        }
    }

    /// The statements that make the table and these indexes.
    pub(crate) fn statements(self, database: Database) -> Vec<String> {
        let (table, quote) = match database {
            Database::Postgres => (include_str!("schema/postgres.sql"), '"'),
            Database::Mariadb | Database::Mysql => (include_str!("schema/mysql.sql"), '`'),
            Database::Sqlite => (include_str!("schema/sqlite.sql"), '"'),
        };
        let mut statements = vec![String::from("DROP TABLE IF EXISTS logs"), table.to_owned()];
        for columns in self.columns() {
            let list: Vec<String> = columns
                .iter()
                .map(|column| format!("{quote}{column}{quote}"))
                .collect();
            statements.push(format!(
                "CREATE INDEX logs_{} ON logs ({})",
                columns.join("_"),
                list.join(", ")
            ));
        }
        statements
    }
}
