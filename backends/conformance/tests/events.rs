//! What is told of statements: in a process of its own, since every subscriber changes what costs
//! something.

use std::time::Duration;

use genledger_conformance::{Heard, Level};
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
async fn only_what_is_listened_to_is_told() {
    let events = Events::new("memory");
    // No time is taken and no span is kept where nothing listens.
    assert!(events.of("select", None).is_none());
    let error = Heard::up_to(Level::ERROR);
    let guard = error.listen();
    assert!(events.of("select", None).is_none());
    drop(guard);
    let warn = Heard::up_to(Level::WARN);
    let guard = warn.listen();
    assert!(events.of("select", None).is_some());
    assert!(events.with_slow(None).of("select", None).is_none());
    drop(guard);

    let slow = MemoryConfig::new().with_slow_statements(Some(Duration::ZERO));
    let store = MemoryStore::with_config(slow);
    let tables = MigrationSet::of("test", &[Note::TABLE]);
    store.migrate(&[tables]).await.unwrap();
    let guard = warn.listen();
    store.session().insert(&Note { id: 1 }).await.unwrap();
    drop(guard);
    let told = warn.statements();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].level, Level::WARN);
    assert_eq!(told[0].get("rows"), Some("1"));
    assert_eq!(told[0].get("sql"), None);

    let error = store
        .explain(&Query::matching(Note::ID.eq(1)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

/// A statement that is given up is told of as that, with the time that it took until then.
#[tokio::test]
async fn a_statement_that_is_dropped_is_told_of() {
    let store = MemoryStore::new();
    let tables = MigrationSet::of("test", &[Note::TABLE]);
    store.migrate(&[tables]).await.unwrap();
    let holder = store.begin().await.unwrap();
    holder.insert(&Note { id: 1 }).await.unwrap();
    let heard = Heard::up_to(Level::DEBUG);
    let guard = heard.listen();
    let session = store.session();
    let given_up = session.insert(&Note { id: 2 });
    let time = Duration::from_millis(20);
    assert!(tokio::time::timeout(time, given_up).await.is_err());
    drop(guard);
    let told = heard.statements();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].get("outcome"), Some("dropped"));
    assert_eq!(told[0].get("rows"), None);
    assert!(told[0].get("micros").unwrap().parse::<u64>().unwrap() >= 19_000);
}
