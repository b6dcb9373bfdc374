//! Migrations, and the comparison of the schema with the entities.

use std::sync::Arc;

use futures_util::future::join_all;
use genledger_contract::schema::{Difference, Script, Severity};
use genledger_contract::{Entity, ErrorKind, Filter, MigrationSet, Query, SessionExt};

use crate::ask::rows_of;
use crate::check::fails;
use crate::databases::{Database, Databases};
use crate::harness::{Applicable, NotApplicable};
use crate::model::{Absent, Account, Coloured, DriftedAccount, Member, Ranged, Widest, tables};

fn introspection(database: &Database) -> Applicable<()> {
    if database.store.capability().introspection {
        Ok(())
    } else {
        Err(NotApplicable("the schema cannot be read"))
    }
}

/// The scripts of the store's dialect.
fn scripts(databases: &Databases, database: &Database) -> Applicable<Vec<&'static Script>> {
    let dialect = database.store.capability().dialect;
    match databases.migrations().scripts_of(dialect) {
        Ok(scripts) if !scripts.is_empty() => Ok(scripts),
        _ => Err(NotApplicable(
            "no scripts: tables are created from their descriptions",
        )),
    }
}

fn items(differences: &[Difference], table: &str) -> Vec<String> {
    let of_table = differences.iter().filter(|one| one.table == table);
    of_table.map(|one| one.item.clone()).collect()
}

/// The number of steps for the suite's tables: scripts, or tables if a store has no scripts.
fn steps(databases: &Databases, database: &Database) -> usize {
    scripts(databases, database).map_or(tables().len(), |scripts| scripts.len())
}

/// Migrating creates the tables and reports the steps; a second migration does nothing.
pub(crate) async fn migrates_once(databases: &Databases) {
    let database = databases.empty().await;
    let migrations = [databases.migrations()];
    let report = database.store.migrate(&migrations).await.unwrap();
    assert_eq!(report.applied.len(), steps(databases, &database));
    database.session().insert(&Account::new(1)).await.unwrap();
    let report = database.store.migrate(&migrations).await.unwrap();
    assert_eq!(report.applied, Vec::<String>::new());
    assert_eq!(rows_of::<Account>(&*database.session()).await, 1);
}

/// Several processes may migrate at the same time: every script runs once.
pub(crate) async fn migrates_concurrently(databases: &Databases) -> Applicable<()> {
    let database = databases.empty().await;
    let stores = [Arc::clone(&database.store), database.second().await?];
    let migrations = [databases.migrations()];
    let tasks = stores.iter().cycle().take(4).cloned().map(|store| {
        tokio::spawn(async move { store.migrate(&migrations).await.unwrap().applied.len() })
    });
    let mut applied = 0;
    for task in join_all(tasks).await {
        applied += task.unwrap();
    }
    assert_eq!(applied, steps(databases, &database));
    database.session().insert(&Account::new(1)).await.unwrap();
    Ok(())
}

/// A freshly migrated schema has no differences from the descriptions.
pub(crate) async fn clean_after_migrating(databases: &Databases) {
    let database = databases.migrated().await;
    let differences = database.store.verify_schema(tables()).await.unwrap();
    assert_eq!(differences, []);
}

/// A table that is missing is a difference, and so is every table of an empty database.
pub(crate) async fn lists_missing_tables(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    introspection(&database)?;
    let asked = [Account::TABLE, Absent::TABLE];
    let differences = database.store.verify_schema(&asked).await.unwrap();
    assert_eq!(items(&differences, "suite_absent"), [""]);
    assert_eq!(differences.len(), 1, "{differences:?}");
    let empty = databases.empty().await;
    let differences = empty.store.verify_schema(tables()).await.unwrap();
    for table in tables() {
        assert_eq!(items(&differences, table.name), [""]);
    }
    Ok(())
}

