//! Claims and reports whose reply is lost are repeated, and take effect once.

use genledger::contract::{Query, SessionExt};
use genledger::generation::{
    Claim, Claimed, GenerationAttempt, GenerationLeases, GenerationStatus, GenerationTasks,
    ImageTask, ProviderAccount, ProviderAccounts,
};
use genledger::uuid::Uuid;
use genledger_conformance::Cut;
use genledger_testkit::{TestDatabase, assert_outcome_unknown, behind_proxy};

use super::world::{leased, result};
use crate::sample::{account, image, migrated};

async fn a_verb_whose_reply_is_lost_takes_effect_once(database: TestDatabase) {
    let direct = genledger::connect(&database.url).await.unwrap();
    let tasks: GenerationTasks<ImageTask> = migrated(&direct).await;
    let account = account("s");
    ProviderAccounts::new(direct.clone())
        .append(&account)
        .await
        .unwrap();
    let leases = GenerationLeases::<ImageTask>::new(direct.clone());
    // Does the daily reset, so that the next claim is one transaction.
    let claim = || Claim::new("h", Uuid::now_v7());
    assert!(matches!(
        leases.claim(&claim()).await.unwrap(),
        Claimed::Empty(_)
    ));
    let (proxy, distant) = behind_proxy(&database.url).await;
    let remote = GenerationLeases::<ImageTask>::new(distant.clone());

    let task = image("a");
    tasks.submit(&task).await.unwrap();
    let claim = claim();
    proxy.arm(Cut::ReplyTo("COMMIT"));
    assert_outcome_unknown(remote.claim(&claim).await);
    assert!(!proxy.is_armed(), "nothing was cut");
    let lease = leased(remote.claim(&claim).await.unwrap()).remove(0).lease;
    assert_eq!((lease.task_id, lease.seq), (task.id, 1));

    proxy.arm(Cut::ReplyTo("COMMIT"));
    assert_outcome_unknown(remote.start(&lease).await);
    remote.start(&lease).await.unwrap();
    proxy.arm(Cut::ReplyTo("COMMIT"));
    assert_outcome_unknown(remote.complete(&lease, &result()).await);
    assert!(!proxy.is_armed(), "nothing was cut");
    let done = remote.complete(&lease, &result()).await.unwrap();
    assert_eq!(done.state.generation_status, GenerationStatus::Completed);
    assert_eq!(tasks.get(task.id).await.unwrap(), done);

    let attempts = direct
        .session()
        .page(&Query::<GenerationAttempt>::default())
        .await
        .unwrap();
    assert_eq!(attempts.items.len(), 1);
    let usage = direct
        .session()
        .get::<ProviderAccount>(&account.id)
        .await
        .unwrap()
        .usage;
    assert_eq!((usage.image_count, usage.image_active), (1, 0));
    distant.close().await;
    direct.close().await;
}

genledger_testkit::database_cases!(
    genledger_testkit::run_behind_proxy; a_verb_whose_reply_is_lost_takes_effect_once
);
