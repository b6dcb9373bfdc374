//! Every change appends its event in the same transaction, and a refused one does not.

use std::sync::Arc;

use genledger::contract::{ErrorKind, Query, SessionExt, Store, StoreExt};
use genledger::generation::{Edit, GenerationTask, GenerationTasks, ImageTask, VideoTask};
use genledger::json::JsonKey;
use genledger::outbox::OutboxEvent;

use crate::sample::{Kind, after, fails, migrated};

/// The events of a topic: number, kind, `from`, `to`.
async fn events(store: &Arc<dyn Store>, topic: &str) -> Vec<(i64, String, Option<i64>, i64)> {
    let of_topic = Query::matching(OutboxEvent::TOPIC.eq(topic)).order_by([
        OutboxEvent::TOPIC.asc(),
        OutboxEvent::AGGREGATE_ID.asc(),
        OutboxEvent::SEQ.asc(),
    ]);
    let page = store.session().page(&of_topic).await.unwrap();
    let status = |event: &OutboxEvent, name| event.payload.get(JsonKey::<i64>::new(name)).unwrap();
    let each = page.items.into_iter();
    each.map(|event| {
        let (from, to) = (status(&event, "from"), status(&event, "to").unwrap());
        assert_eq!(status(&event, "version"), Some(event.seq));
        (event.seq, event.kind, from, to)
    })
    .collect()
}

async fn of_kind<T: Kind>(store: &Arc<dyn Store>) {
    let tasks: GenerationTasks<T> = migrated(store).await;
    let task = T::sample("a");
    tasks.submit(&task).await.unwrap();
    tasks.submit(&task).await.unwrap();
    fails(
        tasks.submit(&T::sample("a")).await,
        ErrorKind::UniqueViolation,
    );
    tasks
        .set_priority(task.id(), &Edit::of_version(1), 3)
        .await
        .unwrap();
    let edit = Edit::of_version(2);
    tasks.delete(task.id(), &edit).await.unwrap();
    tasks.delete(task.id(), &edit).await.unwrap();
    fails(
        tasks.restore(task.id(), &edit).await,
        ErrorKind::VersionConflict,
    );
    tasks
        .restore(task.id(), &Edit::of_version(3))
        .await
        .unwrap();
    let expected = [
        (1, "created", None),
        (3, "deleted", Some(0)),
        (4, "restored", Some(0)),
    ];
    let expected = expected.map(|(seq, kind, from)| (seq, kind.to_owned(), from, 0));
    assert_eq!(events(store, T::TOPIC).await, expected);
}

async fn each_change_has_one_event(store: &Arc<dyn Store>) {
    of_kind::<ImageTask>(store).await;
    of_kind::<VideoTask>(store).await;
    let created = Query::matching(OutboxEvent::TOPIC.eq(ImageTask::TOPIC));
    let event = store
        .session()
        .page(&created)
        .await
        .unwrap()
        .items
        .remove(0);
    assert!(event.create_time == after(0) || event.create_time == after(60));
}

async fn a_change_and_its_event_are_rolled_back_together(store: &Arc<dyn Store>) {
    let tasks: GenerationTasks<ImageTask> = migrated(store).await;
    let task = ImageTask::sample("a");
    let tx = store.begin().await.unwrap();
    assert!(tasks.within(&tx).submit(&task).await.unwrap());
    // A verb that fails in a transaction leaves it as it was.
    let second = ImageTask::sample("a");
    fails(
        tasks.within(&tx).submit(&second).await,
        ErrorKind::UniqueViolation,
    );
    let other = ImageTask::sample("b");
    assert!(tasks.within(&tx).submit(&other).await.unwrap());
    tx.rollback().await.unwrap();
    assert_eq!(tasks.find(task.id).await.unwrap(), None);
    assert_eq!(events(store, ImageTask::TOPIC).await, []);

    let (of_tasks, task) = (&tasks, &task);
    let committed = store.transaction(|tx| async move { of_tasks.within(&tx).submit(task).await });
    assert!(committed.await.unwrap());
    assert_eq!(events(store, ImageTask::TOPIC).await.len(), 1);
}

/// Without the table of the outbox nothing is stored, rather than a task without an event.
async fn without_an_outbox_nothing_is_submitted(store: &Arc<dyn Store>) {
    store
        .migrate(&[genledger::schema::generation()])
        .await
        .unwrap();
    let tasks = GenerationTasks::<ImageTask>::new(Arc::clone(store));
    let task = ImageTask::sample("a");
    fails(tasks.submit(&task).await, ErrorKind::Schema);
    assert_eq!(tasks.find(task.id).await.unwrap(), None);
}

genledger_testkit::store_cases!(
    each_change_has_one_event,
    a_change_and_its_event_are_rolled_back_together,
    without_an_outbox_nothing_is_submitted,
);
