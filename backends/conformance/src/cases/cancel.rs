//! Dropped futures: an operation that is dropped at any point happened in full or not at all, and the store
//! stays usable.
//!
//! Every operation is polled once, twice, three times and so on, and then dropped, until it
//! completes. After each, another handle sees all or nothing, and the store, which has only one
//! connection, serves a write. Transactions have their own topic, `cancel_transaction`.

use std::time::Duration;

use futures_util::StreamExt;
use genledger_contract::query::{AggregateQuery, ClaimQuery};
use genledger_contract::{ErrorKind, Filter, Query, SessionExt, StoreExt};
use tokio::time::timeout;

use crate::ask::{matching, rows_of};
use crate::check::fails;
use crate::cut_short::bench::{Bench, entries, numbers};
use crate::cut_short::{MOMENTS, cut_short};
use crate::databases::Databases;
use crate::harness::Applicable;
use crate::model::{Account, Entry, Job, tables};

/// A dropped insert of one row.
pub(crate) async fn insert(databases: &Databases) -> Applicable<()> {
    let bench = &Bench::new(databases).await?;
    let insert = |round| async move { bench.session.insert(&entries(round, 1)[0]).await };
    bench
        .everywhere(
            async |_| {},
            insert,
            async |round, completed| {
                let rows = bench.entries_of(round).await;
                assert!(rows == 1 || !completed);
            },
        )
        .await;
    Ok(())
}

/// A dropped insert of many rows, one of which is present already.
pub(crate) async fn insert_if_absent(databases: &Databases) -> Applicable<()> {
    const ROWS: i64 = 4000;
    let bench = &Bench::new(databases).await?;
    let one_of_them = async |round| {
        let row = &entries(round, ROWS)[2000];
        bench.observer.insert(row).await.unwrap();
    };
    let insert = |round| async move { bench.session.insert_if_absent(&entries(round, ROWS)).await };
    bench
        .everywhere(one_of_them, insert, async |round, completed| {
            let rows = bench.entries_of(round).await;
            let all = rows == usize::try_from(ROWS).unwrap();
            assert!(all || (!completed && rows == 1), "{rows} rows");
        })
        .await;
    Ok(())
}

/// A dropped upsert that inserts one row and changes another.
pub(crate) async fn upsert(databases: &Databases) -> Applicable<()> {
    let bench = &Bench::new(databases).await?;
    let one_of_them = async |round| {
        let row = Account::new(numbers(round, 1).start);
        bench.observer.insert(&row).await.unwrap();
    };
    let upsert = |round| async move {
        let rows = Account::many(numbers(round, 2));
        let change = [Account::VISITS.plus(1)];
        bench.session.upsert(&rows, change).await
    };
    bench
        .everywhere(one_of_them, upsert, async |round, completed| {
            let of_round = Account::ID.is_in(numbers(round, 2));
            let rows = matching(&*bench.observer, of_round).await;
            let changed = rows.iter().any(|row| row.visits == 1);
            assert_eq!(changed, rows.len() == 2);
            assert!(changed || !completed);
        })
        .await;
    Ok(())
}

/// A dropped update of many rows.
pub(crate) async fn update(databases: &Databases) -> Applicable<()> {
    let bench = &Bench::new(databases).await?;
    let rows = Account::many(0..300);
    bench.observer.insert_many(&rows).await.unwrap();
    let update = |round: i64| async move {
        let change = [Account::VERSION.set(round)];
        bench.session.update_where(Account::ID.ge(0), change).await
    };
    bench
        .everywhere(
            async |_| {},
            update,
            async |round, completed| {
                let rows = matching(&*bench.observer, Account::VERSION.eq(round)).await;
                let rows = rows.len();
                assert!(rows == 300 || (!completed && rows == 0), "{rows} rows");
            },
        )
        .await;
    Ok(())
}

/// A dropped delete of many rows.
pub(crate) async fn delete(databases: &Databases) -> Applicable<()> {
    let bench = &Bench::new(databases).await?;
    let fifty = async |round| {
        bench
            .observer
            .insert_many(&entries(round, 50))
            .await
            .unwrap();
    };
    let delete = |round| async move {
        let range = numbers(round, 50);
        let of_round = Entry::ID.ge(range.start) & Entry::ID.lt(range.end);
        bench.session.delete_where(of_round).await
    };
    bench
        .everywhere(fifty, delete, async |round, completed| {
            let rows = bench.entries_of(round).await;
            assert!(rows == 0 || (!completed && rows == 50), "{rows} rows");
        })
        .await;
    Ok(())
}

/// A dropped claim.
pub(crate) async fn claim(databases: &Databases) -> Applicable<()> {
    let bench = &Bench::new(databases).await?;
    let jobs = Job::many(0..1000);
    bench.observer.insert_many(&jobs).await.unwrap();
    let claim = |round| async move {
        let free = Job::TOKEN.is_null();
        let query = ClaimQuery::new(free, Job::TOKEN, format!("t{round}"));
        bench.session.claim(query.limit(5)).await
    };
    bench
        .everywhere(
            async |_| {},
            claim,
            async |round, completed| {
                let token = format!("t{round}");
                let rows = matching(&*bench.observer, Job::TOKEN.eq(token.as_str())).await;
                let rows = rows.len();
                assert!(rows == 5 || (!completed && rows == 0), "{rows} rows");
            },
        )
        .await;
    Ok(())
}

