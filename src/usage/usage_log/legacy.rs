//! The indexes that existing systems have on `logs`.

use genledger_contract::Entity;
use genledger_contract::table::{IndexColumn, IndexDef, TableDef};

use super::UsageLog;

const fn index(name: &'static str, columns: &'static [IndexColumn]) -> IndexDef {
    IndexDef { name, columns }
}

macro_rules! single {
    ($($name:literal on $column:literal),+ $(,)?) => {
        &[$(index($name, &[IndexColumn { name: $column, descending: false }])),+]
    };
}

/// One index on each of ten columns, as existing systems have them.
///
/// They slow the hottest insert down by 40 to 50 % and still leave pages of the log to a sort, so
/// the table of this library has composite indexes instead. These are for databases that other
/// programs query as well, and for comparisons: `cargo xtask schema --format mysql --indexes legacy`
/// writes the table with them.
///
/// ```
/// use genledger::usage::{LEGACY_INDEXES, UsageLog};
///
/// assert_eq!(LEGACY_INDEXES.len(), 10);
/// assert!(LEGACY_INDEXES.iter().all(|index| index.columns.len() == 1));
/// assert_eq!(UsageLog::legacy_table().indexes, LEGACY_INDEXES);
/// ```
pub const LEGACY_INDEXES: &[IndexDef] = single![
    "idx_logs_user_id" on "user_id",
    "idx_logs_created_at" on "created_at",
    "idx_logs_type" on "type",
    "idx_logs_username" on "username",
    "idx_logs_token_name" on "token_name",
    "idx_logs_model_name" on "model_name",
    "idx_logs_channel_id" on "channel_id",
    "idx_logs_token_id" on "token_id",
    "idx_logs_group" on "group",
    "idx_logs_ip" on "ip",
];

const LEGACY_TABLE: TableDef = TableDef {
    indexes: LEGACY_INDEXES,
    ..*UsageLog::TABLE
};

const _: () = LEGACY_TABLE.check();

impl UsageLog {
    /// The same table with the [indexes of existing systems](LEGACY_INDEXES) in place of the
    /// library's own.
    #[must_use]
    pub const fn legacy_table() -> &'static TableDef {
        &LEGACY_TABLE
    }
}
