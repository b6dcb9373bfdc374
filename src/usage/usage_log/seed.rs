//! The indexes that existing databases have on `logs`.

use genledger_contract::{Entity, IndexColumn, IndexDef, TableDef};

use super::UsageLog;

const fn index(name: &'static str, columns: &'static [IndexColumn]) -> IndexDef {
    IndexDef { name, columns }
}

macro_rules! single {
    ($($name:literal on $column:literal),+ $(,)?) => {
        &[$(index($name, &[IndexColumn { name: $column, descending: false }])),+]
    };
}

/// The ten single-column indexes of the system that this table comes from.
///
/// They slow the hottest insert down by 40 to 50 % and still leave pages of the log to a sort, so
/// the table of this library has composite indexes instead. They are here for the schema generator
/// and for comparisons.
///
/// ```
/// use genledger::usage::{SEED_INDEXES, UsageLog};
///
/// assert_eq!(SEED_INDEXES.len(), 10);
/// assert_eq!(UsageLog::seed_table().indexes, SEED_INDEXES);
/// ```
pub const SEED_INDEXES: &[IndexDef] = single![
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

const SEED_TABLE: TableDef = TableDef {
    indexes: SEED_INDEXES,
    ..*UsageLog::TABLE
};

const _: () = SEED_TABLE.check();

impl UsageLog {
    /// The table with the [indexes of the seed](SEED_INDEXES) in place of the library's own.
    #[must_use]
    pub const fn seed_table() -> &'static TableDef {
        &SEED_TABLE
    }
}
