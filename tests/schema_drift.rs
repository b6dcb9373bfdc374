//! The committed SQL, the descriptions of the tables, and the tables that a database creates are the same.
//!
//! `GENLEDGER_REWRITE_SCHEMA=1 cargo test --test schema_drift` writes the script that creates a table,
//! for every dialect. That is for tables that were never released; released tables are changed by a
//! new script.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::PathBuf;

use genledger::contract::schema::Script;
use genledger::contract::table::TableDef;
use genledger::contract::{MigrationSet, Store};
use genledger::schema;
use genledger_sql::{Dialect, MYSQL, POSTGRES, SQLITE, create_table_sql};

const DIALECTS: [&Dialect; 3] = [&SQLITE, &POSTGRES, &MYSQL];

/// The scripts of a set.
fn scripts_of(set: &MigrationSet, dialect: &Dialect) -> Vec<&'static Script> {
    set.scripts_of(dialect.name()).unwrap()
}

/// The script that creates a table: `0001_create_logs`.
fn creation(set: &MigrationSet, dialect: &Dialect, table: &TableDef) -> Option<&'static Script> {
    let name = format!("_create_{}", table.name);
    let mut scripts = scripts_of(set, dialect).into_iter();
    scripts.find(|script| script.name.ends_with(&name))
}

/// Whether the table was changed manually since, in a script called `0007_alter_logs_…`.
fn altered(set: &MigrationSet, dialect: &Dialect, table: &TableDef) -> bool {
    let name = format!("_alter_{}", table.name);
    scripts_of(set, dialect)
        .iter()
        .any(|script| script.name.contains(&name))
}

fn generated(dialect: &Dialect, table: &TableDef) -> String {
    let mut sql = create_table_sql(dialect, table).join(";\n\n");
    sql.push_str(";\n");
    sql
}

/// The folder of a set is named after its domain.
fn path(set: &MigrationSet, dialect: &Dialect, name: &str) -> PathBuf {
    let domain = set.name.strip_prefix("genledger.").unwrap();
    let file = format!("{name}.sql");
    let manifest = env!("CARGO_MANIFEST_DIR");
    [manifest, "src", "schema", dialect.name(), domain, &file]
        .iter()
        .collect()
}

#[test]
fn committed_scripts_are_those_of_the_descriptions() {
    let rewrite = std::env::var_os("GENLEDGER_REWRITE_SCHEMA").is_some();
    let mut stale = Vec::new();
    for (set, dialect) in sets_and_dialects() {
        for table in set.tables {
            let Some(script) = creation(set, dialect, table) else {
                panic!("no script …_create_{} for {}", table.name, dialect.name());
            };
            let expected = generated(dialect, table);
            if script.sql == expected || altered(set, dialect, table) {
                continue;
            }
            if rewrite {
                std::fs::write(path(set, dialect, script.name), expected).unwrap();
            } else {
                stale.push(path(set, dialect, script.name).display().to_string());
            }
        }
    }
    assert!(
        stale.is_empty(),
        "these differ from the descriptions of the tables; write a script that alters the \
         table, or, if it was never released, run this test with GENLEDGER_REWRITE_SCHEMA=1:\n{}",
        stale.join("\n")
    );
}

fn sets_and_dialects() -> impl Iterator<Item = (&'static MigrationSet, &'static Dialect)> {
    let of_set = |set| DIALECTS.into_iter().map(move |dialect| (set, dialect));
    schema::all().iter().flat_map(of_set)
}

#[test]
fn every_dialect_has_every_script_once() {
    MigrationSet::check_all(schema::all()).unwrap();
    for (set, dialect) in sets_and_dialects() {
        let names = |dialect| -> Vec<(u32, &str)> {
            let scripts = scripts_of(set, dialect);
            scripts.iter().map(|one| (one.version, one.name)).collect()
        };
        let names_here = names(dialect);
        assert_eq!(names_here, names(&SQLITE));
        for ((version, name), expected) in names_here.into_iter().zip(1..) {
            assert_eq!(version, expected, "{name}");
            assert!(name.starts_with(&format!("{version:04}_")), "{name}");
        }
    }
}

#[test]
fn every_table_is_in_the_set_of_its_domain() {
    for entity in schema::registry::entities() {
        let name = format!("genledger.{}", entity.domain.name());
        let set = schema::all().iter().find(|set| set.name == name);
        let set = set.unwrap_or_else(|| panic!("no set {name}"));
        assert!(set.tables.contains(&entity.table), "{}", entity.name);
    }
    let tables: usize = schema::all().iter().map(|set| set.tables.len()).sum();
    assert_eq!(tables, schema::tables().len());
}

/// An empty database that is migrated matches the descriptions, and migrating it again does
/// nothing.
async fn a_migrated_database_has_no_differences(store: &std::sync::Arc<dyn Store>) {
    let first = store.migrate(schema::all()).await.unwrap();
    let again = store.migrate(schema::all()).await.unwrap();
    if store.capability().dialect != "memory" {
        let scripts = schema::all()
            .iter()
            .map(|set| scripts_of(set, &SQLITE).len());
        assert_eq!(first.applied.len(), scripts.sum::<usize>());
    }
    assert!(again.applied.is_empty(), "{again:?}");
    let differences = store.verify_schema(schema::tables()).await.unwrap();
    assert!(differences.is_empty(), "{differences:#?}");
}

/// A service that uses one domain gets the tables of that domain, and those of another later.
async fn a_service_migrates_the_domains_that_it_uses(store: &std::sync::Arc<dyn Store>) {
    store.migrate(&[schema::usage()]).await.unwrap();
    let tables = schema::usage().tables;
    assert_eq!(store.verify_schema(tables).await.unwrap(), []);
    let elsewhere = schema::activity().tables;
    let differences = store.verify_schema(elsewhere).await.unwrap();
    assert_eq!(differences.len(), elsewhere.len(), "{differences:#?}");
    let report = store.migrate(schema::all()).await.unwrap();
    let before = |name: &String| name.starts_with("genledger.usage/");
    assert!(!report.applied.iter().any(before), "{report:?}");
    assert_eq!(store.verify_schema(schema::tables()).await.unwrap(), []);
}

genledger_testkit::layout_cases!(
    a_migrated_database_has_no_differences,
    a_service_migrates_the_domains_that_it_uses
);
