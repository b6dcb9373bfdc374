//! The conformance suite on `MariaDB` and `MySQL`, with and without row locks. Without them the tables
//! have names and types of their own.
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
use genledger_conformance::{Applicable, CONNECTIONS, Harness, adopted, tables};
use genledger_contract::{Error, MigrationSet, Store};
use genledger_mysql::sqlx::mysql::MySqlSslMode;
use genledger_mysql::{MySqlConfig, MySqlStore};
use genledger_sql::MYSQL;

use content::Tables;
use kept::Kept;
use server::Server;

struct MySqlHarness {
    server: Server,
    locks: bool,
}

impl MySqlHarness {
    async fn open(&self, config: MySqlConfig) -> Arc<dyn Store> {
        if self.locks {
            return Arc::new(MySqlStore::connect(config).await.unwrap());
        }
        let store = MySqlStore::connect(config.without_locks()).await.unwrap();
        let layout = adopted(MYSQL.name());
        Arc::new(store.with_layout(&layout).unwrap())
    }

    /// With which tables its databases are.
    const fn kind(&self) -> &'static str {
        if self.locks { "own" } else { "adopted" }
    }
}

#[async_trait]
impl Harness for MySqlHarness {
    type Guard = Kept<Tables>;

    fn wanted(&self) -> Applicable<()> {
        self.server.wanted()
    }

    async fn empty(&self) -> (Kept<Tables>, Arc<dyn Store>) {
        let database = Kept::once(Tables::on(self.server).await);
        let store = self
            .open(database.config(self.server.options(), CONNECTIONS))
            .await;
        (database, store)
    }

    async fn database(&self) -> (Kept<Tables>, Arc<dyn Store>) {
        let database = if let Some(database) = content::free(self.server).take(self.kind()) {
            database
        } else {
            let (mut database, store) = self.empty().await;
            store.migrate(&[self.migrations()]).await.unwrap();
            store.close().await;
            database.keep(self.kind()).await;
            database
        };
        let store = self
            .open(database.config(self.server.options(), CONNECTIONS))
            .await;
        (database, store)
    }

    fn migrations(&self) -> MigrationSet {
        static SET: LazyLock<MigrationSet> =
            LazyLock::new(|| scripts::migrations(&MYSQL, tables()));
        if self.locks {
            *SET
        } else {
            MigrationSet::of("suite", tables())
        }
    }

    async fn second(&self, database: &Kept<Tables>) -> Applicable<Arc<dyn Store>> {
        Ok(self
            .open(database.config(self.server.options(), CONNECTIONS))
            .await)
    }

    async fn one_connection(&self, database: &Kept<Tables>) -> Applicable<Arc<dyn Store>> {
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
        database: &Kept<Tables>,
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
