//! The operations that require the driver of PostgreSQL.

use std::net::{SocketAddr, ToSocketAddrs};

use genledger_conformance::{ADOPTED_TYPES, Applicable, NotApplicable};
use genledger_contract::{Result, SessionExt};
use genledger_postgres::{PgConfig, PgStore, with_connection};
use genledger_sql::{Dialect, POSTGRES};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions, Connection};

use super::{Schema, in_schema};
use crate::{Settings, TestServer, Unused, variable};

static UNUSED: Unused<Schema> = Unused::new("GENLEDGER_POSTGRES_CONTROL");

/// The variable with the URL of `PgBouncer`.
pub const PGBOUNCER: &str = "GENLEDGER_PGBOUNCER_URL";

/// The server, and the way in which stores connect to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostgresServer {
    /// Without a pooler.
    Direct,
    /// Through `PgBouncer`.
    PgBouncer,
}

impl TestServer for PostgresServer {
    type Options = PgConnectOptions;
    type Database = Schema;
    type Store = PgStore;

    const DIALECT: &'static Dialect = &POSTGRES;
    const SLEEP: &'static str = "SELECT pg_sleep(0.8)";
    const LONG_SLEEP: &'static str = "SELECT pg_sleep(4)";
    const SLOW: &'static str = "SELECT pg_sleep(10)";
    const LOSES_WRITES: &'static str = "SET default_transaction_read_only = on";
    const READ_ONLY: &'static str = "SET default_transaction_read_only = on";
    const INSERT_SECRETS: &'static str =
        "INSERT INTO notes (id, title, hits) VALUES (3, $1, $2::text::int)";
    const CONNECTION: &'static str = "SELECT pg_backend_pid()::bigint";
    const LOCKING: &'static str = "SELECT count(DISTINCT pid) FROM pg_locks \
        WHERE relation = 'notes'::regclass AND pid <> pg_backend_pid()";
    const OTHER_CONNECTIONS: &'static str = "SELECT count(*) FROM pg_stat_activity \
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    const ADOPTED_TYPES: Option<&'static str> = Some(ADOPTED_TYPES);

    fn name(self) -> &'static str {
        "postgres"
    }

    fn wanted(self) -> Applicable<()> {
        crate::wanted(self.name())?;
        if self == Self::PgBouncer && std::env::var_os(PGBOUNCER).is_none() {
            return Err(NotApplicable("GENLEDGER_PGBOUNCER_URL is not set"));
        }
        Ok(())
    }

    fn options(self) -> PgConnectOptions {
        match self {
            // sqlx logs nothing, as with a URL.
            Self::Direct => self.options_of("URL").disable_statement_logging(),
            Self::PgBouncer => variable(PGBOUNCER),
        }
    }

    fn unused(self) -> Option<&'static Unused<Schema>> {
        // The connections of PgBouncer to the server outlive a test.
        (self == Self::Direct).then_some(&UNUSED)
    }

    fn reports_wrong_password(self) -> Applicable<()> {
        match self {
            Self::Direct => Ok(()),
            // Up to 1.18 at least: 08P01, as for any other violation of the protocol.
            Self::PgBouncer => Err(NotApplicable(
                "PgBouncer reports a wrong password as an error of the protocol",
            )),
        }
    }

    fn address(options: &PgConnectOptions) -> SocketAddr {
        let host = options.get_host().trim_matches(['[', ']']);
        let mut addresses = (host, options.get_port()).to_socket_addrs().unwrap();
        addresses.next().unwrap()
    }

    fn through(options: PgConnectOptions, address: SocketAddr) -> PgConnectOptions {
        options
            .ssl_mode(PgSslMode::Disable)
            .host(&address.ip().to_string())
            .port(address.port())
    }

    fn with_password(options: PgConnectOptions, password: &str) -> PgConnectOptions {
        options.password(password)
    }

    async fn database_on(options: PgConnectOptions) -> Schema {
        Schema::on(options).await
    }

    async fn database(self) -> Schema {
        Schema::on(Self::Direct.options()).await
    }

    async fn connect(
        options: PgConnectOptions,
        schema: Option<&str>,
        settings: Settings,
    ) -> Result<PgStore> {
        let mut config = match schema {
            Some(schema) => in_schema(options, schema),
            None => PgConfig::new(options),
        };
        config = config.with_pool(settings.pool);
        if let Some(timeout) = settings.statement_timeout {
            config = config.with_statement_timeout(timeout);
        }
        if let Some(timeout) = settings.transaction_idle_timeout {
            config = config.with_transaction_idle_timeout(Some(timeout));
        }
        if !settings.locks {
            config = config.without_locks();
        }
        PgStore::connect(config).await
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
        let mut options = self.options().options([("role", "genledger_reader")]);
        if read_only {
            options = options.options([("default_transaction_read_only", "on")]);
        }
        PgStore::connect(schema.config(options, 1)).await.unwrap()
    }

    crate::server::calls_of_sqlx!(PgStore, PgConnection, with_connection);
}
