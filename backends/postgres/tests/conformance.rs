//! The conformance suite on `PostgreSQL`, with row locks and without them.
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
use genledger_conformance::{Applicable, CONNECTIONS, Harness, tables};
use genledger_contract::{Error, MigrationSet, Store};
use genledger_postgres::sqlx::postgres::PgSslMode;
use genledger_postgres::{PgConfig, PgStore};
use genledger_sql::POSTGRES;

use kept::Kept;
use server::Schema;

struct PgHarness {
    locks: bool,
}

impl PgHarness {
    async fn open(&self, config: PgConfig) -> Arc<dyn Store> {
        let config = if self.locks {
            config
        } else {
            config.without_locks()
        };
        Arc::new(PgStore::connect(config).await.unwrap())
    }
}

#[async_trait]
impl Harness for PgHarness {
    type Guard = Kept<Schema>;

    fn wanted(&self) -> Applicable<()> {
        server::wanted()
    }

    async fn empty(&self) -> (Kept<Schema>, Arc<dyn Store>) {
        let schema = Kept::once(Schema::on(server::options()).await);
        let store = self
            .open(schema.config(server::options(), CONNECTIONS))
            .await;
        (schema, store)
    }

    async fn database(&self) -> (Kept<Schema>, Arc<dyn Store>) {
        let schema = if let Some(schema) = content::free().take() {
            schema
        } else {
            let (mut schema, store) = self.empty().await;
            store.migrate(&[self.migrations()]).await.unwrap();
            store.close().await;
            schema.keep().await;
            schema
        };
        let store = self
            .open(schema.config(server::options(), CONNECTIONS))
            .await;
        (schema, store)
    }

    fn migrations(&self) -> MigrationSet {
        static SET: LazyLock<MigrationSet> =
            LazyLock::new(|| scripts::migrations(&POSTGRES, tables()));
        *SET
    }

    async fn second(&self, schema: &Kept<Schema>) -> Applicable<Arc<dyn Store>> {
        Ok(self
            .open(schema.config(server::options(), CONNECTIONS))
            .await)
    }

    async fn one_connection(&self, schema: &Kept<Schema>) -> Applicable<Arc<dyn Store>> {
        Ok(self.open(schema.config(server::options(), 1)).await)
    }

    fn server(&self) -> Applicable<SocketAddr> {
        let options = server::options();
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
        let options = server::options()
            .ssl_mode(PgSslMode::Disable)
            .host(&address.ip().to_string())
            .port(address.port());
        Ok(self.open(schema.config(options, 2)).await)
    }

    async fn denied(&self) -> Applicable<Error> {
        let options = locked::options().password("not the password");
        Ok(PgStore::connect(PgConfig::new(options)).await.unwrap_err())
    }
}

genledger_conformance::suite!(backend_postgres, PgHarness { locks: true });
genledger_conformance::suite!(backend_postgres_unlocked, PgHarness { locks: false });
