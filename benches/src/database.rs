//! The databases.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

/// A database that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Database {
    Postgres,
    Mariadb,
    Mysql,
    Sqlite,
}

impl Database {
    /// All, in the order of the tables.
    pub(crate) const ALL: [Self; 4] = [Self::Postgres, Self::Mariadb, Self::Mysql, Self::Sqlite];

    /// The name on the command line and in the names of files.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
            Self::Mysql => "mysql",
            Self::Sqlite => "sqlite",
        }
    }

    /// The name in headings.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Mariadb => "MariaDB",
            Self::Mysql => "MySQL",
            Self::Sqlite => "SQLite",
        }
    }

    /// The address of its server.
    pub(crate) fn url(self) -> Result<String> {
        let name = format!("GENLEDGER_{}_URL", self.name().to_uppercase());
        std::env::var(&name).with_context(|| format!("{name} is not set"))
    }

    /// The list in the variable that `cargo xtask bench --only` sets.
    pub(crate) fn from_environment() -> Result<Vec<Self>> {
        match std::env::var("GENLEDGER_ONLY") {
            Ok(list) => Self::parse_list(&list),
            Err(_) => Ok(Self::ALL.to_vec()),
        }
    }

    /// Names with commas between them.
    pub(crate) fn parse_list(list: &str) -> Result<Vec<Self>> {
        let mut databases = Vec::new();
        for name in list.split(',') {
            match name.trim() {
                "pg" | "postgres" | "postgresql" => databases.push(Self::Postgres),
                "mariadb" => databases.push(Self::Mariadb),
                "mysql" => databases.push(Self::Mysql),
                "sqlite" => databases.push(Self::Sqlite),
                // A store without anything to compare it with.
                "memory" | "" => {}
                other => bail!("unknown database {other:?}"),
            }
        }
        Ok(databases)
    }
}
