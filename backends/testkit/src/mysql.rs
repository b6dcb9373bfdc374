//! The servers of MySQL and MariaDB, and the databases that tests create on them.

mod reuse;
mod server;

use genledger_conformance::ACQUIRE_TIMEOUT;
use genledger_mysql::{MySqlConfig, PoolConfig};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};

use crate::ScratchDatabase;

pub use server::MySqlServer;

crate::server::pool_that_runs!(
    sqlx::MySqlPool,
    sqlx::mysql::MySqlPoolOptions,
    MySqlConnectOptions,
    genledger_mysql::prepare_connection
);

/// A database of a single test, which is dropped with this value.
#[derive(Debug)]
pub struct Database {
    server: MySqlConnectOptions,
    scratch: ScratchDatabase<MySqlConnection>,
}

impl Database {
    /// Creates one on the server with this address.
    pub async fn on(server: MySqlConnectOptions) -> Self {
        let scratch = ScratchDatabase::new(server.clone(), "DATABASE", "").await;
        Self { server, scratch }
    }

    /// The settings of a store on the database, whose server has this address.
    #[must_use]
    pub fn config(&self, options: MySqlConnectOptions, connections: u32) -> MySqlConfig {
        let pool = PoolConfig::default()
            .with_max_connections(connections)
            .with_acquire_timeout(ACQUIRE_TIMEOUT);
        MySqlConfig::new(options.database(self.name())).with_pool(pool)
    }

    /// A name that no other test has at the same time.
    #[must_use]
    pub fn name(&self) -> &str {
        self.scratch.name()
    }
}
