//! Time limits, and the state after they were exceeded.

use std::error::Error as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use genledger_conformance::Cut;
use genledger_contract::schema::Script;
use genledger_contract::{ErrorKind, MigrationSet, Result, SessionExt, Store, StoreExt};
use genledger_sqlx::PoolConfig;
use tokio::time::timeout;

use super::{Note, fails, migrated, notes};
use crate::{Reusable, Settings, TestServer};

/// Counts a hit of the first note.
pub(super) async fn hit(session: &(impl SessionExt + ?Sized)) -> Result<u64> {
    let change = [Note::HITS.plus(1)];
    session.update_where(Note::ID.eq(1), change).await
}

pub async fn servers_that_never_reply<S: TestServer>(server: S) {
    let started = Instant::now();
    let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
    // An address that was free a moment ago.
    let unused = listen().local_addr().unwrap();
    let settings = Settings::pool(PoolConfig::default());
    let refused = server.connect_through(unused, None, settings).await;
    fails(refused, ErrorKind::Unavailable);

    // One that accepts connections and sends nothing.
    let listener = listen();
    let pool = PoolConfig::default().with_acquire_timeout(Duration::from_millis(300));
    let address = listener.local_addr().unwrap();
    let silent = server
        .connect_through(address, None, Settings::pool(pool))
        .await;
    fails(silent, ErrorKind::Unavailable);

    // One that becomes unreachable. A caller that waits for a connection also gets an error about the server.
    let proxy = server.proxy().await;
    let pool = PoolConfig::default()
        .with_max_connections(1)
        .with_acquire_timeout(Duration::from_millis(300));
    let store = server.connect_through(proxy.address(), None, Settings::pool(pool));
    let store = store.await.unwrap();
    proxy.refuse(true);
    proxy.cut_all();
    let session = store.session();
    let find = || session.find::<Note>(&1);
    let (one, two, three) = tokio::join!(find(), find(), find());
    for outcome in [one, two, three] {
        let error = fails(outcome, ErrorKind::Unavailable);
        let text = error.message();
        let both = [
            "the server cannot be reached",
            "the connection to the server",
        ];
        assert!(both.iter().any(|words| text.contains(words)), "{error:?}");
    }
    assert!(started.elapsed() < Duration::from_secs(3));
}

pub async fn statements_take_no_longer_than_allowed<S: TestServer>(server: S) {
    let database = server.database().await;
    let timed = Settings::connections(2).with_statement_timeout(300);
    let store = migrated(server, &database, timed).await;
    let session = store.session();
    session.insert(&Note::new(1, "one")).await.unwrap();
    let transaction = store.begin().await.unwrap();
    let slow = S::execute(&transaction, S::SLOW).await;
    fails(slow, ErrorKind::Timeout);
    drop(transaction);
    if server.limits_writes() {
        let lock = store.begin().await.unwrap();
        hit(&*lock).await.unwrap();
        fails(hit(&*session).await, ErrorKind::Timeout);
        lock.rollback().await.unwrap();
    }
    // The connection remains usable.
    hit(&*session).await.unwrap();
    assert_eq!(session.get::<Note>(&1).await.unwrap().hits, 1);
}

pub async fn a_server_that_does_not_answer_is_given_up<S: TestServer>(server: S) {
    let (database, store) = notes(server).await;
    store.session().insert(&Note::new(1, "one")).await.unwrap();
    let timed = Settings::connections(1).with_response_timeout(1_000);
    let timed = server.open(&database, timed).await;
    let lock = store.begin().await.unwrap();
    hit(&*lock).await.unwrap();
    let session = timed.session();
    fails(hit(&*session).await, ErrorKind::OutcomeUnknown);
    let blocked = timed.transaction(|tx| async move { hit(&tx).await }).await;
    fails(blocked, ErrorKind::Timeout);
    // The only slot of the pool is free again.
    assert_eq!(session.get::<Note>(&1).await.unwrap().hits, 0);
    lock.rollback().await.unwrap();
}