/// Columns and indexes that are missing or of another type are differences, each named.
pub(crate) async fn lists_changed_tables(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    introspection(&database)?;
    let asked = [DriftedAccount::TABLE, Member::TABLE];
    let differences = database.store.verify_schema(&asked).await.unwrap();
    let items = items(&differences, "suite_accounts");
    for item in ["visits", "colour", "ix_suite_drifted"] {
        assert!(items.contains(&item.to_owned()), "{item}: {differences:?}");
    }
    assert!(
        differences.iter().all(|one| one.table == "suite_accounts"),
        "{differences:?}"
    );
    assert!(differences[0].to_string().starts_with("suite_accounts."));
    let severity = |item: &str| {
        let one = differences.iter().find(|one| one.item == item);
        one.map(|one| one.severity)
    };
    assert_eq!(severity("visits"), Some(Severity::Breaks));
    assert_eq!(severity("ix_suite_drifted"), Some(Severity::Slow));
    Ok(())
}

/// Each difference has a severity: a missing or different CHECK and an unexpected NOT NULL break statements,
/// a missing index makes them slow, a default only differs.
pub(crate) async fn differences_have_a_severity(databases: &Databases) -> Applicable<()> {
    use Severity::{Breaks, Differs, Slow};
    const INDEX: &str = "CREATE INDEX ix_suite_ranged ON suite_ranged (level)";
    let cases = [
        (
            "level INTEGER NOT NULL, note INTEGER NULL",
            vec![("level", Breaks), ("level", Differs)],
        ),
        (
            "level INTEGER NOT NULL DEFAULT 3 CHECK (level BETWEEN -5 AND 11), note INTEGER NULL",
            vec![("level", Breaks)],
        ),
        (
            "level INTEGER NOT NULL DEFAULT 3 CHECK (level >= -5 AND level < 11), \
             note INTEGER NOT NULL",
            vec![("note", Breaks)],
        ),
        (
            "level INTEGER NULL DEFAULT 4 CHECK (level BETWEEN -5 AND 10), note INTEGER NULL",
            vec![("level", Breaks), ("level", Differs)],
        ),
        (
            "level INTEGER NOT NULL DEFAULT 3 CHECK (level BETWEEN -5 AND 10), \
             note INTEGER NULL CHECK (note < 100)",
            vec![("note", Breaks)],
        ),
    ];
    for (columns, expected) in cases {
        for indexed in [true, false] {
            let database = databases.empty().await;
            let dialect = shared_sql(&database)?;
            let sqlite = dialect == "sqlite";
            // SQLite has CHECKs of the width as well, and stricter tables.
            let columns = if sqlite {
                let wide = "note INTEGER NULL CHECK (note BETWEEN -2147483648 AND 2147483647)";
                columns.replace("note INTEGER NULL", wide)
            } else {
                columns.to_owned()
            };
            let table = format!(
                "CREATE TABLE suite_ranged (id {} NOT NULL PRIMARY KEY, {columns}){}",
                if sqlite { "INTEGER" } else { "BIGINT" },
                if sqlite { " STRICT" } else { "" },
            );
            let mut scripts = vec![Script::new(dialect, 1, "table", table.leak())];
            let mut expected = expected.clone();
            if indexed {
                scripts.push(Script::new(dialect, 2, "index", INDEX));
            } else {
                expected.push((Ranged::TABLE.indexes[0].name, Slow));
            }
            let sets = [MigrationSet::of("ranged", &[]).with_scripts(scripts.leak())];
            database.store.migrate(&sets).await.unwrap();
            let found = database
                .store
                .verify_schema(&[Ranged::TABLE])
                .await
                .unwrap();
            let mut items: Vec<(&str, Severity)> = found
                .iter()
                .map(|one| (one.item.as_str(), one.severity))
                .collect();
            if sqlite {
                // A NOT NULL column of the cases has no CHECK of its width.
                items.dedup();
            }
            assert_eq!(items, expected, "{columns}: {found:#?}");
        }
    }
    let database = databases.empty().await;
    let set = MigrationSet::of("ranged", &[Ranged::TABLE]);
    database.store.migrate(&[set]).await.unwrap();
    let found = database
        .store
        .verify_schema(&[Ranged::TABLE])
        .await
        .unwrap();
    assert_eq!(found, []);
    Ok(())
}

