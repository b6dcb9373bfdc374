//! The tables of this crate and the migrations that make them, as data: a store runs what it is
//! given.
//!
//! The scripts are plain SQL under `src/schema/<dialect>/`. The one that makes a table is generated
//! once from the table's description (`tests/schema_drift.rs` does it when asked to); later changes
//! are scripts written by hand. A test migrates an empty database and compares what it finds with
//! the descriptions, so that the two cannot drift apart.

use genledger_contract::{Entity, MigrationSet, Script, TableDef};

use crate::usage::UsageLog;

/// Three scripts for each name, one a dialect.
macro_rules! scripts {
    ($($version:literal $name:literal),+ $(,)?) => {
        &[
            $(script!("sqlite", $version, $name),)+
            $(script!("postgres", $version, $name),)+
            $(script!("mysql", $version, $name),)+
        ]
    };
}

macro_rules! script {
    ($dialect:literal, $version:literal, $name:literal) => {
        Script {
            dialect: $dialect,
            version: $version,
            name: $name,
            sql: include_str!(concat!("schema/", $dialect, "/", $name, ".sql")),
        }
    };
}

/// Every table, in the order in which they are made.
const TABLES: &[&TableDef] = &[UsageLog::TABLE];

/// The scripts of every dialect: the version, and the name of the files.
const SCRIPTS: &[Script] = scripts![1 "0001_create_logs"];

/// The tables of this crate and their migrations, for [`Store::migrate`](genledger_contract::Store).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&genledger::schema::migrations()).await?;
/// assert!(store.verify_schema(genledger::schema::tables()).await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[must_use]
pub const fn migrations() -> MigrationSet {
    MigrationSet {
        tables: TABLES,
        scripts: SCRIPTS,
    }
}

/// The descriptions of all tables, for [`Store::verify_schema`](genledger_contract::Store) and for
/// documentation.
#[must_use]
pub const fn tables() -> &'static [&'static TableDef] {
    TABLES
}
