//! The servers that the tests use, and the databases that they make in them.

#[path = "../../../sql/tests/support/only.rs"]
mod only;
#[path = "../../../sql/tests/support/servers.rs"]
mod servers;

use genledger_conformance::{ACQUIRE_TIMEOUT, Applicable};
use genledger_mysql::sqlx::ConnectOptions;
use genledger_mysql::sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use genledger_mysql::{MySqlConfig, PoolConfig, sqlx};

use servers::Room;

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
        only::wanted(self.name())
    }

    /// The URL that a variable of the environment has.
    pub(crate) fn variable(self, what: &str) -> MySqlConnectOptions {
        servers::variable(&format!("GENLEDGER_{}_{what}", self.name().to_uppercase()))
    }

    /// How to reach the server; sqlx logs nothing, as with a URL.
    pub(crate) fn options(self) -> MySqlConnectOptions {
        self.variable("URL").disable_statement_logging()
    }
}

/// A database of a test's own, which goes with it.
#[derive(Debug)]
pub(crate) struct Database(Room<MySqlConnection>);

impl Database {
    /// One on the server that is reached in this way.
    pub(crate) async fn on(options: MySqlConnectOptions) -> Self {
        Self(Room::new(options, "DATABASE", "").await)
    }

    /// The settings of a store on the database, whose server is reached in this way.
    pub(crate) fn config(&self, options: MySqlConnectOptions, connections: u32) -> MySqlConfig {
        let pool = PoolConfig::default()
            .with_max_connections(connections)
            .with_acquire_timeout(ACQUIRE_TIMEOUT);
        MySqlConfig::new(options.database(self.name())).with_pool(pool)
    }

    pub(crate) fn name(&self) -> &str {
        self.0.name()
    }
}