/// Every statement on a missing table returns `Schema`.
pub(crate) async fn statements_on_missing_tables(databases: &Databases) {
    let session = databases.migrated().await.session();
    let row = Absent { id: 1, version: 1 };
    let change = || [Absent::VERSION.plus(1)];
    let error = fails(session.insert(&row).await, ErrorKind::Schema);
    assert_eq!(error.table(), Some("suite_absent"));
    let rows = [row.clone()];
    fails(session.insert_if_absent(&rows).await, ErrorKind::Schema);
    fails(session.upsert(&rows, change()).await, ErrorKind::Schema);
    let update = session.update_where(Filter::all(), change());
    fails(update.await, ErrorKind::Schema);
    fails(session.delete::<Absent>(&1).await, ErrorKind::Schema);
    fails(session.find::<Absent>(&1).await, ErrorKind::Schema);
    fails(
        session.page(&Query::<Absent>::default()).await,
        ErrorKind::Schema,
    );
    fails(
        session.count(Filter::<Absent>::all(), 9).await,
        ErrorKind::Schema,
    );
}

/// A statement that names a missing column returns `Schema`.
pub(crate) async fn statements_on_missing_columns(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert(&Account::new(1)).await.unwrap();
    fails(session.find::<DriftedAccount>(&1).await, ErrorKind::Schema);
    session.insert(&Account::new(2)).await.unwrap();
}

/// The scripts of the suite and one more.
fn with_script(databases: &Databases, script: Script) -> MigrationSet {
    let migrations = databases.migrations();
    let mut scripts = migrations.scripts.to_vec();
    scripts.push(script);
    migrations.with_scripts(scripts.leak())
}

/// A script that fails returns `Schema`; the scripts before it are kept, the data is kept, and a corrected
/// script continues from there.
pub(crate) async fn a_failing_script(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let scripts = scripts(databases, &database)?;
    let session = database.session();
    session.insert(&Account::new(1)).await.unwrap();
    let last = scripts[scripts.len() - 1];
    let script = |sql| Script::new(last.dialect, last.version + 1, "more", sql);
    let broken = with_script(databases, script("CREATE TABEL suite_more (id INT)"));
    for _ in 0..2 {
        fails(database.store.migrate(&[broken]).await, ErrorKind::Schema);
        assert_eq!(rows_of::<Account>(&*session).await, 1);
    }
    let corrected = with_script(
        databases,
        script("CREATE TABLE suite_more (id INT PRIMARY KEY)"),
    );
    let report = database.store.migrate(&[corrected]).await.unwrap();
    assert_eq!(report.applied.len(), 1);
    let report = database.store.migrate(&[corrected]).await.unwrap();
    assert_eq!(report.applied.len(), 0);
    Ok(())
}

/// One line creates the application's tables on every database, beside those of other sets, and returns `Ok`
/// only when they exist.
pub(crate) async fn makes_own_tables(databases: &Databases) {
    let database = databases.migrated().await;
    let store = &database.store;
    let own = [MigrationSet::of("my-app", &[Absent::TABLE])];
    let report = store.migrate(&own).await.unwrap();
    assert_eq!(report.applied, ["my-app/suite_absent"]);
    let session = database.session();
    session.insert(&Absent { id: 1, version: 1 }).await.unwrap();
    assert_eq!(store.verify_schema(&[Absent::TABLE]).await.unwrap(), []);
    let report = store.migrate(&own).await.unwrap();
    assert_eq!(report.applied, Vec::<String>::new());
    let report = store
        .migrate(&[databases.migrations(), own[0]])
        .await
        .unwrap();
    assert_eq!(report.applied, Vec::<String>::new());
}

/// A table that exists and differs from the description of a set is `Schema`, and is not changed.
pub(crate) async fn tables_that_are_something_else(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    introspection(&database)?;
    let other = [MigrationSet::of("my-app", &[DriftedAccount::TABLE])];
    for _ in 0..2 {
        let error = fails(database.store.migrate(&other).await, ErrorKind::Schema);
        assert_eq!(error.table(), Some("suite_accounts"));
    }
    assert_eq!(database.store.verify_schema(tables()).await.unwrap(), []);
    Ok(())
}

