//! The conformance suite on SQLite.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use genledger_conformance::{ACQUIRE_TIMEOUT, Applicable, Harness, NotApplicable, tables};
use genledger_contract::{Error, MigrationSet, Store};
use genledger_sql::SQLITE;
use genledger_sqlite::{SqliteConfig, SqliteStore};

genledger_conformance::suite!(backend_sqlite, SqliteHarness);

struct SqliteHarness;

/// A database in a folder that is removed with it.
struct Database(tempfile::TempDir);

impl Database {
    fn path(&self) -> PathBuf {
        self.0.path().join("suite.db")
    }

    async fn open(&self, readers: usize) -> Arc<dyn Store> {
        let mut config = SqliteConfig::file(self.path());
        config.readers = readers;
        config.acquire_timeout = ACQUIRE_TIMEOUT;
        Arc::new(SqliteStore::connect(config).await.unwrap())
    }
}

#[async_trait]
impl Harness for SqliteHarness {
    type Guard = Database;

    async fn empty(&self) -> (Database, Arc<dyn Store>) {
        let database = Database(tempfile::tempdir().unwrap());
        let store = database.open(8).await;
        (database, store)
    }

    fn migrations(&self) -> MigrationSet {
        static SET: LazyLock<MigrationSet> =
            LazyLock::new(|| genledger_testkit::migrations(&SQLITE, tables()));
        *SET
    }

    async fn second(&self, database: &Database) -> Applicable<Arc<dyn Store>> {
        Ok(database.open(8).await)
    }

    async fn one_connection(&self, database: &Database) -> Applicable<Arc<dyn Store>> {
        // The minimum is one connection that writes and one that reads.
        Ok(database.open(1).await)
    }

    fn server(&self) -> Applicable<SocketAddr> {
        Err(NotApplicable("no server"))
    }

    async fn through(&self, _: &Database, _: SocketAddr) -> Applicable<Arc<dyn Store>> {
        Err(NotApplicable("no server"))
    }

    async fn denied(&self) -> Applicable<Error> {
        Err(NotApplicable("no passwords"))
    }
}
