//! The tables of the suite with the names and column types of an existing database.

use genledger_contract::Entity;
use genledger_contract::entity::Column;
use genledger_contract::schema::Layout;

use crate::model::{Account, Entry, Job, Member, Signal, Specimen, Versioned, Wide};

/// The SQL that a database of `PostgreSQL` needs for [`adopted`] before the tables are created.
pub const ADOPTED_TYPES: &str =
    "CREATE TYPE suite_state AS ENUM ('unknown', 'shut', 'open', 'OPEN', 'other')";

/// A [`Layout`] with another name for each of the [`tables`](crate::tables), and with column types whose
/// values are converted, as far as the dialect has such types. Every case of the suite must pass with it, if
/// the harness creates the tables by `MigrationSet::of("suite", tables())`.
#[must_use]
pub fn adopted(dialect: &str) -> Layout {
    let layout = Layout::new()
        .table::<Account>("AppAccounts")
        .table::<Entry>("app_entries")
        .table::<Job>("app_jobs")
        .table::<Member>("app_members")
        .table::<Signal>("app_signals")
        .table::<Specimen>("app_specimens")
        .table::<Versioned>("app_versioned")
        .table::<Wide>("app_wide");
    match dialect {
        "postgres" => typed(
            layout,
            &[
                ("flag", "smallint"),
                ("maybe_flag", "integer"),
                ("at_three", "timestamp(3)"),
                ("maybe_six", "timestamp without time zone"),
                ("long_uuid", "uuid"),
                ("short_uuid", "uuid"),
                ("maybe_long_uuid", "char(36) COLLATE \"C\""),
                ("maybe_short_uuid", "character(32) COLLATE \"C\""),
                ("state", "varchar(20) COLLATE \"C\""),
            ],
        )
        .column(named::<Signal>("state"), "suite_state"),
        "mysql" => typed(
            layout,
            &[
                ("flag", "TINYINT(1) UNSIGNED"),
                ("maybe_flag", "TINYINT(1)"),
                ("at_three", "DATETIME(6)"),
                ("long_uuid", "BINARY(16)"),
                ("short_uuid", "BINARY(16)"),
                ("maybe_long_uuid", "CHAR(36)"),
                ("maybe_short_uuid", "CHAR(32)"),
            ],
        )
        .column(
            named::<Signal>("state"),
            "ENUM('unknown', 'shut', 'open', 'OPEN', 'other')",
        ),
        _ => typed(
            layout,
            &[
                ("flag", "BOOLEAN"),
                ("big", "BIGINT"),
                ("name", "VARCHAR(64)"),
                ("long_uuid", "CHAR(36)"),
                ("state", "CHARACTER(16)"),
            ],
        ),
    }
}

fn typed(layout: Layout, columns: &[(&str, &'static str)]) -> Layout {
    columns.iter().fold(layout, |layout, (name, sql)| {
        layout.column(named::<Specimen>(name), sql)
    })
}

/// The column with this name; its type does not matter here.
fn named<E: Entity>(name: &str) -> Column<E, ()> {
    Column::named(name)
}