/// Sets that are wrong are refused before anything is done: an invalid or duplicate name, scripts for other
/// databases only, a version that a dialect lacks because it is misspelt.
pub(crate) async fn wrong_sets(databases: &Databases) -> Applicable<()> {
    let database = databases.empty().await;
    let store = &database.store;
    let of = |scripts: Vec<Script>| {
        MigrationSet::of("my-app", &[Absent::TABLE]).with_scripts(scripts.leak())
    };
    let script = |dialect, version| {
        Script::new(
            dialect,
            version,
            "make",
            "CREATE TABLE suite_absent (id BIGINT PRIMARY KEY)",
        )
    };
    let dialect = store.capability().dialect;
    let plain = MigrationSet::of("my-app", &[Absent::TABLE]);
    let mut wrong = vec![
        vec![plain, plain],
        vec![MigrationSet::of("My app", &[])],
        vec![of(vec![script(dialect, 0)])],
        vec![of(vec![script(dialect, 1), script(dialect, 1)])],
        vec![of(vec![
            script(dialect, 1),
            script("sqllite", 1),
            script(dialect, 2),
        ])],
    ];
    if scripts(databases, &database).is_ok() {
        wrong.push(vec![of(vec![script("sqllite", 1)])]);
    }
    for sets in wrong {
        fails(store.migrate(&sets).await, ErrorKind::Invalid);
    }
    introspection(&database)?;
    let differences = store.verify_schema(&[Absent::TABLE]).await.unwrap();
    assert_eq!(items(&differences, "suite_absent"), [""]);
    Ok(())
}

/// Whether the store runs SQL that all dialects share.
fn shared_sql(database: &Database) -> Applicable<&'static str> {
    let dialect = database.store.capability().dialect;
    if ["sqlite", "postgres", "mysql"].contains(&dialect) {
        Ok(dialect)
    } else {
        Err(NotApplicable("no SQL"))
    }
}

/// A set whose tables are created from descriptions is changed by scripts: they run if an earlier version
/// created the table, and are not needed if the table is created from its current description.
pub(crate) async fn described_sets_change(databases: &Databases) -> Applicable<()> {
    const CHANGE: &str = "ALTER TABLE suite_absent ADD COLUMN colour BIGINT NULL";
    const STRICT: &str = "ALTER TABLE suite_absent ADD COLUMN colour INTEGER NULL";
    let old = databases.empty().await;
    let dialect = shared_sql(&old)?;
    let sql = if dialect == "sqlite" { STRICT } else { CHANGE };
    let gone = "DROP TABLE suite_gone";
    let scripts = vec![
        Script::new(dialect, 1, "colour", sql).changing("suite_absent"),
        Script::new(dialect, 2, "gone", gone).changing("suite_gone"),
    ];
    let first = [MigrationSet::of("my-app", &[Absent::TABLE])];
    let second = [MigrationSet::of("my-app", &[Coloured::TABLE]).with_scripts(scripts.leak())];

    old.store.migrate(&first).await.unwrap();
    let session = old.session();
    session.insert(&Absent { id: 1, version: 1 }).await.unwrap();
    let report = old.store.migrate(&second).await.unwrap();
    assert_eq!(report.applied, ["my-app/colour"]);
    let row: Coloured = session.get(&1).await.unwrap();
    assert_eq!(row.colour, None);

    let new = databases.empty().await;
    let report = new.store.migrate(&second).await.unwrap();
    assert_eq!(report.applied, ["my-app/suite_absent"]);
    for database in [&old, &new] {
        let again = database.store.migrate(&second).await.unwrap();
        assert_eq!(again.applied, Vec::<String>::new());
        let differences = database.store.verify_schema(&[Coloured::TABLE]).await;
        assert_eq!(differences.unwrap(), []);
    }
    Ok(())
}

