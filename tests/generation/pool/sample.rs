//! A pool of accounts, and tasks that use the same ones.

use std::sync::Arc;

use genledger::contract::{SessionExt, Store};
use genledger::generation::{
    AccountClaim, AccountLease, AccountPool, ClaimedAccounts, GenerationAttempt, LeasedAccount,
    ProviderAccount, Shortage,
};
use genledger::uuid::Uuid;

use crate::leases::world::World;
use crate::sample::Kind;

#[derive(Clone)]
pub(crate) struct Pool<T> {
    pub(crate) world: World<T>,
    pub(crate) pool: AccountPool,
}

impl<T: Kind> Pool<T> {
    pub(crate) async fn new(store: &Arc<dyn Store>) -> Self {
        let world: World<T> = World::new(store).await;
        let pool = AccountPool::new(Arc::clone(&world.store));
        Self { world, pool }
    }

    /// The same pool and accounts for another kind of media.
    pub(crate) fn with<U: Kind>(&self) -> Pool<U> {
        Pool {
            world: self.world.with(),
            pool: self.pool.clone(),
        }
    }

    pub(crate) async fn claim(&self, claim: &AccountClaim) -> ClaimedAccounts {
        self.pool.claim(claim).await.unwrap()
    }

    pub(crate) async fn lease(&self, n: u32) -> Vec<LeasedAccount> {
        leased(self.claim(&request::<T>().n(n)).await)
    }

    pub(crate) async fn lease_one(&self) -> AccountLease {
        let mut leased = self.lease(1).await;
        assert_eq!(leased.len(), 1);
        leased.remove(0).lease
    }

    pub(crate) async fn shortage(&self) -> Shortage {
        match self.claim(&request::<T>()).await {
            ClaimedAccounts::NoAccount(short) => short,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn attempt(&self, lease: &AccountLease) -> GenerationAttempt {
        let session = self.world.store.session();
        session.get(&lease.attempt_id).await.unwrap()
    }

    pub(crate) async fn account(&self, lease: &AccountLease) -> ProviderAccount {
        self.world.account_of(lease.account_id).await
    }

    /// Everything that a verb may change.
    pub(crate) async fn rows(&self, lease: &AccountLease) -> (GenerationAttempt, ProviderAccount) {
        (self.attempt(lease).await, self.account(lease).await)
    }
}

/// A claim of one slot.
pub(crate) fn request<T: Kind>() -> AccountClaim {
    AccountClaim::new("h", Uuid::now_v7(), T::MEDIUM)
}

pub(crate) fn leased(claimed: ClaimedAccounts) -> Vec<LeasedAccount> {
    match claimed {
        ClaimedAccounts::Leased(leased) => leased,
        other => panic!("{other:?}"),
    }
}
