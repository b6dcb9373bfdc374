//! A harness without its type, so that the cases are compiled once and not for every backend.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::{Error, MigrationSet, Store};

use super::{Applicable, Harness};

pub(crate) type Guard = Box<dyn Any + Send + Sync>;

#[async_trait]
pub(crate) trait ErasedHarness: Send + Sync {
    async fn empty(&self) -> (Guard, Arc<dyn Store>);
    fn migrations(&self) -> MigrationSet;
    async fn database(&self) -> (Guard, Arc<dyn Store>);
    async fn second(&self, guard: &Guard) -> Applicable<Arc<dyn Store>>;
    async fn one_connection(&self, guard: &Guard) -> Applicable<Arc<dyn Store>>;
    fn server(&self) -> Applicable<SocketAddr>;
    async fn through(&self, guard: &Guard, address: SocketAddr) -> Applicable<Arc<dyn Store>>;
    async fn denied(&self) -> Applicable<Error>;
}

fn downcast<H: Harness>(guard: &Guard) -> &H::Guard {
    guard.downcast_ref().expect("a guard of this harness")
}

#[async_trait]
impl<H: Harness> ErasedHarness for H {
    async fn empty(&self) -> (Guard, Arc<dyn Store>) {
        let (guard, store) = Harness::empty(self).await;
        (Box::new(guard), store)
    }

    fn migrations(&self) -> MigrationSet {
        Harness::migrations(self)
    }

    async fn database(&self) -> (Guard, Arc<dyn Store>) {
        let (guard, store) = Harness::database(self).await;
        (Box::new(guard), store)
    }

    async fn second(&self, guard: &Guard) -> Applicable<Arc<dyn Store>> {
        Harness::second(self, downcast::<H>(guard)).await
    }

    async fn one_connection(&self, guard: &Guard) -> Applicable<Arc<dyn Store>> {
        Harness::one_connection(self, downcast::<H>(guard)).await
    }

    fn server(&self) -> Applicable<SocketAddr> {
        Harness::server(self)
    }

    async fn through(&self, guard: &Guard, address: SocketAddr) -> Applicable<Arc<dyn Store>> {
        Harness::through(self, downcast::<H>(guard), address).await
    }

    async fn denied(&self) -> Applicable<Error> {
        Harness::denied(self).await
    }
}
