//! The servers that the tests use, and the databases that they make in them.

use std::sync::atomic::{AtomicU32, Ordering};

use genledger_conformance::{ACQUIRE_TIMEOUT, Applicable, NotApplicable};
use genledger_mysql::sqlx::mysql::MySqlConnectOptions;
use genledger_mysql::sqlx::{ConnectOptions, Connection, QueryBuilder};
use genledger_mysql::{MySqlConfig, PoolConfig};

/// A server of one of the two kinds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Server {
    MariaDb,
    MySql,
}

impl Server {
    const fn name(self) -> &'static str {
        match self {
            Self::MariaDb => "mariadb",
            Self::MySql => "mysql",
        }
    }

    /// Whether the run was asked for this backend.
    pub(crate) fn wanted(self) -> Applicable<()> {
        match std::env::var("GENLEDGER_ONLY") {
            Ok(only) if !only.split(',').any(|name| name.trim() == self.name()) => {
                Err(NotApplicable("GENLEDGER_ONLY names other backends"))
            }
            _ => Ok(()),
        }
    }

    /// The URL that a variable of the environment has.
    pub(crate) fn variable(self, what: &str) -> MySqlConnectOptions {
        let name = format!("GENLEDGER_{}_{what}", self.name().to_uppercase());
        std::env::var(&name)
            .unwrap_or_else(|_| {
                panic!("{name} is not set: run `cargo xtask test`, which starts servers")
            })
            .parse()
            .unwrap_or_else(|error| panic!("{name} is no URL of MySQL: {error}"))
    }

    /// How to reach the server.
    pub(crate) fn options(self) -> MySqlConnectOptions {
        self.variable("URL")
    }
}

/// A database of a test's own, which goes with it.
#[derive(Debug)]
pub(crate) struct Database {
    server: Server,
    name: String,
}

impl Database {
    pub(crate) async fn new(server: Server) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let database = Self {
            server,
            name: format!("genledger_test_{}_{count}", std::process::id()),
        };
        // A process of this number may have been killed before.
        database.change("DROP DATABASE IF EXISTS ").await;
        database.change("CREATE DATABASE ").await;
        database
    }

    async fn change(&self, before: &'static str) {
        let mut connection = self.server.options().connect().await.unwrap();
        QueryBuilder::new(before)
            .push(&self.name)
            .build()
            .persistent(false)
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    }

    /// The settings of a store on the database, whose server is reached in this way.
    pub(crate) fn config(&self, options: MySqlConnectOptions, connections: u32) -> MySqlConfig {
        let pool = PoolConfig::default()
            .with_max_connections(connections)
            .with_acquire_timeout(ACQUIRE_TIMEOUT);
        MySqlConfig::new(options.database(&self.name)).with_pool(pool)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // On a thread of its own, since this may or may not be inside of a runtime.
        let removed = std::thread::scope(|scope| {
            let remove = || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(self.change("DROP DATABASE IF EXISTS "));
            };
            scope.spawn(remove).join()
        });
        // A second panic would end all tests.
        assert!(removed.is_ok() || std::thread::panicking());
    }
}
