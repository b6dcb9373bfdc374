//! The conformance suite on `PostgreSQL`, with row locks and without them, and behind `PgBouncer`.
//! Without locks the tables have names and types of their own.
#![expect(clippy::unwrap_used, reason = "a panic is how a harness fails")]

#[path = "support/content.rs"]
mod content;
#[path = "../../sql/tests/support/kept.rs"]
mod kept;
#[path = "support/locked.rs"]
mod locked;
#[path = "../../sql/tests/support/scripts.rs"]
mod scripts;
#[path = "support/server.rs"]
mod server;

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use genledger_conformance::{
    ADOPTED_TYPES, Applicable, CONNECTIONS, Harness, NotApplicable, adopted, tables,
};
use genledger_contract::{Error, MigrationSet, Store};
use genledger_postgres::sqlx::postgres::{PgConnectOptions, PgSslMode};
use genledger_postgres::{PgConfig, PgStore};
use genledger_sql::POSTGRES;

use kept::Kept;
use server::Schema;

struct PgHarness {
    locks: bool,
    /// Whether stores go through `PgBouncer`.
    pooled: bool,
}

const PGBOUNCER: &str = "GENLEDGER_PGBOUNCER_URL";

impl PgHarness {
    const fn new() -> Self {
        Self {
            locks: true,
            pooled: false,
        }
    }

    /// How the stores reach the server.
    fn options(&self) -> PgConnectOptions {
        if self.pooled {
            server::variable(PGBOUNCER)
        } else {
            server::options()
        }
    }

    async fn open(&self, config: PgConfig) -> Arc<dyn Store> {
        if self.locks {
            return Arc::new(PgStore::connect(config).await.unwrap());
        }
        let store = PgStore::connect(config.without_locks()).await.unwrap();
        let layout = adopted(POSTGRES.name());
        Arc::new(store.with_layout(&layout).unwrap())
    }

    /// With which tables its databases are.
    const fn kind(&self) -> &'static str {
        if self.locks { "own" } else { "adopted" }
    }
}

#[async_trait]
impl Harness for PgHarness {
    type Guard = Kept<Schema>;

    fn wanted(&self) -> Applicable<()> {
        server::wanted()?;
        if self.pooled && std::env::var_os(PGBOUNCER).is_none() {
            return Err(NotApplicable("GENLEDGER_PGBOUNCER_URL is not set"));
        }
        Ok(())
    }

    async fn empty(&self) -> (Kept<Schema>, Arc<dyn Store>) {
        let schema = Kept::once(Schema::on(server::options()).await);
        if !self.locks {
            content::run(&schema, ADOPTED_TYPES).await;
        }
        let store = self.open(schema.config(self.options(), CONNECTIONS)).await;
        (schema, store)
    }

    async fn database(&self) -> (Kept<Schema>, Arc<dyn Store>) {
        let free = if self.pooled {
            // What PgBouncer has open to the server outlives a case, so that nothing can be kept.
            None
        } else {
            content::free().take(self.kind())
        };
        let schema = if let Some(schema) = free {
            schema
        } else {
            let (mut schema, store) = self.empty().await;
            store.migrate(&[self.migrations()]).await.unwrap();
            if self.pooled {
                return (schema, store);
            }
            store.close().await;
            schema.keep(self.kind()).await;
            schema
        };
        let config = schema.config(self.options(), CONNECTIONS);
        (schema, self.open(config).await)
    }

    fn migrations(&self) -> MigrationSet {
        static SET: LazyLock<MigrationSet> =
            LazyLock::new(|| scripts::migrations(&POSTGRES, tables()));
        if self.locks {
            *SET
        } else {
            MigrationSet::of("suite", tables())
        }
    }

    async fn second(&self, schema: &Kept<Schema>) -> Applicable<Arc<dyn Store>> {
        Ok(self.open(schema.config(self.options(), CONNECTIONS)).await)
    }

    async fn one_connection(&self, schema: &Kept<Schema>) -> Applicable<Arc<dyn Store>> {
        Ok(self.open(schema.config(self.options(), 1)).await)
    }

    fn server(&self) -> Applicable<SocketAddr> {
        let options = self.options();
        let host = options.get_host().trim_matches(['[', ']']).to_owned();
        let address = std::net::ToSocketAddrs::to_socket_addrs(&(host, options.get_port()));
        Ok(address.unwrap().next().unwrap())
    }

    async fn through(
        &self,
        schema: &Kept<Schema>,
        address: SocketAddr,
    ) -> Applicable<Arc<dyn Store>> {
        // The proxy looks into what passes.
        let options = self
            .options()
            .ssl_mode(PgSslMode::Disable)
            .host(&address.ip().to_string())
            .port(address.port());
        Ok(self.open(schema.config(options, 2)).await)
    }

    async fn denied(&self) -> Applicable<Error> {
        if self.pooled {
            // Up to 1.18 at least: 08P01, as for whatever else it does not understand.
            return Err(NotApplicable(
                "PgBouncer tells a wrong password as an error of the protocol",
            ));
        }
        let options = locked::options().password("not the password");
        Ok(PgStore::connect(PgConfig::new(options)).await.unwrap_err())
    }
}

genledger_conformance::suite!(backend_postgres, PgHarness::new());
genledger_conformance::suite!(
    backend_postgres_unlocked,
    PgHarness {
        locks: false,
        ..PgHarness::new()
    }
);
genledger_conformance::suite!(
    backend_postgres_pgbouncer,
    PgHarness {
        pooled: true,
        ..PgHarness::new()
    }
);
