//! The tables of this crate and the migrations that make them, as data: a store runs what it is
//! given.
//!
//! The scripts are plain SQL under `src/schema/<dialect>/`. The one that makes a table is generated
//! once from the table's description (`tests/schema_drift.rs` does it when asked to); later changes
//! are scripts written by hand. A test migrates an empty database and compares what it finds with
//! the descriptions, so that the two cannot drift apart.

mod registry;

use genledger_contract::{MigrationSet, Script, TableDef};

pub use registry::{
    CodeDocument, CodesDocument, Domain, EntityDef, FieldDocument, FieldExtras, IndexDocument,
    IndexExtras, NestedDef, NestedDocument, RelationDef, SummaryDocument, SummaryExtras,
    TableDocument, entities,
};

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

/// The tables of all entities, in the order in which they are made.
const TABLES: &[&TableDef] = &{
    let mut tables = [entities()[0].table; entities().len()];
    let mut index = 0;
    while index < tables.len() {
        tables[index] = entities()[index].table;
        index += 1;
    }
    tables
};

/// The scripts of every dialect: the version, and the name of the files.
const SCRIPTS: &[Script] = scripts![
    1 "0001_create_logs",
    2 "0002_create_generate_image_logs",
    3 "0003_create_merchant_clue_logs",
    4 "0004_create_merchant_settle_logs",
    5 "0005_create_model_operate_logs",
    6 "0006_create_model_use_logs",
    7 "0007_create_order_logs",
    8 "0008_create_platform_amount_logs",
    9 "0009_create_search_logs",
    10 "0010_create_telepathy_logs",
    11 "0011_create_user_activate_logs",
    12 "0012_create_user_login_logs",
    13 "0013_create_wallet_logs",
    14 "0014_create_wares_browse_logs",
    15 "0015_create_wares_collection_logs",
    16 "0016_create_usage_rollups",
];

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