/// Dropped reads of every kind.
pub(crate) async fn reads(databases: &Databases) -> Applicable<()> {
    let bench = &Bench::new(databases).await?;
    bench.observer.insert_many(&entries(0, 3000)).await.unwrap();
    let nothing = async |_| {};
    let look = async |_, _| {};
    let find = |_| async move { bench.session.find::<Entry>(&1).await };
    bench.everywhere(nothing, find, look).await;
    let query = &Query::<Entry>::default().page_size(1000);
    let page = |_| async move { bench.session.page(query).await.map(|page| page.items) };
    bench.everywhere(nothing, page, look).await;
    let sums = |_| async move {
        let query = AggregateQuery::over(Filter::all()).group_by(Entry::ID);
        bench.session.aggregate(query.sum(Entry::TOKENS)).await
    };
    bench.everywhere(nothing, sums, look).await;
    let stream = |_| async move {
        let stream = bench.store.stream(query.clone());
        Ok(stream.collect::<Vec<_>>().await.len())
    };
    bench.everywhere(nothing, stream, look).await;
    Ok(())
}

/// A dropped migration is finished by the next one.
pub(crate) async fn migrate(databases: &Databases) -> Applicable<()> {
    for polls in [1, 2, 3, 5, 8, 13, 21, 40] {
        let database = databases.empty().await;
        let second = database.second().await?;
        for moment in MOMENTS {
            let migrations = [databases.migrations()];
            drop(cut_short(database.store.migrate(&migrations), polls, moment).await);
        }
        timeout(
            Duration::from_secs(20),
            second.migrate(&[databases.migrations()]),
        )
        .await
        .expect("a dropped migration blocks the next one")
        .unwrap();
        assert_eq!(second.verify_schema(tables()).await.unwrap(), []);
        database.session().insert(&Account::new(1)).await.unwrap();
        assert_eq!(rows_of::<Account>(&*second.session()).await, 1);
        second.close().await;
        database.store.close().await;
    }
    Ok(())
}

/// A dropped comparison of the schema.
pub(crate) async fn verify_schema(databases: &Databases) -> Applicable<()> {
    let bench = &Bench::new(databases).await?;
    let verify = |_| async move { bench.store.verify_schema(tables()).await };
    bench
        .everywhere(async |_| {}, verify, async |_, _| {})
        .await;
    Ok(())
}

/// A dropped close leaves a store that is usable or closed, does not affect a transaction that was open, and
/// is completed by the next close.
pub(crate) async fn close(databases: &Databases) -> Applicable<()> {
    const LONGEST: Duration = Duration::from_secs(20);
    for polls in [1, 2, 3, 5, 8] {
        for moment in MOMENTS {
            let database = databases.migrated().await;
            let second = database.second().await?;
            let (store, session) = (&database.store, database.session());
            let tx = store.begin().await.unwrap();
            tx.insert(&Account::new(1)).await.unwrap();
            // It waits for the transaction, unless it is dropped before.
            let closing = timeout(Duration::from_millis(50), store.close());
            let _ = cut_short(closing, polls, moment).await;
            let committed = timeout(LONGEST, tx.commit()).await.expect("a commit hangs");
            let account = Account::new(2);
            let inserted = timeout(LONGEST, session.insert(&account)).await;
            let inserted = inserted.expect("a statement hangs");
            timeout(LONGEST, store.close())
                .await
                .expect("a close hangs");
            fails(session.find::<Account>(&1).await, ErrorKind::Unavailable);
            let mut rows = 0;
            for outcome in [committed, inserted] {
                match outcome {
                    Ok(()) => rows += 1,
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}"),
                }
            }
            assert_eq!(rows_of::<Account>(&*second.session()).await, rows);
        }
    }
    Ok(())
}

/// A wait for a connection that is dropped loses no connection.
pub(crate) async fn waiting_for_a_connection(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let store = database.one_connection().await?;
    for round in 0..5 {
        let tx = store.begin().await.unwrap();
        for _ in 0..5 {
            let waiting = timeout(Duration::from_millis(5), store.begin()).await;
            assert!(waiting.is_err(), "two transactions on one connection");
            let session = store.session();
            let account = Account::new(round);
            let waiting = timeout(Duration::from_millis(5), session.insert(&account)).await;
            assert!(waiting.is_err(), "two writers on one connection");
        }
        drop(tx);
        let insert = store.session();
        let insert = insert.insert(&Account::new(round)).await;
        insert.unwrap();
    }
    fails(
        store.session().insert(&Account::new(0)).await,
        ErrorKind::UniqueViolation,
    );
    Ok(())
}
