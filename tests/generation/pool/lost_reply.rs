//! Verbs whose reply is lost are repeated, and take effect once; edits of accounts as well.

use genledger::contract::{Query, SessionExt};
use genledger::generation::{
    AccountChange, AccountClaim, AccountPool, AccountStatus, ClaimedAccounts, Edit, Failure,
    FailureCode, GenerationAttempt, GenerationTasks, ImageTask, MediaStatus, Medium,
    ProviderAccounts,
};
use genledger::outbox::OutboxEvent;
use genledger::uuid::Uuid;
use genledger_conformance::Cut;
use genledger_testkit::{TestDatabase, assert_outcome_unknown, behind_proxy};

use super::sample::leased;
use crate::sample::{account, migrated};

async fn a_verb_whose_reply_is_lost_takes_effect_once(database: TestDatabase) {
    let direct = genledger::connect(&database.url).await.unwrap();
    let _: GenerationTasks<ImageTask> = migrated(&direct).await;
    let account = account("s");
    let accounts = ProviderAccounts::new(direct.clone());
    accounts.append(&account).await.unwrap();
    let claim = || AccountClaim::new("h", Uuid::now_v7(), Medium::Image);
    // Does the daily reset, so that the next claim is one transaction.
    let pool = AccountPool::new(direct.clone());
    let first = leased(pool.claim(&claim()).await.unwrap()).remove(0).lease;
    pool.release(&first).await.unwrap();
    let (proxy, distant) = behind_proxy(&database.url).await;
    let remote = AccountPool::new(distant.clone());

    let claim = claim();
    proxy.arm(Cut::ReplyTo("COMMIT"));
    assert_outcome_unknown(remote.claim(&claim).await);
    assert!(!proxy.is_armed(), "nothing was cut");
    let lease = leased(remote.claim(&claim).await.unwrap()).remove(0).lease;
    assert_eq!(lease.account_seq, 2);
    proxy.arm(Cut::ReplyTo("COMMIT"));
    assert_outcome_unknown(remote.complete(&lease).await);
    remote.complete(&lease).await.unwrap();

    let claim = AccountClaim::new("h", Uuid::now_v7(), Medium::Image);
    let lease = leased(remote.claim(&claim).await.unwrap()).remove(0).lease;
    let limited = Failure::new(FailureCode::RATE_LIMIT);
    proxy.arm(Cut::ReplyTo("COMMIT"));
    assert_outcome_unknown(remote.fail(&lease, &limited).await);
    assert!(!proxy.is_armed(), "nothing was cut");
    remote.fail(&lease, &limited).await.unwrap();
    assert!(matches!(
        remote
            .claim(&AccountClaim::new("h", Uuid::now_v7(), Medium::Image))
            .await
            .unwrap(),
        ClaimedAccounts::NoAccount(_)
    ));

    let session = direct.session();
    let attempts = session.page(&Query::<GenerationAttempt>::default()).await;
    assert_eq!(attempts.unwrap().items.len(), 3);
    let stored = accounts.get(account.id).await.unwrap();
    let usage = &stored.usage;
    assert_eq!((usage.image_count, usage.image_active), (1, 0));
    assert_eq!(
        (usage.image_generation_status, usage.image_strikes),
        (MediaStatus::RateLimited, 1)
    );
    edits(&proxy, &ProviderAccounts::new(distant.clone()), &stored).await;
    let events = session.page(&Query::<OutboxEvent>::default()).await;
    assert_eq!(events.unwrap().items.len(), 2);
    distant.close().await;
    direct.close().await;
}

async fn edits(
    proxy: &genledger_conformance::CutProxy,
    remote: &ProviderAccounts,
    stored: &genledger::generation::ProviderAccount,
) {
    let (id, version) = (stored.id, stored.version);
    let edit = |version| Edit::of_version(version).by("ann");
    macro_rules! repeated {
        ($verb:expr) => {{
            proxy.arm(Cut::ReplyTo("COMMIT"));
            assert_outcome_unknown($verb.await);
            assert!(!proxy.is_armed(), "nothing was cut");
            $verb.await.unwrap()
        }};
    }
    let change = AccountChange::new().weight(9);
    let changed = repeated!(remote.change(id, &edit(version), &change));
    assert_eq!((changed.weight, changed.version), (9, version + 1));
    let inactive = AccountStatus::Inactive;
    let set = repeated!(remote.set_status(id, &edit(version + 1), inactive));
    assert_eq!((set.account_status, set.version), (inactive, version + 2));
    let session = "new".into();
    let set = repeated!(remote.set_session(id, &edit(version + 2), &session));
    assert_eq!((set.session_id, set.version), (session, version + 3));
    let deleted = repeated!(remote.delete(id, &edit(version + 3)));
    assert!(deleted.stamps.is_deleted && deleted.version == version + 4);
    let restored = repeated!(remote.restore(id, &edit(version + 4)));
    assert!(!restored.stamps.is_deleted && restored.version == version + 5);
    assert_eq!(remote.get(id).await.unwrap(), restored);
}

genledger_testkit::database_cases!(
    genledger_testkit::run_behind_proxy; a_verb_whose_reply_is_lost_takes_effect_once
);
