//! The databases of one case: creates them, closes their stores, and removes them.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use genledger_contract::{Error, MigrationSet, Session, Store};
use tokio::time::timeout;

use crate::harness::erased::{ErasedHarness, Guard};
use crate::harness::{Applicable, NotApplicable};

/// How long a store may take to close before its database is removed all the same.
const CLOSING: Duration = Duration::from_secs(10);

/// The databases of one case.
pub(crate) struct Databases {
    harness: Arc<dyn ErasedHarness>,
    stores: Arc<Mutex<Vec<Arc<dyn Store>>>>,
    guards: Mutex<Vec<Arc<Guard>>>,
}

impl fmt::Debug for Databases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Databases").finish_non_exhaustive()
    }
}

impl Databases {
    pub(crate) fn new(harness: Arc<dyn ErasedHarness>) -> Self {
        Self {
            harness,
            stores: Arc::default(),
            guards: Mutex::default(),
        }
    }

    /// A new database with the tables of the suite.
    pub(crate) async fn migrated(&self) -> Database {
        let (guard, store) = self.harness.database().await;
        self.keep(guard, store)
    }

    /// A new database without tables.
    pub(crate) async fn empty(&self) -> Database {
        let (guard, store) = self.harness.empty().await;
        self.keep(guard, store)
    }

    pub(crate) fn migrations(&self) -> MigrationSet {
        self.harness.migrations()
    }

    pub(crate) fn server(&self) -> Applicable<SocketAddr> {
        self.harness.server()
    }

    pub(crate) async fn denied(&self) -> Applicable<Error> {
        self.harness.denied().await
    }

    fn keep(&self, guard: Guard, store: Arc<dyn Store>) -> Database {
        let guard = Arc::new(guard);
        lock(&self.guards).push(Arc::clone(&guard));
        lock(&self.stores).push(Arc::clone(&store));
        Database {
            store,
            guard,
            harness: Arc::clone(&self.harness),
            stores: Arc::clone(&self.stores),
        }
    }

    /// Closes all stores; the databases are removed when this is dropped.
    pub(crate) async fn close(&self) {
        let stores = std::mem::take(&mut *lock(&self.stores));
        for store in stores {
            // A store that does not close in time has failed elsewhere already.
            drop(timeout(CLOSING, store.close()).await);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One database of a case.
pub(crate) struct Database {
    pub(crate) store: Arc<dyn Store>,
    guard: Arc<Guard>,
    harness: Arc<dyn ErasedHarness>,
    stores: Arc<Mutex<Vec<Arc<dyn Store>>>>,
}

impl Database {
    pub(crate) fn session(&self) -> Arc<dyn Session> {
        self.store.session()
    }

    /// Another store on the same data.
    pub(crate) async fn second(&self) -> Applicable<Arc<dyn Store>> {
        let store = self.harness.second(&self.guard).await?;
        Ok(self.keep(store))
    }

    /// A store with exactly one connection on the same data.
    pub(crate) async fn one_connection(&self) -> Applicable<Arc<dyn Store>> {
        let store = self.harness.one_connection(&self.guard).await?;
        Ok(self.keep(store))
    }

    /// A store on the same data that reaches its server through `address`.
    pub(crate) async fn through(&self, address: SocketAddr) -> Applicable<Arc<dyn Store>> {
        let store = self.harness.through(&self.guard, address).await?;
        Ok(self.keep(store))
    }

    /// Whether a second transaction can write while the first is open.
    pub(crate) fn concurrent_writers(&self) -> Applicable<()> {
        if self.store.capability().concurrent_writers {
            Ok(())
        } else {
            Err(NotApplicable("one writer at a time"))
        }
    }

    fn keep(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        lock(&self.stores).push(Arc::clone(&store));
        store
    }
}
