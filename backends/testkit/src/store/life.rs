//! The life of a connection: why it is closed, which statement is then stopped, and the cost of keeping it.

use std::time::{Duration, Instant};

use genledger_conformance::Cut;
use genledger_contract::{ErrorKind, Query, SessionExt, Store};
use genledger_sqlx::PoolConfig;
use tokio::time::{sleep, timeout};

use super::limits::hit;
use super::{Note, fails, notes};
use crate::{Reusable, Settings, TestServer};

pub async fn own_sql_that_ends_the_transaction_is_found_out<S: TestServer>(server: S) {
    let (_database, store) = notes(server).await;
    for (id, end) in [(1, "ROLLBACK"), (2, "COMMIT")] {
        let transaction = store.begin().await.unwrap();
        transaction.insert(&Note::new(id, end)).await.unwrap();
        fails(S::execute(&transaction, end).await, ErrorKind::Aborted);
        // It would be committed by itself.
        let late = transaction.insert(&Note::new(10 + id, "late")).await;
        fails(late, ErrorKind::Aborted);
        fails(transaction.commit().await, ErrorKind::Aborted);
        let late = store.session().find::<Note>(&(10 + id)).await.unwrap();
        assert_eq!(late, None);
    }
}

pub async fn own_sql_leaves_no_settings_behind<S: TestServer>(server: S) {
    let (database, other) = notes(server).await;
    let store = server.open(&database, Settings::connections(1)).await;
    for (id, commit) in [(1, true), (2, false)] {
        let transaction = store.begin().await.unwrap();
        S::execute(&transaction, S::LOSES_WRITES).await.unwrap();
        if commit {
            transaction.commit().await.unwrap();
        } else {
            Box::new(transaction).rollback().await.unwrap();
        }
        let note = Note::new(id, if commit { "one" } else { "two" });
        store.session().insert(&note).await.unwrap();
    }
    store.close().await;
    for id in [1, 2] {
        assert!(other.session().find::<Note>(&id).await.unwrap().is_some());
    }
}

pub async fn statements_that_are_given_up_are_stopped<S: TestServer>(server: S) {
    let (database, other) = notes(server).await;
    other.session().insert(&Note::new(1, "one")).await.unwrap();
    let store = server.open(&database, Settings::connections(2)).await;
    let session = store.session();
    session.get::<Note>(&1).await.unwrap();
    let lock = other.begin().await.unwrap();
    hit(&*lock).await.unwrap();
    for _ in 0..40 {
        let cancelled = timeout(Duration::from_millis(30), hit(&*session)).await;
        assert!(cancelled.is_err());
    }
    // The connection that holds the lock is among them.
    let most = S::number(&other, S::LOCKING).await.unwrap();
    assert!(most <= 3, "{most} connections of a pool of two");
    let begun = Instant::now();
    while S::number(&other, S::LOCKING).await.unwrap() > 1 {
        assert!(begun.elapsed() < Duration::from_secs(5), "not stopped");
        sleep(Duration::from_millis(10)).await;
    }
    lock.rollback().await.unwrap();
    sleep(Duration::from_millis(200)).await;
    assert_eq!(session.get::<Note>(&1).await.unwrap().hits, 0);
    assert_eq!(hit(&*session).await.unwrap(), 1);
}

pub async fn a_read_only_server_is_left<S: TestServer>(server: S) {
    let (database, _other) = notes(server).await;
    let store = server.open(&database, Settings::connections(1)).await;
    // The state of a former primary after a failover.
    S::run(&store, S::READ_ONLY).await;
    let session = store.session();
    let first = session.insert(&Note::new(1, "one")).await;
    fails(first, ErrorKind::Unavailable);
    session.insert(&Note::new(1, "one")).await.unwrap();
    // Also inside of a transaction.
    S::run(&store, S::READ_ONLY).await;
    let transaction = store.begin().await.unwrap();
    let second = transaction.insert(&Note::new(2, "two")).await;
    fails(second, ErrorKind::Unavailable);
    drop(transaction);
    session.insert(&Note::new(2, "two")).await.unwrap();
    // The other idle connections lead to the same server.
    let store = server.open(&database, Settings::connections(2)).await;
    let sql = format!("{}; {}", S::READ_ONLY, S::SLEEP);
    tokio::join!(S::run(&store, &sql), S::run(&store, &sql));
    let transactions = [store.begin().await.unwrap(), store.begin().await.unwrap()];
    for transaction in transactions {
        transaction.rollback().await.unwrap();
    }
    let session = store.session();
    let third = session.insert(&Note::new(3, "three")).await;
    fails(third, ErrorKind::Unavailable);
    session.insert(&Note::new(3, "three")).await.unwrap();
}

/// The server accepts the password and then sends nothing more.
pub async fn connecting_takes_no_longer_than_allowed<S: TestServer>(server: S) {
    let proxy = server.proxy().await;
    let pool = PoolConfig::default().with_acquire_timeout(Duration::from_millis(500));
    proxy.arm(Cut::Silence("READ COMMITTED"));
    let connecting = server.connect_through(proxy.address(), None, Settings::pool(pool));
    let silent = timeout(Duration::from_secs(3), connecting).await;
    fails(silent.unwrap(), ErrorKind::Unavailable);
    assert!(!proxy.is_armed());
}

