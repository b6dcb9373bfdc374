//! The tables of this crate and the migrations that create them, as data that a store runs.
//! Each domain is a [`MigrationSet`] of its own, and a service migrates those that it uses.
//! [`registry`] has the metadata for exports and documentation.
//!
//! The scripts are plain SQL under `src/schema/<dialect>/<domain>/`. The script that creates a table is generated
//! once from the table's description (`tests/schema_drift.rs` with `GENLEDGER_REWRITE_SCHEMA=1`); later
//! changes are scripts written manually. A test migrates an empty database and compares it with
//! the descriptions, so that the two cannot drift apart.

mod adoption;
pub mod registry;

pub use adoption::{adopt_generation, adopt_midjourney, adopt_usage};

use genledger_contract::MigrationSet;
use genledger_contract::schema::{Layout, Script};
use genledger_contract::table::TableDef;

use crate::activity::Activity;
use registry::{Domain, EntityDef, entities};

/// The scripts of a set, three for each name, one for each dialect.
macro_rules! scripts {
    ($domain:literal: $($version:literal $name:literal),+ $(,)?) => {
        &[
            $(script!("sqlite", $domain, $version, $name),)+
            $(script!("postgres", $domain, $version, $name),)+
            $(script!("mysql", $domain, $version, $name),)+
        ]
    };
}

macro_rules! script {
    ($dialect:literal, $domain:literal, $version:literal, $name:literal) => {
        Script::new(
            $dialect,
            $version,
            $name,
            include_str!(concat!(
                "schema/", $dialect, "/", $domain, "/", $name, ".sql"
            )),
        )
    };
}

/// The tables of the entities of a domain, or of all, in the order in which they are made.
macro_rules! tables_of {
    ($domain:expr) => {{
        const LENGTH: usize = count($domain);
        const TABLES: [&TableDef; LENGTH] = {
            let mut tables = [entities()[0].table; LENGTH];
            let (mut index, mut filled) = (0, 0);
            while index < entities().len() {
                if is_in(&entities()[index], $domain) {
                    tables[filled] = entities()[index].table;
                    filled += 1;
                }
                index += 1;
            }
            tables
        };
        &TABLES
    }};
}

const fn is_in(entity: &EntityDef, domain: Option<Domain>) -> bool {
    match domain {
        Some(domain) => entity.domain as u8 == domain as u8,
        None => true,
    }
}

const fn count(domain: Option<Domain>) -> usize {
    let (mut index, mut count) = (0, 0);
    while index < entities().len() {
        if is_in(&entities()[index], domain) {
            count += 1;
        }
        index += 1;
    }
    count
}

/// The tables of all entities.
const TABLES: &[&TableDef] = tables_of!(None);

const USAGE: MigrationSet = MigrationSet::of("genledger.usage", tables_of!(Some(Domain::Usage)))
    .with_scripts(scripts![
        "usage":
        1 "0001_create_logs",
        2 "0002_create_usage_rollups",
        3 "0003_create_usage_rollup_coverage",
    ]);

const USAGE_IMMUTABLE: MigrationSet = MigrationSet::of("genledger.usage.immutable", &[])
    .with_scripts(scripts![
        "usage_immutable":
        1 "0001_refuse_updates_of_logs",
    ]);

const MIDJOURNEY: MigrationSet =
    MigrationSet::of("genledger.midjourney", tables_of!(Some(Domain::Midjourney)))
        .with_scripts(scripts!["midjourney": 1 "0001_create_midjourneys"]);

const GENERATION: MigrationSet =
    MigrationSet::of("genledger.generation", tables_of!(Some(Domain::Generation))).with_scripts(
        scripts![
            "generation":
            1 "0001_create_jimeng_accounts",
            2 "0002_create_jimeng_image_generation_records",
            3 "0003_create_jimeng_video_generation_records",
            4 "0004_create_generation_attempts",
        ],
    );

const ACCOUNTING: MigrationSet =
    MigrationSet::of("genledger.accounting", tables_of!(Some(Domain::Accounting))).with_scripts(
        scripts![
            "accounting":
            1 "0001_create_accounting_records",
            2 "0002_create_customer_balance",
            3 "0003_create_balance_entries",
            4 "0004_create_audit_marks",
        ],
    );