pub async fn a_transaction_whose_statement_was_given_up_is_dead<S: TestServer>(server: S) {
    let (database, _store) = notes(server).await;
    let timed = Settings::connections(1).with_response_timeout(500);
    let timed = server.open(&database, timed).await;
    let transaction = timed.begin().await.unwrap();
    transaction.insert(&Note::new(1, "one")).await.unwrap();
    let nested = transaction.begin().await.unwrap();
    let slow = S::execute(&nested, S::SLEEP).await;
    fails(slow, ErrorKind::Timeout);
    // The reply to the first statement has not arrived yet.
    fails(nested.rollback().await, ErrorKind::Aborted);
    fails(transaction.find::<Note>(&1).await, ErrorKind::Aborted);
    fails(transaction.commit().await, ErrorKind::Aborted);
    assert_eq!(timed.session().find::<Note>(&1).await.unwrap(), None);
}

/// The network loses a connection in the middle of a transaction, without an end for either side.
pub async fn an_idle_transaction_is_ended_by_the_server<S: TestServer>(server: S) {
    let (database, other) = notes(server).await;
    other.session().insert(&Note::new(1, "one")).await.unwrap();
    let proxy = server.proxy().await;
    let settings = Settings::connections(1).with_transaction_idle_timeout(1_000);
    let store = server.connect_through(proxy.address(), Some(database.name()), settings);
    let store = store.await.unwrap();
    let lost = store.begin().await.unwrap();
    hit(&*lost).await.unwrap();
    proxy.arm(Cut::Silence("SELECT"));
    let (late, ()) = tokio::join!(lost.find::<Note>(&1), hit_once_unlocked(&other));
    assert!(!proxy.is_armed());
    fails(late, ErrorKind::Unavailable);
    drop(lost);

    // Its client is only late.
    let late = store.begin().await.unwrap();
    hit(&*late).await.unwrap();
    hit_once_unlocked(&other).await;
    fails(hit(&*late).await, ErrorKind::Unavailable);
    drop(late);
    let late = store.begin().await.unwrap();
    hit(&*late).await.unwrap();
    hit_once_unlocked(&other).await;
    let reported = if server.reports_idle() {
        ErrorKind::Unavailable
    } else {
        ErrorKind::OutcomeUnknown
    };
    fails(late.commit().await, reported);

    hit(&*store.session()).await.unwrap();
    assert_eq!(other.session().get::<Note>(&1).await.unwrap().hits, 4);
}

/// Counts a hit, once the transaction that locks the note has ended.
async fn hit_once_unlocked(store: &impl Store) {
    let session = store.session();
    let unlocked = timeout(Duration::from_secs(20), hit(&*session)).await;
    assert!(unlocked.is_ok(), "the note is still locked");
    unlocked.unwrap().unwrap();
}

pub async fn migrations_take_as_long_as_they_take<S: TestServer>(server: S) {
    let database = server.database().await;
    // Far from each other and from the duration of the script, since a busy machine prolongs all of them.
    let timed = Settings::connections(1)
        .with_response_timeout(3_000)
        .with_statement_timeout(1_000);
    let first = server.open(&database, timed.clone()).await;
    let second = server.open(&database, timed).await;
    let script = Script::new(S::DIALECT.name(), 1, "slow", S::LONG_SLEEP);
    let sets = [MigrationSet::of("test", &[]).with_scripts(Box::leak(Box::new([script])))];
    // One of them waits for the other.
    let (one, other) = tokio::join!(first.migrate(&sets), second.migrate(&sets));
    assert_eq!(one.unwrap().applied.len() + other.unwrap().applied.len(), 1);
    // Other statements have their limits as before.
    for store in [first, second] {
        let transaction = store.begin().await.unwrap();
        let slow = S::execute(&transaction, S::SLOW).await;
        let error = fails(slow, ErrorKind::Timeout);
        // It is the limit of the server, and not that of the client, which is longer.
        assert!(error.source().is_some(), "{error:?}");
    }
}

pub async fn a_dropped_transaction_keeps_its_connection<S: TestServer>(server: S) {
    let (database, _store) = notes(server).await;
    let store = server.open(&database, Settings::connections(1)).await;
    let before = S::number(&store, S::CONNECTION).await.unwrap();
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1, "one")).await.unwrap();
    drop(transaction);
    assert_eq!(store.session().find::<Note>(&1).await.unwrap(), None);
    assert_eq!(S::number(&store, S::CONNECTION).await.unwrap(), before);
}
