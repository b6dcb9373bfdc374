//! The conformance suite on the memory store.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use genledger_conformance::{Applicable, Harness, NotApplicable, tables};
use genledger_contract::store::RoutedStore;
use genledger_contract::{Entity, Error, MigrationSet, Store};
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

/// A table in the second store, which no case uses.
#[derive(Clone, Debug, Entity)]
#[entity(crate = genledger_contract, table = "elsewhere", key(id))]
struct Elsewhere {
    /// Its number.
    id: i64,
}

/// A store that consists of two, the first of which has all tables of the suite.
struct RoutedHarness;

fn routed(suite: MemoryStore) -> Arc<dyn Store> {
    let elsewhere = Arc::new(MemoryStore::new());
    Arc::new(RoutedStore::new(Arc::new(suite)).route(&[Elsewhere::TABLE], elsewhere))
}

#[async_trait]
impl Harness for RoutedHarness {
    type Guard = MemoryStore;

    async fn empty(&self) -> (MemoryStore, Arc<dyn Store>) {
        let store = MemoryStore::new();
        (store.clone(), routed(store))
    }

    fn migrations(&self) -> MigrationSet {
        MigrationSet::of("suite", tables())
    }

    async fn second(&self, guard: &MemoryStore) -> Applicable<Arc<dyn Store>> {
        Ok(routed(guard.reopen()))
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

genledger_conformance::suite!(backend_memory, MemoryHarness);
genledger_conformance::suite!(backend_memory_routed, RoutedHarness);
