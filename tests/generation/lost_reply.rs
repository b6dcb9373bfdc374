//! Changes whose reply is lost are repeated, and take effect once.

use std::sync::Arc;

use genledger::contract::query::Count;
use genledger::contract::{Query, SessionExt};
use genledger::generation::{Edit, GenerationTaskFilter, GenerationTasks, ImageTask};
use genledger::outbox::OutboxEvent;
use genledger::time::ManualClock;
use genledger_conformance::Cut;
use genledger_testkit::{TestDatabase, assert_outcome_unknown, behind_proxy};

use crate::sample::{after, image, migrated};

async fn a_change_whose_reply_is_lost_takes_effect_once(database: TestDatabase) {
    let direct = genledger::connect(&database.url).await.unwrap();
    let tasks: GenerationTasks<ImageTask> = migrated(&direct).await;
    let (proxy, distant) = behind_proxy(&database.url).await;
    let clock = Arc::new(ManualClock::at(after(60)));
    let remote = GenerationTasks::<ImageTask>::new(distant.clone()).with_clock(clock);

    let task = image("a");
    proxy.arm(Cut::ReplyTo("COMMIT"));
    assert_outcome_unknown(remote.submit(&task).await);
    assert!(!proxy.is_armed(), "nothing was cut");
    remote.submit(&task).await.unwrap();
    assert_eq!(tasks.get(task.id).await.unwrap(), task);

    let edit = Edit::of_version(1).by("ann");
    proxy.arm(Cut::ReplyTo("COMMIT"));
    assert_outcome_unknown(remote.delete(task.id, &edit).await);
    assert!(!proxy.is_armed(), "nothing was cut");
    let deleted = remote.delete(task.id, &edit).await.unwrap();
    assert_eq!(tasks.get(task.id).await.unwrap(), deleted);
    assert_eq!(deleted.version, 2);

    let edit = Edit::of_version(2);
    proxy.arm(Cut::ReplyTo("COMMIT"));
    assert_outcome_unknown(remote.restore(task.id, &edit).await);
    let restored = remote.restore(task.id, &edit).await.unwrap();
    assert_eq!((restored.version, restored.stamps.is_deleted), (3, false));

    let live = GenerationTaskFilter::new();
    assert_eq!(tasks.count(&live, 9).await.unwrap(), Count::Exactly(1));
    let events = direct
        .session()
        .page(&Query::<OutboxEvent>::default())
        .await
        .unwrap();
    let mut kinds: Vec<_> = events
        .items
        .iter()
        .map(|event| (event.seq, event.kind.as_str()))
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [(1, "created"), (2, "deleted"), (3, "restored")]);
    distant.close().await;
    direct.close().await;
}

genledger_testkit::database_cases!(
    genledger_testkit::run_behind_proxy; a_change_whose_reply_is_lost_takes_effect_once
);
