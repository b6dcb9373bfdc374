//! The server of PostgreSQL, and the schemas that tests create on it.

mod reuse;
mod server;

use genledger_conformance::ACQUIRE_TIMEOUT;
use genledger_postgres::{PgConfig, PoolConfig};
use sqlx::postgres::{PgConnectOptions, PgConnection};

use crate::ScratchDatabase;

pub use server::{PGBOUNCER, PostgresServer};

crate::server::pool_that_runs!(
    sqlx::PgPool,
    sqlx::postgres::PgPoolOptions,
    PgConnectOptions,
    genledger_postgres::prepare_connection
);

/// A schema of a single test, which is dropped with this value.
#[derive(Debug)]
pub struct Schema(ScratchDatabase<PgConnection>);

impl Schema {
    /// Creates one on the server with this address.
    pub async fn on(options: PgConnectOptions) -> Self {
        Self(ScratchDatabase::new(options, "SCHEMA", "CASCADE").await)
    }

    /// The settings of a store on the schema, whose server has this address.
    #[must_use]
    pub fn config(&self, options: PgConnectOptions, connections: u32) -> PgConfig {
        let pool = PoolConfig::default()
            .with_max_connections(connections)
            .with_acquire_timeout(ACQUIRE_TIMEOUT);
        in_schema(options, self.name()).with_pool(pool)
    }

    /// A name that no other test has at the same time.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }
}

/// The settings of a store on a schema. Its connections have the name of the schema.
fn in_schema(options: PgConnectOptions, schema: &str) -> PgConfig {
    PgConfig::new(options.application_name(schema)).with_schema(schema)
}
