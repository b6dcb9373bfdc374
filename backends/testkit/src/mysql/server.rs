//! The operations that require the driver of MySQL and MariaDB.

use std::net::{SocketAddr, ToSocketAddrs};

use genledger_contract::{Result, SessionExt};
use genledger_mysql::{MySqlConfig, MySqlStore, with_connection};
use genledger_sql::{Dialect, MYSQL};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::{ConnectOptions, Connection};

use super::Database;
use crate::{Settings, TestServer, Unused};

static UNUSED_OF_MARIADB: Unused<Database> = Unused::new("GENLEDGER_MARIADB_CONTROL");
static UNUSED_OF_MYSQL: Unused<Database> = Unused::new("GENLEDGER_MYSQL_CONTROL");

/// A server of MariaDB or MySQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MySqlServer {
    /// MariaDB.
    MariaDb,
    /// MySQL.
    MySql,
}

impl TestServer for MySqlServer {
    type Options = MySqlConnectOptions;
    type Database = Database;
    type Store = MySqlStore;

    const DIALECT: &'static Dialect = &MYSQL;
    const SLEEP: &'static str = "DO SLEEP(0.8)";
    const LONG_SLEEP: &'static str = "DO SLEEP(4)";
    // A sleep that the server ends is not an error.
    const SLOW: &'static str = "SELECT count(*) FROM information_schema.columns a, \
        information_schema.columns b, information_schema.columns c";
    const LOSES_WRITES: &'static str = "SET SESSION autocommit = 0";
    const READ_ONLY: &'static str = "SET SESSION TRANSACTION READ ONLY";
    const INSERT_SECRETS: &'static str = "INSERT INTO notes (id, title, hits) VALUES (3, ?, ?)";
    const CONNECTION: &'static str = "SELECT CAST(CONNECTION_ID() AS SIGNED)";
    // The connection that holds the lock runs no statement.
    const LOCKING: &'static str = "SELECT 1 + count(*) FROM information_schema.processlist \
        WHERE db = DATABASE() AND info LIKE 'UPDATE%'";
    const OTHER_CONNECTIONS: &'static str = "SELECT count(*) FROM information_schema.processlist \
        WHERE user = substring_index(current_user(), '@', 1) AND id <> connection_id()";
    const ADOPTED_TYPES: Option<&'static str> = None;

    fn name(self) -> &'static str {
        match self {
            Self::MariaDb => "mariadb",
            Self::MySql => "mysql",
        }
    }

    fn options(self) -> MySqlConnectOptions {
        // sqlx logs nothing, as with a URL.
        self.options_of("URL").disable_statement_logging()
    }

    fn limits_writes(self) -> bool {
        self == Self::MariaDb
    }

    fn reports_idle(self) -> bool {
        self == Self::MySql
    }

    fn unused(self) -> Option<&'static Unused<Database>> {
        Some(match self {
            Self::MariaDb => &UNUSED_OF_MARIADB,
            Self::MySql => &UNUSED_OF_MYSQL,
        })
    }

    fn address(options: &MySqlConnectOptions) -> SocketAddr {
        let host = options.get_host().trim_matches(['[', ']']);
        let mut addresses = (host, options.get_port()).to_socket_addrs().unwrap();
        addresses.next().unwrap()
    }

    fn through(options: MySqlConnectOptions, address: SocketAddr) -> MySqlConnectOptions {
        options
            .ssl_mode(MySqlSslMode::Disabled)
            .host(&address.ip().to_string())
            .port(address.port())
    }

    fn with_password(options: MySqlConnectOptions, password: &str) -> MySqlConnectOptions {
        options.password(password)
    }

    async fn database_on(options: MySqlConnectOptions) -> Database {
        Database::on(options).await
    }

    async fn database(self) -> Database {
        Database::on(self.options()).await
    }

    async fn connect(
        options: MySqlConnectOptions,
        database: Option<&str>,
        settings: Settings,
    ) -> Result<MySqlStore> {
        let options = match database {
            Some(database) => options.database(database),
            None => options,
        };
        let mut config = MySqlConfig::new(options).with_pool(settings.pool);
        if let Some(timeout) = settings.statement_timeout {
            config = config.with_statement_timeout(timeout);
        }
        if let Some(timeout) = settings.transaction_idle_timeout {
            config = config.with_transaction_idle_timeout(Some(timeout));
        }
        if !settings.locks {
            config = config.without_locks();
        }
        MySqlStore::connect(config).await
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

    crate::server::calls_of_sqlx!(MySqlStore, MySqlConnection, with_connection);
}
