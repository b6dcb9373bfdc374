//! Counters of slots are compared with open attempts, and corrected.

use std::sync::Arc;

use genledger::contract::{SessionExt, Store};
use genledger::generation::{
    AccountUsageColumns, GenerationTask, ImageTask, Medium, ProviderAccount,
};

use super::world::{Stage, World, result};

async fn wrong_counters_are_found_and_corrected(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let lease = world.lease("a", Stage::Accepted).await;
    let idle = world.account("idle", 5).await;
    assert_eq!(world.leases.audit_slots().await.unwrap(), []);
    for (id, wrong) in [(lease.account_id, 0), (idle.id, 3)] {
        let any = ProviderAccount::ID.eq(id);
        let changes = [
            ProviderAccount::IMAGE_ACTIVE.set(wrong),
            ProviderAccount::VERSION.plus(0),
        ];
        world
            .store
            .session()
            .update_if::<ProviderAccount>(&id, any, changes)
            .await
            .unwrap();
    }
    let mut faults = world.leases.audit_slots().await.unwrap();
    faults.sort_unstable_by_key(|fault| fault.counted);
    let found: Vec<_> = faults
        .iter()
        .map(|fault| (fault.account_id, fault.medium, fault.counted, fault.open))
        .collect();
    assert_eq!(
        found,
        [
            (lease.account_id, Medium::Image, 0, 1),
            (idle.id, Medium::Image, 3, 0)
        ]
    );
    // A wrong counter does not keep a task from its end.
    let done = world.leases.complete(&lease, &result()).await.unwrap();
    assert_eq!(done.urls(), &result().urls);
    assert_eq!(world.leases.audit_slots().await.unwrap().len(), 1);
    let next = world.lease("b", Stage::Claimed).await;
    let repaired = world.leases.repair_slots().await.unwrap();
    assert_eq!(repaired.len(), 1);
    assert_eq!(
        (repaired[0].account_id, repaired[0].open),
        (idle.id, i32::from(next.account_id == idle.id))
    );
    assert_eq!(world.leases.repair_slots().await.unwrap(), []);
    world.assert_consistent().await;
    assert_eq!(
        world.account_of(lease.account_id).await.usage.image_count,
        1
    );
}

genledger_testkit::store_cases!(wrong_counters_are_found_and_corrected);
