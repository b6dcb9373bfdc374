//! The conformance suite on the memory store.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use genledger_conformance::{Applicable, Harness, NotApplicable, tables};
use genledger_contract::{Error, MigrationSet, RoutedStore, Store};
use genledger_memory::MemoryStore;

struct MemoryHarness;

#[async_trait]
impl Harness for MemoryHarness {
    type Guard = MemoryStore;

    async fn empty(&self) -> (MemoryStore, Arc<dyn Store>) {
        let store = MemoryStore::new();
        (store.clone(), Arc::new(store))
    }

    fn migrations(&self) -> MigrationSet {
        MigrationSet::of("suite", tables())
    }

    async fn second(&self, guard: &MemoryStore) -> Applicable<Arc<dyn Store>> {
        Ok(Arc::new(guard.reopen()))
    }

    async fn one_connection(&self, _: &MemoryStore) -> Applicable<Arc<dyn Store>> {
        Err(NotApplicable("no connections"))
    }

    fn server(&self) -> Applicable<SocketAddr> {
        Err(NotApplicable("no server"))
    }

    async fn through(&self, _: &MemoryStore, _: SocketAddr) -> Applicable<Arc<dyn Store>> {
        Err(NotApplicable("no server"))
    }

    async fn denied(&self) -> Applicable<Error> {
        Err(NotApplicable("no passwords"))
    }
}

/// A store that is made of two: all tables of the suite are in the second one.
struct RoutedHarness;

fn routed(main: MemoryStore, suite: MemoryStore) -> Arc<dyn Store> {
    Arc::new(RoutedStore::new(Arc::new(main)).route(tables(), Arc::new(suite)))
}

#[async_trait]
impl Harness for RoutedHarness {
    type Guard = (MemoryStore, MemoryStore);

    async fn empty(&self) -> (Self::Guard, Arc<dyn Store>) {
        let (main, suite) = (MemoryStore::new(), MemoryStore::new());
        ((main.clone(), suite.clone()), routed(main, suite))
    }

    fn migrations(&self) -> MigrationSet {
        MigrationSet::of("suite", tables())
    }

    async fn second(&self, (main, suite): &Self::Guard) -> Applicable<Arc<dyn Store>> {
        Ok(routed(main.reopen(), suite.reopen()))
    }

    async fn one_connection(&self, _: &Self::Guard) -> Applicable<Arc<dyn Store>> {
        Err(NotApplicable("no connections"))
    }

    fn server(&self) -> Applicable<SocketAddr> {
        Err(NotApplicable("no server"))
    }

    async fn through(&self, _: &Self::Guard, _: SocketAddr) -> Applicable<Arc<dyn Store>> {
        Err(NotApplicable("no server"))
    }

    async fn denied(&self) -> Applicable<Error> {
        Err(NotApplicable("no passwords"))
    }
}

genledger_conformance::suite!(backend_memory, MemoryHarness);
genledger_conformance::suite!(backend_memory_routed, RoutedHarness);