pub async fn reads_on_a_warm_pool_take_one_round_trip<S: TestServer>(server: S) {
    const READS: u64 = 200;
    let (database, other) = notes(server).await;
    other.session().insert(&Note::new(1, "one")).await.unwrap();
    let proxy = server.proxy().await;
    let store = server.connect_through(
        proxy.address(),
        Some(database.name()),
        Settings::connections(10),
    );
    let store = store.await.unwrap();
    let mut transactions = Vec::new();
    for _ in 0..10 {
        transactions.push(store.begin().await.unwrap());
    }
    for transaction in transactions {
        transaction.rollback().await.unwrap();
    }
    let session = store.session();
    session.get::<Note>(&1).await.unwrap();
    let before = proxy.requests();
    for _ in 0..READS {
        session.get::<Note>(&1).await.unwrap();
        sleep(Duration::from_millis(1)).await;
    }
    let round_trips = proxy.requests() - before;
    assert!(round_trips <= READS + 10, "{round_trips} round trips");
    // The last page of a list as well: the first one reads that the columns of the order cannot be NULL.
    let query = Query::<Note>::default().order_by([Note::TITLE.desc()]);
    session.page(&query).await.unwrap();
    let before = proxy.requests();
    for _ in 0..READS {
        assert_eq!(session.page(&query).await.unwrap().items.len(), 1);
    }
    let round_trips = proxy.requests() - before;
    assert!(round_trips <= READS + 10, "{round_trips} round trips");
}

/// A connection that is idle for too long, and one that is too old, is closed without a call.
pub async fn connections_end_in_time<S: TestServer>(server: S) {
    let (database, _other) = notes(server).await;
    let second = Some(Duration::from_secs(1));
    let pool = PoolConfig::default().with_max_connections(1);
    let limits = [
        pool.clone()
            .with_idle_timeout(second)
            .with_max_lifetime(None),
        pool.with_idle_timeout(None).with_max_lifetime(second),
    ];
    for (id, pool) in (1..).zip(limits) {
        let proxy = server.proxy().await;
        let store =
            server.connect_through(proxy.address(), Some(database.name()), Settings::pool(pool));
        let store = store.await.unwrap();
        let note = Note::new(id, &format!("note {id}"));
        store.session().insert(&note).await.unwrap();
        let begun = Instant::now();
        while proxy.connections() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(10), "not closed");
            sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(store.session().get::<Note>(&id).await.unwrap(), note);
        store.close().await;
    }
}

/// Connections beyond the bound of idle ones are closed after their use.
pub async fn idle_connections_are_bounded<S: TestServer>(server: S) {
    let (database, _other) = notes(server).await;
    let proxy = server.proxy().await;
    let pool = PoolConfig::default()
        .with_max_connections(4)
        .with_max_idle_connections(1);
    let store =
        server.connect_through(proxy.address(), Some(database.name()), Settings::pool(pool));
    let store = store.await.unwrap();
    let mut transactions = Vec::new();
    for _ in 0..4 {
        let transaction = store.begin().await.unwrap();
        assert_eq!(transaction.find::<Note>(&1).await.unwrap(), None);
        transactions.push(transaction);
    }
    assert!(proxy.connections() >= 4);
    for transaction in transactions {
        transaction.commit().await.unwrap();
    }
    let begun = Instant::now();
    while proxy.connections() > 1 {
        assert!(begun.elapsed() < Duration::from_secs(10), "not closed");
        sleep(Duration::from_millis(10)).await;
    }
    // The one that is left is used again.
    sleep(Duration::from_millis(50)).await;
    store.session().insert(&Note::new(1, "one")).await.unwrap();
    assert_eq!(proxy.connections(), 1);
    store.close().await;
}

/// The connection of a transaction that ends while its store is being closed is closed as well.
pub async fn a_store_closes_the_connections_in_use<S: TestServer>(server: S) {
    let (database, other) = notes(server).await;
    let proxy = server.proxy().await;
    let settings = Settings::connections(2);
    let store = server.connect_through(proxy.address(), Some(database.name()), settings);
    let store = store.await.unwrap();
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1, "one")).await.unwrap();
    let closing = tokio::spawn({
        let store = store.clone();
        async move { store.close().await }
    });
    sleep(Duration::from_millis(100)).await;
    let late = store.session().get::<Note>(&1).await;
    fails(late, ErrorKind::Unavailable);
    transaction.commit().await.unwrap();
    timeout(Duration::from_secs(5), closing)
        .await
        .unwrap()
        .unwrap();
    let begun = Instant::now();
    while proxy.connections() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(5), "not closed");
        sleep(Duration::from_millis(10)).await;
    }
    assert!(other.session().find::<Note>(&1).await.unwrap().is_some());
}

pub async fn transactions_of_the_application<S: TestServer>(server: S) {
    for commit in [true, false] {
        let (_database, store) = notes(server).await;
        let notes = vec![
            (Note::new(1, "one"), true),
            (Note::new(2, "two"), false),
            // This number exists.
            (Note::new(1, "again"), true),
            (Note::new(3, "three"), true),
        ];
        let mut results = S::lend(&store, notes, commit).await.into_iter();
        results.next().unwrap().unwrap();
        fails(results.next().unwrap(), ErrorKind::Invalid);
        fails(results.next().unwrap(), ErrorKind::UniqueViolation);
        results.next().unwrap().unwrap();
        let session = store.session();
        assert!(session.find::<Note>(&50).await.unwrap().is_some());
        for (id, kept) in [(1, true), (2, false), (3, true), (100, true)] {
            let found = session.find::<Note>(&id).await.unwrap();
            assert_eq!(found.is_some(), commit && kept, "{id} {commit}");
        }
    }
}