/// Scripts that fail when they run a second time, and several processes that run them at the same time: the
/// versions of two sets are independent.
pub(crate) async fn scripts_run_once(databases: &Databases) -> Applicable<()> {
    const MAKE: [&str; 2] = [
        "CREATE TABLE suite_absent (id INTEGER NOT NULL PRIMARY KEY, version INTEGER NOT NULL)",
        "CREATE TABLE suite_other (id INTEGER NOT NULL PRIMARY KEY, version INTEGER NOT NULL)",
    ];
    const INSERT: &str = "INSERT INTO suite_absent (id, version)         SELECT coalesce(max(a.id), 0) + 1, 1 FROM suite_absent a";
    const ALTER: &str = "ALTER TABLE suite_absent ADD COLUMN extra INTEGER NULL";
    let database = databases.empty().await;
    let dialect = shared_sql(&database)?;
    let stores = [Arc::clone(&database.store), database.second().await?];
    let of = |version, sql| Script::new(dialect, version, "script", sql);
    let mut scripts = vec![of(1, MAKE[0]), of(2, ALTER)];
    scripts.extend((3..9).map(|version| of(version, INSERT)));
    let sets = [
        MigrationSet::of("one", &[]).with_scripts(scripts.leak()),
        MigrationSet::of("other", &[]).with_scripts(vec![of(1, MAKE[1])].leak()),
    ];
    let tasks = stores.iter().cycle().take(6).cloned().map(|store| {
        tokio::spawn(async move { store.migrate(&sets).await.unwrap().applied.len() })
    });
    let mut applied = 0;
    for task in join_all(tasks).await {
        applied += task.unwrap();
    }
    assert_eq!(applied, 9);
    assert_eq!(rows_of::<Absent>(&*database.session()).await, 6);
    Ok(())
}

/// Scripts that have run and did not make the tables of their set: each migration reports it, also
/// when nothing is left to run.
pub(crate) async fn scripts_that_make_no_table(databases: &Databases) -> Applicable<()> {
    let database = databases.empty().await;
    let dialect = shared_sql(&database)?;
    let script = Script::new(dialect, 1, "nothing", "SELECT 1");
    let set = MigrationSet::of("mine", &[Absent::TABLE]).with_scripts(vec![script].leak());
    for _ in 0..2 {
        let error = fails(database.store.migrate(&[set]).await, ErrorKind::Schema);
        assert_eq!(error.table(), Some(Absent::TABLE.name));
    }
    Ok(())
}

/// Keys and indexes of the greatest width that compiles fit, with the widest characters, which do not
/// compress.
pub(crate) async fn the_widest_keys(databases: &Databases) {
    let database = databases.empty().await;
    let set = MigrationSet::of("wide", &[Widest::TABLE]);
    database.store.migrate(&[set]).await.unwrap();
    let mut state = 1_u32;
    let mut text = |chars| -> String {
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Four bytes each.
            char::from_u32(0x1_0000 + state % 0xf_ffff).unwrap_or('\u{1F980}')
        };
        (0..chars).map(|_| next()).collect()
    };
    let rows = [
        Widest {
            name: text(673),
            number: i64::MAX,
            other: text(671),
            third: Some(text(671)),
        },
        Widest {
            name: text(673),
            number: 1,
            other: text(671),
            third: None,
        },
    ];
    let session = database.session();
    session.insert_many(&rows).await.unwrap();
    for row in &rows {
        assert_eq!(&session.get::<Widest>(&row.name).await.unwrap(), row);
    }
}

/// A script that was run and has changed since returns `Schema`: the database does not match the scripts.
pub(crate) async fn a_changed_script(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let mut changed: Vec<Script> = scripts(databases, &database)?
        .into_iter()
        .copied()
        .collect();
    changed[0].sql = format!("{} -- changed", changed[0].sql).leak();
    let changed = databases.migrations().with_scripts(changed.leak());
    fails(database.store.migrate(&[changed]).await, ErrorKind::Schema);
    Ok(())
}
