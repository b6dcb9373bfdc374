//! What only this driver can do, for the tests that stores with a server share.

use std::net::{SocketAddr, ToSocketAddrs};

use genledger_conformance::Applicable;
use genledger_contract::{Error, Layout, Result, SessionExt, Tx};
use genledger_mysql::sqlx::{self, Connection};
use genledger_mysql::{MySqlConfig, MySqlStore, PoolConfig, with_connection};
use genledger_sql::{Dialect, MYSQL};

use crate::server::{Database, Server};
use crate::store::{Note, Settings, Site};

impl Site for Server {
    type Room = Database;
    type Store = MySqlStore;

    const DIALECT: &'static Dialect = &MYSQL;
    const SLEEP: &'static str = "DO SLEEP(0.8)";
    const NAP: &'static str = "DO SLEEP(4)";
    // A sleep that the server ends is no error.
    const SLOW: &'static str = "SELECT count(*) FROM information_schema.columns a, \
        information_schema.columns b, information_schema.columns c";

    const LEFT_BEHIND: &'static str = "SET SESSION autocommit = 0";
    const READ_ONLY: &'static str = "SET SESSION TRANSACTION READ ONLY";

    fn wanted(self) -> Applicable<()> {
        // Not that of the trait.
        Self::wanted(self)
    }

    fn limits_writes(self) -> bool {
        matches!(self, Self::MariaDb)
    }

    async fn room(self) -> Database {
        Database::on(self.options()).await
    }

    async fn open(self, database: &Database, settings: Settings) -> MySqlStore {
        self.open_named(database.name(), settings).await
    }

    fn name(database: &Database) -> &str {
        database.name()
    }

    async fn open_named(self, name: &str, settings: Settings) -> MySqlStore {
        let options = match settings.port {
            Some(port) => self.options().host("127.0.0.1").port(port),
            None => self.options(),
        };
        let config = MySqlConfig::new(options.database(name)).with_pool(settings.pool);
        let config = match settings.statement_timeout {
            Some(timeout) => config.with_statement_timeout(timeout),
            None => config,
        };
        MySqlStore::connect(config).await.unwrap()
    }

    async fn reader(self, database: &Database, owner: &MySqlStore, read_only: bool) -> MySqlStore {
        let rights = if read_only {
            "SELECT"
        } else {
            "SELECT, INSERT"
        };
        let (name, user) = (database.name(), "genledger_reader@'127.0.0.1'");
        for sql in [
            format!("CREATE USER IF NOT EXISTS {user}"),
            format!("REVOKE ALL PRIVILEGES, GRANT OPTION FROM {user}"),
            format!("GRANT {rights} ON {name}.* TO {user}"),
        ] {
            Self::run(owner, &sql).await;
        }
        let options = self.options().username("genledger_reader");
        MySqlStore::connect(database.config(options, 1))
            .await
            .unwrap()
    }

    async fn run(store: &MySqlStore, sql: &str) {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql).execute(store.pool()).await.unwrap();
    }

    async fn count(store: &MySqlStore, sql: &str) -> Option<i64> {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        sqlx::query_scalar(sql).fetch_one(store.pool()).await.ok()
    }

    async fn open_at(self, port: u16, pool: PoolConfig) -> Result<MySqlStore> {
        // A proxy looks for words in what is sent.
        let options = self.options().host("127.0.0.1").port(port);
        let options = options.ssl_mode(sqlx::mysql::MySqlSslMode::Disabled);
        MySqlStore::connect(MySqlConfig::new(options).with_pool(pool)).await
    }

    fn laid_out(store: MySqlStore, layout: &Layout) -> Result<MySqlStore> {
        store.with_layout(layout)
    }

    fn address(self) -> SocketAddr {
        let options = self.options();
        let address = (options.get_host(), options.get_port());
        address.to_socket_addrs().unwrap().next().unwrap()
    }

    async fn execute_outside(store: &MySqlStore, sql: &'static str) {
        sqlx::query(sql).execute(store.pool()).await.unwrap();
    }

    async fn lend(store: &MySqlStore, notes: Vec<(Note, bool)>, commit: bool) -> Vec<Result<()>> {
        async fn put(
            store: &MySqlStore,
            connection: &mut sqlx::MySqlConnection,
            note: Note,
            keep: bool,
        ) -> Result<()> {
            store
                .in_transaction(connection, |tx| async move {
                    tx.insert(&note).await?;
                    if keep {
                        Ok(())
                    } else {
                        Err(Error::invalid("not to be kept"))
                    }
                })
                .await
        }
        let mut alone = store.pool().acquire().await.unwrap();
        put(store, &mut alone, Note::new(50, "alone"), true)
            .await
            .unwrap();
        drop(alone);
        let mut outer = store.pool().begin().await.unwrap();
        sqlx::query("INSERT INTO notes (id, title, hits) VALUES (100, 'own', 0)")
            .execute(&mut *outer)
            .await
            .unwrap();
        let mut results = Vec::new();
        for (note, keep) in notes {
            results.push(put(store, &mut outer, note, keep).await);
        }
        if commit {
            outer.commit().await.unwrap();
        } else {
            outer.rollback().await.unwrap();
        }
        results
    }

    async fn locking(store: &MySqlStore) -> i64 {
        // One has the lock and says nothing.
        const LOCKING: &str = "SELECT 1 + count(*) FROM information_schema.processlist \
            WHERE db = DATABASE() AND info LIKE 'UPDATE%'";
        sqlx::query_scalar(LOCKING)
            .fetch_one(store.pool())
            .await
            .unwrap()
    }

    async fn execute(transaction: &Tx, sql: &'static str) -> Result<()> {
        with_connection(transaction, |connection| {
            Box::pin(sqlx::query(sql).execute(connection))
        })
        .await
        .map(drop)
    }

    async fn hit(transaction: &Tx) -> Result<String> {
        with_connection(transaction, |connection| {
            Box::pin(async move {
                // A transaction inside of the transaction is a savepoint.
                let mut inner = connection.begin().await?;
                sqlx::query("UPDATE notes SET title = 'lost'")
                    .execute(&mut *inner)
                    .await?;
                inner.rollback().await?;
                sqlx::query("UPDATE notes SET hits = hits + 1")
                    .execute(&mut *connection)
                    .await?;
                sqlx::query_scalar("SELECT title FROM notes")
                    .fetch_one(connection)
                    .await
            })
        })
        .await
    }

    async fn insert_secrets(transaction: &Tx) -> Result<()> {
        const INSERT: &str = "INSERT INTO notes (id, title, hits) VALUES (3, ?, ?)";
        with_connection(transaction, |connection| {
            let insert = sqlx::query(INSERT).bind("secret-2").bind("secret-3");
            Box::pin(insert.execute(connection))
        })
        .await
        .map(drop)
    }

    async fn connection(store: &MySqlStore) -> i64 {
        sqlx::query_scalar("SELECT CAST(CONNECTION_ID() AS SIGNED)")
            .fetch_one(store.pool())
            .await
            .unwrap()
    }
}
