//! The server that the tests use, and the schemas that they make in it.

use std::sync::atomic::{AtomicU32, Ordering};

use genledger_conformance::{ACQUIRE_TIMEOUT, Applicable, NotApplicable};
use genledger_postgres::sqlx::postgres::PgConnectOptions;
use genledger_postgres::sqlx::{ConnectOptions, Connection, QueryBuilder};
use genledger_postgres::{PgConfig, PoolConfig};

const URL: &str = "GENLEDGER_POSTGRES_URL";

/// Whether the run was asked for this backend.
pub(crate) fn wanted() -> Applicable<()> {
    match std::env::var("GENLEDGER_ONLY") {
        Ok(only) if !only.split(',').any(|name| name.trim() == "postgres") => {
            Err(NotApplicable("GENLEDGER_ONLY names other backends"))
        }
        _ => Ok(()),
    }
}

/// The URL that a variable of the environment has.
pub(crate) fn variable(name: &str) -> PgConnectOptions {
    std::env::var(name)
        .unwrap_or_else(|_| {
            panic!("{name} is not set: run `cargo xtask test`, which starts servers")
        })
        .parse()
        .unwrap_or_else(|error| panic!("{name} is no URL of PostgreSQL: {error}"))
}

/// How to reach the server.
pub(crate) fn options() -> PgConnectOptions {
    variable(URL)
}

/// A schema of a test's own, which goes with it.
#[derive(Debug)]
pub(crate) struct Schema {
    name: String,
}

impl Schema {
    pub(crate) async fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let schema = Self {
            name: format!("genledger_test_{}_{count}", std::process::id()),
        };
        // A process of this number may have been killed before.
        schema.change("DROP SCHEMA IF EXISTS ", " CASCADE").await;
        schema.change("CREATE SCHEMA ", "").await;
        schema
    }

    async fn change(&self, before: &'static str, after: &'static str) {
        let mut connection = options().connect().await.unwrap();
        QueryBuilder::new(before)
            .push(&self.name)
            .push(after)
            .build()
            .persistent(false)
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    }

    /// The settings of a store on the schema, which is reached in this way.
    pub(crate) fn config(&self, options: PgConnectOptions, connections: u32) -> PgConfig {
        let pool = PoolConfig::default()
            .with_max_connections(connections)
            .with_acquire_timeout(ACQUIRE_TIMEOUT);
        PgConfig::new(options)
            .with_schema(&self.name)
            .with_pool(pool)
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // On a thread of its own, since this may or may not be inside of a runtime.
        let removed = std::thread::scope(|scope| {
            let remove = || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(self.change("DROP SCHEMA IF EXISTS ", " CASCADE"));
            };
            scope.spawn(remove).join()
        });
        // A second panic would end all tests.
        assert!(removed.is_ok() || std::thread::panicking());
    }
}