const ACTIVITY: MigrationSet =
    MigrationSet::of("genledger.activity", tables_of!(Some(Domain::Activity))).with_scripts(
        scripts![
            "activity":
            1 "0001_create_generate_image_logs",
            2 "0002_create_merchant_clue_logs",
            3 "0003_create_merchant_settle_logs",
            4 "0004_create_model_operate_logs",
            5 "0005_create_model_use_logs",
            6 "0006_create_order_logs",
            7 "0007_create_platform_amount_logs",
            8 "0008_create_search_logs",
            9 "0009_create_telepathy_logs",
            10 "0010_create_user_activate_logs",
            11 "0011_create_user_login_logs",
            12 "0012_create_wallet_logs",
            13 "0013_create_wares_browse_logs",
            14 "0014_create_wares_collection_logs",
        ],
    );

const OUTBOX: MigrationSet = MigrationSet::of("genledger.outbox", tables_of!(Some(Domain::Outbox)))
    .with_scripts(scripts![
        "outbox":
        1 "0001_create_outbox_events",
        2 "0002_create_outbox_cursors",
    ]);

/// The usage logs of the model gateway and their roll-ups.
#[must_use]
pub const fn usage() -> MigrationSet {
    USAGE
}

/// Triggers by which the database itself refuses every UPDATE of a usage log, also one of another program, with
/// the error of a CHECK. It is optional, and not in [`all`]: give it to `migrate` after [`usage`]. Logs can still be
/// deleted, for [retention](crate::retention).
///
/// `REPLACE` is not an UPDATE on SQLite, MySQL and MariaDB, and it is not refused. On MySQL with a binary log,
/// creating a trigger requires the privilege SUPER, or `log_bin_trust_function_creators = ON`. The store in memory has no
/// triggers; like every store it has no verb that changes a usage log.
///
/// ```
/// use genledger::schema;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("sqlite::memory:").await?;
/// store.migrate(&[schema::usage(), schema::usage_immutable()]).await?;
/// # store.close().await;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub const fn usage_immutable() -> MigrationSet {
    USAGE_IMMUTABLE
}

/// The Midjourney tasks of the model gateway.
#[must_use]
pub const fn midjourney() -> MigrationSet {
    MIDJOURNEY
}

/// The provider accounts, the image and video tasks, and their attempts. Their verbs also write events: migrate
/// [`outbox`] as well.
#[must_use]
pub const fn generation() -> MigrationSet {
    GENERATION
}

/// Records of charges, the balances of customers, and the entries of their accounts.
#[must_use]
pub const fn accounting() -> MigrationSet {
    ACCOUNTING
}

/// The business logs of the platform.
#[must_use]
pub const fn activity() -> MigrationSet {
    ACTIVITY
}

/// The events of the outbox and its cursors.
#[must_use]
pub const fn outbox() -> MigrationSet {
    OUTBOX
}

/// The sets of all domains, for [`Store::migrate`](genledger_contract::Store).
///
/// ```
/// use genledger::schema;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(schema::all()).await?;
/// assert!(store.verify_schema(schema::tables()).await?.is_empty());
///
/// // Or only the tables of the domains that a service uses.
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[schema::usage()]).await?;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub const fn all() -> &'static [MigrationSet] {
    &[USAGE, MIDJOURNEY, GENERATION, ACCOUNTING, ACTIVITY, OUTBOX]
}

/// The layout that partitions the usage logs and the activity logs by the months in which they happened: for
/// [`connect_with_layout`](crate::connect_with_layout), or `with_layout` of a store of PostgreSQL, MySQL or MariaDB.
/// [`partitions`](crate::partitions) has what follows.
#[must_use]
pub fn by_month() -> Layout {
    use crate::activity as log;
    Layout::new()
        .partitioned(crate::usage::UsageLog::CREATED_AT)
        .partitioned(log::GenerateImageLog::OCCURRED_AT)
        .partitioned(log::MerchantClueLog::OCCURRED_AT)
        .partitioned(log::MerchantSettleLog::OCCURRED_AT)
        .partitioned(log::ModelOperateLog::OCCURRED_AT)
        .partitioned(log::ModelUseLog::OCCURRED_AT)
        .partitioned(log::OrderLog::OCCURRED_AT)
        .partitioned(log::PlatformAmountLog::OCCURRED_AT)
        .partitioned(log::SearchLog::OCCURRED_AT)
        .partitioned(log::TelepathyLog::OCCURRED_AT)
        .partitioned(log::UserActivateLog::OCCURRED_AT)
        .partitioned(log::UserLoginLog::OCCURRED_AT)
        .partitioned(log::WalletLog::OCCURRED_AT)
        .partitioned(log::WaresBrowseLog::OCCURRED_AT)
        .partitioned(log::WaresCollectionLog::OCCURRED_AT)
}

/// The descriptions of all tables, for [`Store::verify_schema`](genledger_contract::Store) and for
/// documentation.
#[must_use]
pub const fn tables() -> &'static [&'static TableDef] {
    TABLES
}
