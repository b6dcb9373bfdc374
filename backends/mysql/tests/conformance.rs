//! The conformance suite on `MariaDB` and `MySQL`, with and without row locks.
#![expect(clippy::unwrap_used, reason = "a panic is how a harness fails")]

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
use genledger_mysql::sqlx::mysql::MySqlSslMode;
use genledger_mysql::{MySqlConfig, MySqlStore};
use genledger_sql::MYSQL;

use server::{Database, Server};

struct MySqlHarness {
    server: Server,
    locks: bool,
}

impl MySqlHarness {
    async fn open(&self, config: MySqlConfig) -> Arc<dyn Store> {
        let config = if self.locks {
            config
        } else {
            config.without_locks()
        };
        Arc::new(MySqlStore::connect(config).await.unwrap())
    }
}

#[async_trait]
impl Harness for MySqlHarness {
    type Guard = Database;

    fn wanted(&self) -> Applicable<()> {
        self.server.wanted()
    }

    async fn empty(&self) -> (Database, Arc<dyn Store>) {
        let database = Database::on(self.server.options()).await;
        let store = self
            .open(database.config(self.server.options(), CONNECTIONS))
            .await;
        (database, store)
    }

    fn migrations(&self) -> MigrationSet {
        static SET: LazyLock<MigrationSet> =
            LazyLock::new(|| scripts::migrations(&MYSQL, tables()));
        *SET
    }

    async fn second(&self, database: &Database) -> Applicable<Arc<dyn Store>> {
        Ok(self
            .open(database.config(self.server.options(), CONNECTIONS))
            .await)
    }

    async fn one_connection(&self, database: &Database) -> Applicable<Arc<dyn Store>> {
        Ok(self.open(database.config(self.server.options(), 1)).await)
    }

    fn server(&self) -> Applicable<SocketAddr> {
        let options = self.server.options();
        let host = options.get_host().trim_matches(['[', ']']).to_owned();
        let address = std::net::ToSocketAddrs::to_socket_addrs(&(host, options.get_port()));
        Ok(address.unwrap().next().unwrap())
    }

    async fn through(
        &self,
        database: &Database,
        address: SocketAddr,
    ) -> Applicable<Arc<dyn Store>> {
        // The proxy looks into what passes.
        let options = self
            .server
            .options()
            .ssl_mode(MySqlSslMode::Disabled)
            .host(&address.ip().to_string())
            .port(address.port());
        Ok(self.open(database.config(options, 2)).await)
    }

    async fn denied(&self) -> Applicable<Error> {
        let options = locked::options(self.server).password("not the password");
        Ok(MySqlStore::connect(MySqlConfig::new(options))
            .await
            .unwrap_err())
    }
}

const fn on(server: Server) -> MySqlHarness {
    MySqlHarness {
        server,
        locks: true,
    }
}

const fn unlocked(server: Server) -> MySqlHarness {
    MySqlHarness {
        server,
        locks: false,
    }
}

genledger_conformance::suite!(backend_mariadb, on(Server::MariaDb));
genledger_conformance::suite!(backend_mysql, on(Server::MySql));
genledger_conformance::suite!(backend_mariadb_unlocked, unlocked(Server::MariaDb));
genledger_conformance::suite!(backend_mysql_unlocked, unlocked(Server::MySql));
