//! What only this driver can do, for the tests that stores with a server share.

use std::net::{SocketAddr, ToSocketAddrs};

use genledger_conformance::Applicable;
use genledger_contract::{Error, Layout, Result, SessionExt, Tx};
use genledger_postgres::sqlx::{self, Connection};
use genledger_postgres::{PgConfig, PgStore, PoolConfig, with_connection};
use genledger_sql::{Dialect, POSTGRES};

use crate::server::{self, Schema};
use crate::store::{Note, Settings, Site};

/// The server of the tests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Postgres;

impl Site for Postgres {
    type Room = Schema;
    type Store = PgStore;

    const DIALECT: &'static Dialect = &POSTGRES;
    const SLEEP: &'static str = "SELECT pg_sleep(0.8)";
    const NAP: &'static str = "SELECT pg_sleep(4)";
    const SLOW: &'static str = "SELECT pg_sleep(10)";

    const LEFT_BEHIND: &'static str = "SET default_transaction_read_only = on";
    const READ_ONLY: &'static str = "SET default_transaction_read_only = on";

    fn wanted(self) -> Applicable<()> {
        server::wanted()
    }

    async fn room(self) -> Schema {
        Schema::on(server::options()).await
    }

    async fn open(self, schema: &Schema, settings: Settings) -> PgStore {
        self.open_named(schema.name(), settings).await
    }

    fn name(schema: &Schema) -> &str {
        schema.name()
    }

    async fn open_named(self, name: &str, settings: Settings) -> PgStore {
        let options = match settings.port {
            Some(port) => server::options().host("127.0.0.1").port(port),
            None => server::options(),
        };
        let config = PgConfig::new(options)
            .with_schema(name)
            .with_pool(settings.pool);
        let config = match settings.statement_timeout {
            Some(timeout) => config.with_statement_timeout(timeout),
            None => config,
        };
        PgStore::connect(config).await.unwrap()
    }

    async fn reader(self, schema: &Schema, owner: &PgStore, read_only: bool) -> PgStore {
        // All tests share the role, and each grants it its own schema.
        Self::run(
            owner,
            "DO $$ BEGIN CREATE ROLE genledger_reader; \
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
        )
        .await;
        let name = schema.name();
        for sql in [
            format!("GRANT USAGE ON SCHEMA {name} TO genledger_reader"),
            format!("GRANT SELECT ON ALL TABLES IN SCHEMA {name} TO genledger_reader"),
        ] {
            Self::run(owner, &sql).await;
        }
        let mut options = server::options().options([("role", "genledger_reader")]);
        if read_only {
            options = options.options([("default_transaction_read_only", "on")]);
        }
        PgStore::connect(schema.config(options, 1)).await.unwrap()
    }

    async fn run(store: &PgStore, sql: &str) {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql).execute(store.pool()).await.unwrap();
    }

    async fn count(store: &PgStore, sql: &str) -> Option<i64> {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        sqlx::query_scalar(sql).fetch_one(store.pool()).await.ok()
    }

    async fn open_at(self, port: u16, pool: PoolConfig) -> Result<PgStore> {
        // A proxy looks for words in what is sent.
        let options = server::options().host("127.0.0.1").port(port);
        let options = options.ssl_mode(sqlx::postgres::PgSslMode::Disable);
        PgStore::connect(PgConfig::new(options).with_pool(pool)).await
    }

    fn laid_out(store: PgStore, layout: &Layout) -> Result<PgStore> {
        store.with_layout(layout)
    }

    fn address(self) -> SocketAddr {
        let options = server::options();
        let address = (options.get_host(), options.get_port());
        address.to_socket_addrs().unwrap().next().unwrap()
    }

    async fn execute_outside(store: &PgStore, sql: &'static str) {
        sqlx::query(sql).execute(store.pool()).await.unwrap();
    }

    async fn lend(store: &PgStore, notes: Vec<(Note, bool)>, commit: bool) -> Vec<Result<()>> {
        async fn put(
            store: &PgStore,
            connection: &mut sqlx::PgConnection,
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

    async fn locking(store: &PgStore) -> i64 {
        const LOCKING: &str = "SELECT count(DISTINCT pid) FROM pg_locks \
            WHERE relation = 'notes'::regclass AND pid <> pg_backend_pid()";
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
                sqlx::query_scalar("UPDATE notes SET hits = hits + 1 RETURNING title")
                    .fetch_one(connection)
                    .await
            })
        })
        .await
    }

    async fn insert_secrets(transaction: &Tx) -> Result<()> {
        const INSERT: &str = "INSERT INTO notes (id, title, hits) VALUES (3, $1, $1::text::int)";
        with_connection(transaction, |connection| {
            Box::pin(sqlx::query(INSERT).bind("secret-2").execute(connection))
        })
        .await
        .map(drop)
    }

    async fn connection(store: &PgStore) -> i64 {
        sqlx::query_scalar("SELECT pg_backend_pid()::bigint")
            .fetch_one(store.pool())
            .await
            .unwrap()
    }
}
