//! The conformance suite on a store that has a server.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use genledger_conformance::{ACQUIRE_TIMEOUT, Applicable, CONNECTIONS, Harness, adopted, tables};
use genledger_contract::{Error, MigrationSet, Store};

use crate::{Reusable, Reused, Settings, TestServer};

/// Creates databases on a server for the cases of the suite.
#[derive(Clone, Copy, Debug)]
pub struct ServerHarness<S> {
    server: S,
    locks: bool,
}

impl<S: TestServer> ServerHarness<S> {
    /// With row locks, and the tables of the suite as they are described.
    pub const fn new(server: S) -> Self {
        Self {
            server,
            locks: true,
        }
    }

    /// Without row locks, and with tables that have names and types of an application.
    pub const fn unlocked(server: S) -> Self {
        Self {
            server,
            locks: false,
        }
    }

    /// The kind of the tables in its databases.
    const fn kind(&self) -> &'static str {
        if self.locks { "own" } else { "adopted" }
    }

    async fn connect(
        &self,
        options: S::Options,
        database: &S::Database,
        connections: u32,
    ) -> S::Store {
        let mut settings = Settings::connections(connections);
        settings.pool = settings.pool.with_acquire_timeout(ACQUIRE_TIMEOUT);
        settings.locks = self.locks;
        let store = S::connect(options, Some(database.name()), settings);
        store.await.unwrap()
    }

    /// The store of a case.
    fn lay_out(&self, store: S::Store) -> Arc<dyn Store> {
        if self.locks {
            return Arc::new(store);
        }
        let layout = adopted(S::DIALECT.name());
        Arc::new(S::laid_out(store, &layout).unwrap())
    }

    async fn open(&self, database: &S::Database, connections: u32) -> Arc<dyn Store> {
        let options = self.server.options();
        self.lay_out(self.connect(options, database, connections).await)
    }
}

#[async_trait]
impl<S: TestServer> Harness for ServerHarness<S> {
    type Guard = Reused<S::Database>;

    fn wanted(&self) -> Applicable<()> {
        self.server.wanted()
    }

    async fn empty(&self) -> (Self::Guard, Arc<dyn Store>) {
        let database = Reused::once(self.server.database().await);
        let options = self.server.options();
        let store = self.connect(options, &database, CONNECTIONS).await;
        if let Some(types) = S::ADOPTED_TYPES
            && !self.locks
        {
            S::run(&store, types).await;
        }
        (database, self.lay_out(store))
    }

    async fn database(&self) -> (Self::Guard, Arc<dyn Store>) {
        let unused = self.server.unused();
        if let Some(database) = unused.and_then(|unused| unused.take(self.kind())) {
            let store = self.open(&database, CONNECTIONS).await;
            return (database, store);
        }
        let (mut database, store) = self.empty().await;
        store.migrate(&[self.migrations()]).await.unwrap();
        let Some(unused) = unused else {
            return (database, store);
        };
        store.close().await;
        database.keep(unused, self.kind()).await;
        let store = self.open(&database, CONNECTIONS).await;
        (database, store)
    }

    fn migrations(&self) -> MigrationSet {
        /// By the name of the dialect.
        type Sets = std::sync::Mutex<std::collections::BTreeMap<&'static str, MigrationSet>>;
        static SETS: LazyLock<Sets> = LazyLock::new(Sets::default);
        if !self.locks {
            return MigrationSet::of("suite", tables());
        }
        let mut sets = SETS.lock().unwrap();
        *sets
            .entry(S::DIALECT.name())
            .or_insert_with(|| crate::migrations(S::DIALECT, tables()))
    }

    async fn second(&self, database: &Self::Guard) -> Applicable<Arc<dyn Store>> {
        Ok(self.open(database, CONNECTIONS).await)
    }

    async fn one_connection(&self, database: &Self::Guard) -> Applicable<Arc<dyn Store>> {
        Ok(self.open(database, 1).await)
    }

    fn server(&self) -> Applicable<SocketAddr> {
        Ok(S::address(&self.server.options()))
    }

    async fn through(
        &self,
        database: &Self::Guard,
        address: SocketAddr,
    ) -> Applicable<Arc<dyn Store>> {
        let options = S::through(self.server.options(), address);
        Ok(self.lay_out(self.connect(options, database, 2).await))
    }

    async fn denied(&self) -> Applicable<Error> {
        self.server.reports_wrong_password()?;
        let options = self.server.options_of("LOCKED_URL");
        let options = S::with_password(options, "not the password");
        let refused = S::connect(options, None, Settings::connections(1)).await;
        Ok(refused.err().unwrap())
    }
}
