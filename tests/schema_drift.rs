//! The committed SQL, the descriptions of the tables, and what a database makes of them are the same.
//!
//! `GENLEDGER_REWRITE_SCHEMA=1 cargo test --test schema_drift` writes the script that makes a table,
//! for every dialect. That is for tables that were never released; what was released is changed by a
//! new script.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/backends.rs"]
mod backends;

use std::path::PathBuf;

use genledger::contract::{Store, TableDef};
use genledger::schema;
use genledger_sql::{Dialect, MYSQL, POSTGRES, SQLITE, create_table_sql};

const DIALECTS: [&Dialect; 3] = [&SQLITE, &POSTGRES, &MYSQL];

/// The script that makes a table: `0001_create_logs`.
fn creation(dialect: &Dialect, table: &TableDef) -> Option<&'static genledger::contract::Script> {
    let migrations = schema::migrations();
    let name = format!("_create_{}", table.name);
    let mut scripts = migrations.scripts_of(dialect.name()).into_iter();
    scripts.find(|script| script.name.ends_with(&name))
}

/// Whether the table was changed by hand since, in a script called `0007_alter_logs_…`.
fn altered(dialect: &Dialect, table: &TableDef) -> bool {
    let name = format!("_alter_{}", table.name);
    schema::migrations()
        .scripts_of(dialect.name())
        .iter()
        .any(|script| script.name.contains(&name))
}

fn generated(dialect: &Dialect, table: &TableDef) -> String {
    let mut sql = create_table_sql(dialect, table).join(";\n\n");
    sql.push_str(";\n");
    sql
}

fn path(dialect: &Dialect, name: &str) -> PathBuf {
    [
        env!("CARGO_MANIFEST_DIR"),
        "src",
        "schema",
        dialect.name(),
        &format!("{name}.sql"),
    ]
    .iter()
    .collect()
}

#[test]
fn committed_scripts_are_those_of_the_descriptions() {
    let rewrite = std::env::var_os("GENLEDGER_REWRITE_SCHEMA").is_some();
    let mut stale = Vec::new();
    for dialect in DIALECTS {
        for table in schema::tables() {
            let Some(script) = creation(dialect, table) else {
                panic!("no script …_create_{} for {}", table.name, dialect.name());
            };
            let expected = generated(dialect, table);
            if script.sql == expected || altered(dialect, table) {
                continue;
            }
            if rewrite {
                std::fs::write(path(dialect, script.name), expected).unwrap();
            } else {
                stale.push(path(dialect, script.name).display().to_string());
            }
        }
    }
    assert!(
        stale.is_empty(),
        "these are not what the descriptions of the tables say; write a script that alters the \
         table, or, if it was never released, run this test with GENLEDGER_REWRITE_SCHEMA=1:\n{}",
        stale.join("\n")
    );
}

#[test]
fn every_dialect_has_every_script_once() {
    let migrations = schema::migrations();
    let names = |dialect: &Dialect| -> Vec<(u32, &str)> {
        let scripts = migrations.scripts_of(dialect.name());
        scripts
            .iter()
            .map(|script| (script.version, script.name))
            .collect()
    };
    for dialect in DIALECTS {
        let names = names(dialect);
        assert_eq!(names, names_of_sqlite());
        assert!(names.is_sorted_by(|one, other| one.0 < other.0));
        for (version, name) in names {
            assert!(name.starts_with(&format!("{version:04}_")), "{name}");
        }
    }
}

fn names_of_sqlite() -> Vec<(u32, &'static str)> {
    let scripts = schema::migrations().scripts_of("sqlite");
    scripts
        .iter()
        .map(|script| (script.version, script.name))
        .collect()
}

/// An empty database that is migrated is what the descriptions say, and migrating it again does
/// nothing.
async fn a_migrated_database_has_no_differences(store: &dyn Store) {
    let first = store.migrate(&schema::migrations()).await.unwrap();
    let again = store.migrate(&schema::migrations()).await.unwrap();
    if store.capability().dialect != "memory" {
        assert_eq!(first.applied.len(), names_of_sqlite().len());
    }
    assert!(again.applied.is_empty(), "{again:?}");
    let differences = store.verify_schema(schema::tables()).await.unwrap();
    assert!(differences.is_empty(), "{differences:#?}");
}

backends::cases!(a_migrated_database_has_no_differences);
