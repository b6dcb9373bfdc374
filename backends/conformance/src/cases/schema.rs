//! Migrations, and whether the schema is what the entities need.

use std::sync::Arc;

use futures_util::future::join_all;
use genledger_contract::{
    Difference, Entity, ErrorKind, Filter, MigrationSet, Query, Script, SessionExt,
};

use crate::ask::rows_of;
use crate::check::fails;
use crate::harness::{Applicable, NotApplicable};
use crate::lab::{Database, Lab};
use crate::model::{Absent, Account, DriftedAccount, Member, tables};

fn introspection(database: &Database) -> Applicable<()> {
    if database.store.capability().introspection {
        Ok(())
    } else {
        Err(NotApplicable("the schema cannot be read"))
    }
}

/// The scripts of the store's dialect.
fn scripts(lab: &Lab, database: &Database) -> Applicable<Vec<&'static Script>> {
    let dialect = database.store.capability().dialect;
    match lab.migrations().scripts_of(dialect) {
        Ok(scripts) if !scripts.is_empty() => Ok(scripts),
        _ => Err(NotApplicable(
            "no scripts: a table is made from its description",
        )),
    }
}

fn items(differences: &[Difference], table: &str) -> Vec<String> {
    let of_table = differences.iter().filter(|one| one.table == table);
    of_table.map(|one| one.item.clone()).collect()
}

/// What there is to do for the suite's tables: scripts, or tables where a store needs none.
fn steps(lab: &Lab, database: &Database) -> usize {
    scripts(lab, database).map_or(tables().len(), |scripts| scripts.len())
}

/// Migrating makes the tables, and says what it did; a second time it does nothing.
pub(crate) async fn migrates_once(lab: &Lab) {
    let database = lab.empty().await;
    let migrations = [lab.migrations()];
    let report = database.store.migrate(&migrations).await.unwrap();
    assert_eq!(report.applied.len(), steps(lab, &database));
    database.session().insert(&Account::new(1)).await.unwrap();
    let report = database.store.migrate(&migrations).await.unwrap();
    assert_eq!(report.applied, Vec::<String>::new());
    assert_eq!(rows_of::<Account>(&*database.session()).await, 1);
}

/// Several processes may migrate at the same time: every script runs once.
pub(crate) async fn migrates_concurrently(lab: &Lab) -> Applicable<()> {
    let database = lab.empty().await;
    let stores = [Arc::clone(&database.store), database.second().await?];
    let migrations = [lab.migrations()];
    let tasks = stores.iter().cycle().take(4).cloned().map(|store| {
        tokio::spawn(async move { store.migrate(&migrations).await.unwrap().applied.len() })
    });
    let mut applied = 0;
    for task in join_all(tasks).await {
        applied += task.unwrap();
    }
    assert_eq!(applied, steps(lab, &database));
    database.session().insert(&Account::new(1)).await.unwrap();
    Ok(())
}

/// A freshly migrated schema has no difference to the descriptions.
pub(crate) async fn clean_after_migrating(lab: &Lab) {
    let database = lab.database().await;
    let differences = database.store.verify_schema(tables()).await.unwrap();
    assert_eq!(differences, []);
}

/// A table that is missing is a difference, and so is every table of an empty database.
pub(crate) async fn lists_missing_tables(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
    introspection(&database)?;
    let asked = [Account::TABLE, Absent::TABLE];
    let differences = database.store.verify_schema(&asked).await.unwrap();
    assert_eq!(items(&differences, "suite_absent"), [""]);
    assert_eq!(differences.len(), 1, "{differences:?}");
    let empty = lab.empty().await;
    let differences = empty.store.verify_schema(tables()).await.unwrap();
    for table in tables() {
        assert_eq!(items(&differences, table.name), [""]);
    }
    Ok(())
}

/// Columns and indexes that are missing or of another type are differences, each named.
pub(crate) async fn lists_changed_tables(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
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
    Ok(())
}

/// Every statement on a table that is missing answers `Schema`.
pub(crate) async fn statements_on_missing_tables(lab: &Lab) {
    let session = lab.database().await.session();
    let row = Absent { id: 1, version: 1 };
    let change = || [Absent::VERSION.plus(1)];
    let error = fails(session.insert(&row).await, ErrorKind::Schema);
    assert_eq!(error.table(), Some("suite_absent"));
    let rows = [row.clone()];
    fails(session.insert_many(&rows).await, ErrorKind::Schema);
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

/// A statement that names a column that is missing answers `Schema`.
pub(crate) async fn statements_on_missing_columns(lab: &Lab) {
    let session = lab.database().await.session();
    session.insert(&Account::new(1)).await.unwrap();
    fails(session.find::<DriftedAccount>(&1).await, ErrorKind::Schema);
    session.insert(&Account::new(2)).await.unwrap();
}

/// The scripts of the suite and one more.
fn with_script(lab: &Lab, script: Script) -> MigrationSet {
    let migrations = lab.migrations();
    let mut scripts = migrations.scripts.to_vec();
    scripts.push(script);
    migrations.with_scripts(scripts.leak())
}

/// A script that fails answers `Schema`; the scripts before it count, the data stays, and a better
/// script goes on from there.
pub(crate) async fn a_failing_script(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
    let scripts = scripts(lab, &database)?;
    let session = database.session();
    session.insert(&Account::new(1)).await.unwrap();
    let last = scripts[scripts.len() - 1];
    let script = |sql| Script::new(last.dialect, last.version + 1, "more", sql);
    let broken = with_script(lab, script("CREATE TABEL suite_more (id INT)"));
    for _ in 0..2 {
        fails(database.store.migrate(&[broken]).await, ErrorKind::Schema);
        assert_eq!(rows_of::<Account>(&*session).await, 1);
    }
    let mended = with_script(lab, script("CREATE TABLE suite_more (id INT PRIMARY KEY)"));
    let report = database.store.migrate(&[mended]).await.unwrap();
    assert_eq!(report.applied.len(), 1);
    let report = database.store.migrate(&[mended]).await.unwrap();
    assert_eq!(report.applied.len(), 0);
    Ok(())
}

/// A script that was run and has changed since answers `Schema`: the database is not what the
/// scripts say.
pub(crate) async fn a_changed_script(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
    let mut changed: Vec<Script> = scripts(lab, &database)?.into_iter().copied().collect();
    changed[0].sql = format!("{} -- changed", changed[0].sql).leak();
    let changed = lab.migrations().with_scripts(changed.leak());
    fails(database.store.migrate(&[changed]).await, ErrorKind::Schema);
    Ok(())
}
