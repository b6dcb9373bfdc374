//! The harness with which the conformance suite tests the backend.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use genledger_conformance::{Applicable, Harness, NotApplicable, tables};
use genledger_contract::{Error, MigrationSet, Store};

use super::store::CustomStore;

pub(super) struct CustomHarness;

#[async_trait]
impl Harness for CustomHarness {
    type Guard = CustomStore;

    async fn empty(&self) -> (CustomStore, Arc<dyn Store>) {
        let first = CustomStore::open(None);
        let store = CustomStore::open(Some(&first));
        (first, Arc::new(store))
    }

    fn migrations(&self) -> MigrationSet {
        MigrationSet::of("suite", tables())
    }

    async fn second(&self, first: &CustomStore) -> Applicable<Arc<dyn Store>> {
        Ok(Arc::new(CustomStore::open(Some(first))))
    }

    async fn one_connection(&self, _: &CustomStore) -> Applicable<Arc<dyn Store>> {
        Err(NotApplicable("no connections"))
    }

    fn server(&self) -> Applicable<SocketAddr> {
        Err(NotApplicable("no server"))
    }

    async fn through(&self, _: &CustomStore, _: SocketAddr) -> Applicable<Arc<dyn Store>> {
        Err(NotApplicable("no server"))
    }

    async fn denied(&self) -> Applicable<Error> {
        Err(NotApplicable("no passwords"))
    }
}
