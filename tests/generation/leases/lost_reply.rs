//! Claims and reports whose reply is lost are repeated, and take effect once.

use genledger::contract::{Query, SessionExt};
use genledger::generation::{
    Claim, Claimed, Claimer, ClaimerConfig, GenerationAttempt, GenerationLeases, GenerationStatus,
    GenerationTasks, ImageTask, ProviderAccount, ProviderAccounts,
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

/// A claimer repeats what it does not know the outcome of.
async fn a_worker_does_not_notice_that_a_reply_is_lost(database: TestDatabase) {
    let direct = genledger::connect(&database.url).await.unwrap();
    let tasks: GenerationTasks<ImageTask> = migrated(&direct).await;
    let account = account("s");
    ProviderAccounts::new(direct.clone())
        .append(&account)
        .await
        .unwrap();
    let (proxy, distant) = behind_proxy(&database.url).await;
    let leases = GenerationLeases::<ImageTask>::new(distant.clone());
    // Does the daily reset.
    let claim = Claim::new("h", Uuid::now_v7());
    drop(leases.claim(&claim).await.unwrap());
    let claimer = Claimer::new(leases, ClaimerConfig::new("h")).unwrap();
    let task = image("a");
    tasks.submit(&task).await.unwrap();

    proxy.arm(Cut::ReplyTo("COMMIT"));
    let lease = claimer.next().await.unwrap().unwrap().lease;
    assert!(!proxy.is_armed(), "nothing was cut");
    assert_eq!((lease.task_id, lease.seq), (task.id, 1));
    proxy.arm(Cut::ReplyTo("COMMIT"));
    claimer.start(&lease).await.unwrap();
    proxy.arm(Cut::ReplyTo("COMMIT"));
    let done = claimer.complete(&lease, &result()).await.unwrap();
    assert!(!proxy.is_armed(), "nothing was cut");
    assert_eq!(tasks.get(task.id).await.unwrap(), done);

    let session = direct.session();
    let attempts = session.page(&Query::<GenerationAttempt>::default()).await;
    assert_eq!(attempts.unwrap().items.len(), 1);
    let usage = session.get::<ProviderAccount>(&account.id).await.unwrap();
    assert_eq!((usage.usage.image_count, usage.usage.image_active), (1, 0));
    assert!(claimer.drain(std::time::Duration::from_secs(30)).await);
    distant.close().await;
    direct.close().await;
}

genledger_testkit::database_cases!(
    genledger_testkit::run_behind_proxy;
    a_verb_whose_reply_is_lost_takes_effect_once,
    a_worker_does_not_notice_that_a_reply_is_lost,
);
