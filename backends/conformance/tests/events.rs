//! The events of statements: in their own process, since every subscriber affects the costs of all.

use std::time::Duration;

use genledger_conformance::{EventRecorder, Level};
use genledger_contract::backend::Events;
use genledger_contract::{Entity, ErrorKind, MigrationSet, Query, SessionExt, Store, StoreExt};
use genledger_memory::{MemoryConfig, MemoryStore};

/// A note.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "notes", key(id))]
struct Note {
    /// Its number.
    id: i64,
}

#[tokio::test]
async fn only_enabled_events_are_emitted() {
    let events = Events::new("memory");
    // No time is measured and no span is kept without a subscriber.
    assert!(events.of("select", None).is_none());
    let error = EventRecorder::up_to(Level::ERROR);
    let guard = error.record();
    assert!(events.of("select", None).is_none());
    drop(guard);
    let warn = EventRecorder::up_to(Level::WARN);
    let guard = warn.record();
    assert!(events.of("select", None).is_some());
    assert!(events.with_slow(None).of("select", None).is_none());
    drop(guard);

    let slow = MemoryConfig::new().with_slow_statements(Some(Duration::ZERO));
    let store = MemoryStore::with_config(slow);
    let tables = MigrationSet::of("test", &[Note::TABLE]);
    store.migrate(&[tables]).await.unwrap();
    let guard = warn.record();
    store.session().insert(&Note { id: 1 }).await.unwrap();
    drop(guard);
    let events_seen = warn.statements();
    assert_eq!(events_seen.len(), 1, "{events_seen:?}");
    assert_eq!(events_seen[0].level, Level::WARN);
    assert_eq!(events_seen[0].get("rows"), Some("1"));
    assert_eq!(events_seen[0].get("sql"), None);

    let error = store
        .explain(&Query::matching(Note::ID.eq(1)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

/// The event of a dropped statement has the outcome `dropped` and the time until then.
#[tokio::test]
async fn a_statement_that_is_dropped_has_an_event() {
    let store = MemoryStore::new();
    let tables = MigrationSet::of("test", &[Note::TABLE]);
    store.migrate(&[tables]).await.unwrap();
    let holder = store.begin().await.unwrap();
    holder.insert(&Note { id: 1 }).await.unwrap();
    let recorder = EventRecorder::up_to(Level::DEBUG);
    let guard = recorder.record();
    let session = store.session();
    let dropped = session.insert(&Note { id: 2 });
    let time = Duration::from_millis(20);
    assert!(tokio::time::timeout(time, dropped).await.is_err());
    drop(guard);
    let events_seen = recorder.statements();
    assert_eq!(events_seen.len(), 1, "{events_seen:?}");
    assert_eq!(events_seen[0].get("outcome"), Some("dropped"));
    assert_eq!(events_seen[0].get("rows"), None);
    assert!(
        events_seen[0]
            .get("micros")
            .unwrap()
            .parse::<u64>()
            .unwrap()
            >= 19_000
    );
}
