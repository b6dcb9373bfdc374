//! Databases that one test after the other uses: creating tables takes longer than most tests.
//!
//! Each is used by one test at a time. After a test, all other connections to the database are ended, rows
//! are deleted, and the tables are compared with their previous state: a database with any difference is
//! removed. Databases are kept only on a server that the run has started, and that is removed with its data.

use std::ops::Deref;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::{Settings, TestServer};

/// The limit on the time for clearing a database, after which it is removed instead.
const CLEARING: Duration = Duration::from_secs(10);

/// A schema or a database of a single test.
pub trait Reusable: Sized + Send + Sync + 'static {
    /// A name that no other test has at the same time.
    fn name(&self) -> &str;

    /// Ends all other connections to it, deletes every row except those of the library's own tables,
    /// and describes what is left: all definitions and rows.
    fn clear(&self) -> impl Future<Output = sqlx::Result<String>> + Send;
}

/// The databases of a server that no test uses at the moment.
#[derive(Debug)]
pub struct Unused<D> {
    /// The variable that is set if the run has started the server.
    own: &'static str,
    databases: Mutex<Vec<(D, Tables)>>,
}

/// The tables of a database.
#[derive(Debug)]
struct Tables {
    kind: &'static str,
    /// Their description without rows.
    description: String,
}

impl<D: Reusable> Unused<D> {
    /// An empty list. Databases are kept if the variable is set, since the run has then started the server.
    #[must_use]
    pub const fn new(own: &'static str) -> Self {
        Self {
            own,
            databases: Mutex::new(Vec::new()),
        }
    }

    /// Returns one with tables of this kind, if an earlier test has left one.
    pub fn take(&'static self, kind: &'static str) -> Option<Reused<D>> {
        let mut databases = self
            .databases
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let index = databases
            .iter()
            .rposition(|(_, tables)| tables.kind == kind)?;
        let (database, tables) = databases.swap_remove(index);
        Some(Reused {
            database: Some(database),
            kept: Some((self, tables)),
        })
    }

    fn put(&self, database: D, tables: Tables) {
        let mut databases = self
            .databases
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        databases.push((database, tables));
    }
}

/// A database that a test uses.
#[derive(Debug)]
pub struct Reused<D: Reusable> {
    database: Option<D>,
    /// The list in which it is kept for later tests, if it is kept.
    kept: Option<(&'static Unused<D>, Tables)>,
}

impl<D: Reusable> Reused<D> {
    /// A database that is removed after its test.
    pub const fn once(database: D) -> Self {
        Self {
            database: Some(database),
            kept: None,
        }
    }

    /// Keeps it, with the tables of this kind that it has now, for later tests.
    pub async fn keep(&mut self, unused: &'static Unused<D>, kind: &'static str) {
        if std::env::var_os(unused.own).is_some()
            && let Ok(description) = self.clear().await
        {
            self.kept = Some((unused, Tables { kind, description }));
        }
    }
}

impl<D: Reusable> Deref for Reused<D> {
    type Target = D;

    fn deref(&self) -> &D {
        self.database.as_ref().unwrap()
    }
}

impl<D: Reusable> Drop for Reused<D> {
    fn drop(&mut self) {
        let (Some(database), Some((unused, tables))) = (self.database.take(), self.kept.take())
        else {
            return;
        };
        // On a separate thread, since this may or may not be inside of a runtime.
        let clear = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let cleared = async { tokio::time::timeout(CLEARING, database.clear()).await };
            matches!(runtime.block_on(cleared), Ok(Ok(left)) if left == tables.description)
        };
        let as_before = std::thread::scope(|scope| scope.spawn(clear).join());
        if as_before.unwrap_or(false) {
            unused.put(database, tables);
        }
    }
}

/// A test may change its database in any way.
pub async fn a_database_that_was_changed_is_not_used_again<S: TestServer>(server: S) {
    for (change, again) in [
        ("INSERT INTO notes VALUES (1)", true),
        ("INSERT INTO _kept VALUES (2)", false),
        ("ALTER TABLE notes ADD COLUMN extra bigint", false),
        ("CREATE INDEX ix ON notes (id)", false),
        ("DROP TABLE notes", false),
    ] {
        let database = server.database().await;
        let run = async |sql: &[&str]| {
            let store = server.open(&database, Settings::connections(1)).await;
            for sql in sql {
                S::run(&store, sql).await;
            }
            genledger_contract::Store::close(&store).await;
        };
        run(&[
            "CREATE TABLE notes (id bigint PRIMARY KEY)",
            "CREATE TABLE _kept (id bigint PRIMARY KEY)",
            "INSERT INTO _kept VALUES (1)",
        ])
        .await;
        let before = database.clear().await.unwrap();
        run(&[change]).await;
        let after = database.clear().await.unwrap();
        assert_eq!(after == before, again, "{change}");
    }
}
