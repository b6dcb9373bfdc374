//! The server that the tests use, and the schemas that they make in it.

#[path = "../../../sql/tests/support/only.rs"]
mod only;
#[path = "../../../sql/tests/support/servers.rs"]
pub(crate) mod servers;

use genledger_conformance::{ACQUIRE_TIMEOUT, Applicable};
use genledger_postgres::sqlx::ConnectOptions;
use genledger_postgres::sqlx::postgres::{PgConnectOptions, PgConnection};
use genledger_postgres::{PgConfig, PoolConfig, sqlx};

use servers::Room;
pub(crate) use servers::variable;

/// Whether the run was asked for this backend.
pub(crate) fn wanted() -> Applicable<()> {
    only::wanted("postgres")
}

/// How to reach the server; sqlx logs nothing, as with a URL.
pub(crate) fn options() -> PgConnectOptions {
    variable::<PgConnectOptions>("GENLEDGER_POSTGRES_URL").disable_statement_logging()
}

/// A schema of a test's own, which goes with it.
#[derive(Debug)]
pub(crate) struct Schema(Room<PgConnection>);

impl Schema {
    /// One on the server that is reached in this way.
    pub(crate) async fn on(options: PgConnectOptions) -> Self {
        Self(Room::new(options, "SCHEMA", "CASCADE").await)
    }

    /// The settings of a store on the schema, which is reached in this way.
    pub(crate) fn config(&self, options: PgConnectOptions, connections: u32) -> PgConfig {
        let pool = PoolConfig::default()
            .with_max_connections(connections)
            .with_acquire_timeout(ACQUIRE_TIMEOUT);
        PgConfig::new(options.application_name(self.name()))
            .with_schema(self.name())
            .with_pool(pool)
    }

    pub(crate) fn name(&self) -> &str {
        self.0.name()
    }
}
