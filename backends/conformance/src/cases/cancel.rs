//! Dropped futures: whatever is dropped at whatever point happened in full or not at all, and the
//! store goes on.
//!
//! Every operation is polled once, twice, three times and so on, and then dropped, until it
//! completes. After each, another handle sees all or nothing, and the store, which has only one
//! connection, serves a write.

use std::fmt::Debug;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use genledger_contract::{
    AggregateQuery, ClaimQuery, ErrorKind, Filter, Query, Result, Session, SessionExt, Store,
    StoreExt, Transaction,
};
use tokio::time::timeout;

use crate::ask::{matching, rows_of};
use crate::check::fails;
use crate::cut_short::{MOMENTS, cut_short};
use crate::harness::Applicable;
use crate::lab::{Database, Lab};
use crate::model::{Account, Entry, Job, tables};

/// No operation is polled more often; it is then left to complete.
const MOST_POLLS: usize = 60;

/// A store with one connection, and another one that looks at what it did.
struct Bench {
    store: Arc<dyn Store>,
    observer: Arc<dyn Session>,
}

impl Bench {
    async fn new(database: &Database) -> Applicable<Self> {
        // A store that has no connections is as good: it has none to lose.
        let store = database.one_connection().await;
        Ok(Self {
            store: store.unwrap_or_else(|_| Arc::clone(&database.store)),
            observer: database.second().await?.session(),
        })
    }

    /// Expects a write to be served within five seconds.
    async fn serves(&self, round: i64) {
        let row = Account::new(-1 - round);
        timeout(Duration::from_secs(5), self.store.session().insert(&row))
            .await
            .expect("the store does not serve a write within five seconds")
            .unwrap();
    }

    /// Drops what `operation` makes after every number of polls, until it completes. Rounds are
    /// numbered; after each, `look` is asked.
    async fn everywhere<T: Debug, Fut: Future<Output = Result<T>>>(
        &self,
        operation: impl Fn(i64) -> Fut,
        look: impl AsyncFn(i64, bool),
    ) {
        let mut round = 0;
        for moment in MOMENTS {
            for polls in 1.. {
                round += 1;
                let polls = if polls > MOST_POLLS {
                    usize::MAX
                } else {
                    polls
                };
                let outcome = cut_short(operation(round), polls, moment).await;
                let completed = outcome.is_some();
                if let Some(outcome) = outcome {
                    outcome.unwrap();
                }
                look(round, completed).await;
                self.serves(round).await;
                if completed {
                    break;
                }
            }
        }
    }
}

/// The numbers of round `round`'s rows.
fn batch(round: i64, rows: i64) -> Range<i64> {
    round * 10_000..round * 10_000 + rows
}

fn entries(round: i64, rows: i64) -> Vec<Entry> {
    batch(round, rows).map(|id| Entry::new(id, id)).collect()
}

async fn entries_of(session: &dyn Session, round: i64) -> usize {
    let range = batch(round, 10_000);
    let filter = Entry::ID.ge(range.start) & Entry::ID.lt(range.end);
    matching(session, filter).await.len()
}

/// A dropped insert of one row.
pub(crate) async fn insert(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
    let bench = Bench::new(&database).await?;
    let session = bench.store.session();
    bench
        .everywhere(
            |round| {
                let session = &session;
                async move { session.insert(&Entry::new(round * 10_000, round)).await }
            },
            async |round, completed| {
                let rows = entries_of(&*bench.observer, round).await;
                assert!(rows == 1 || !completed);
            },
        )
        .await;
    Ok(())
}

/// A dropped insert of many rows, some of which are there already.
pub(crate) async fn insert_many(lab: &Lab) -> Applicable<()> {
    const ROWS: i64 = 4000;
    let database = lab.database().await;
    let bench = Bench::new(&database).await?;
    let session = bench.store.session();
    bench
        .everywhere(
            |round| {
                let (session, observer) = (&session, &bench.observer);
                async move {
                    let rows = entries(round, ROWS);
                    observer.insert(&rows[2000]).await?;
                    session.insert_many(&rows).await
                }
            },
            async |round, completed| {
                let rows = entries_of(&*bench.observer, round).await;
                let all = rows == usize::try_from(ROWS).unwrap();
                assert!(all || (!completed && rows <= 1), "{rows} rows");
            },
        )
        .await;
    Ok(())
}

/// A dropped upsert that inserts one row and changes another.
pub(crate) async fn upsert(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
    let bench = Bench::new(&database).await?;
    let session = bench.store.session();
    bench
        .everywhere(
            |round| {
                let (session, observer) = (&session, &bench.observer);
                async move {
                    let id = round * 10_000;
                    observer.insert(&Account::new(id)).await?;
                    let rows = Account::many([id, id + 1]);
                    session.upsert(&rows, [Account::VISITS.plus(1)]).await
                }
            },
            async |round, completed| {
                let ids = [round * 10_000, round * 10_000 + 1];
                let rows = matching(&*bench.observer, Account::ID.is_in(ids)).await;
                let changed = rows.iter().any(|row| row.visits == 1);
                let inserted = rows.len() == 2;
                assert_eq!(changed, inserted);
                assert!(changed || !completed);
            },
        )
        .await;
    Ok(())
}

/// A dropped update of many rows.
pub(crate) async fn update(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
    let bench = Bench::new(&database).await?;
    let session = bench.store.session();
    let rows = Account::many(0..300);
    bench.observer.insert_all(&rows).await.unwrap();
    let is_of = |round: i64| Account::VERSION.eq(round);
    bench
        .everywhere(
            |round| {
                let session = &session;
                async move {
                    let change = [Account::VERSION.set(round)];
                    session.update_where(Account::ID.ge(0), change).await
                }
            },
            async |round, completed| {
                let rows = matching(&*bench.observer, is_of(round)).await.len();
                assert!(rows == 300 || (!completed && rows == 0), "{rows} rows");
            },
        )
        .await;
    Ok(())
}

/// A dropped delete of many rows.
pub(crate) async fn delete(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
    let bench = Bench::new(&database).await?;
    let session = bench.store.session();
    bench
        .everywhere(
            |round| {
                let (session, observer) = (&session, &bench.observer);
                async move {
                    observer.insert_all(&entries(round, 50)).await?;
                    let range = batch(round, 50);
                    let filter = Entry::ID.ge(range.start) & Entry::ID.lt(range.end);
                    session.delete_where(filter).await
                }
            },
            async |round, completed| {
                let rows = entries_of(&*bench.observer, round).await;
                assert!(rows == 0 || (!completed && rows == 50), "{rows} rows");
            },
        )
        .await;
    Ok(())
}

/// A dropped claim.
pub(crate) async fn claim(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
    let bench = Bench::new(&database).await?;
    let session = bench.store.session();
    bench
        .observer
        .insert_all(&Job::many(0..1000))
        .await
        .unwrap();
    bench
        .everywhere(
            |round| {
                let session = &session;
                async move {
                    let free = Job::TOKEN.is_null();
                    let query = ClaimQuery::new(free, Job::TOKEN, format!("t{round}"));
                    session.claim(query.limit(5)).await
                }
            },
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

/// Dropped reads of every sort.
pub(crate) async fn reads(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
    let bench = Bench::new(&database).await?;
    let session = bench.store.session();
    let session = &session;
    bench.observer.insert_all(&entries(0, 3000)).await.unwrap();
    let look = async |_, _| {};
    bench
        .everywhere(|_| async { session.find::<Entry>(&1).await }, look)
        .await;
    bench
        .observer
        .delete_where(Account::ID.lt(0))
        .await
        .unwrap();
    let query = Query::<Entry>::default().page_size(1000);
    bench.everywhere(|_| session.page(&query), look).await;
    bench
        .observer
        .delete_where(Account::ID.lt(0))
        .await
        .unwrap();
    let sum = || {
        AggregateQuery::over(Filter::all())
            .group_by(Entry::ID)
            .sum(Entry::TOKENS)
    };
    bench.everywhere(|_| session.aggregate(sum()), look).await;
    bench
        .observer
        .delete_where(Account::ID.lt(0))
        .await
        .unwrap();
    let store = &bench.store;
    bench
        .everywhere(
            |_| async {
                let stream = store.stream(Query::<Entry>::default().page_size(1000));
                let rows: Vec<_> = stream.collect().await;
                Ok(rows.len())
            },
            look,
        )
        .await;
    Ok(())
}

/// A dropped transaction of several statements in two tables.
pub(crate) async fn transaction(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
    let bench = Bench::new(&database).await?;
    let store = &bench.store;
    bench
        .everywhere(
            |round| async move {
                store
                    .transaction(|tx| async move {
                        tx.insert(&Account::new(round)).await?;
                        tx.insert_many(&entries(round, 500)).await?;
                        tx.savepoint().await?;
                        let change = [Account::VISITS.plus(1)];
                        tx.update_if(&round, Account::VISITS.eq(0), change).await?;
                        tx.release_savepoint().await?;
                        tx.insert(&Entry::new(round * 10_000 + 500, 1)).await
                    })
                    .await
            },
            async |round, completed| {
                let rows = entries_of(&*bench.observer, round).await;
                let account = bench.observer.find::<Account>(&round).await.unwrap();
                match account {
                    Some(account) => assert_eq!((rows, account.visits), (501, 1)),
                    // Committed between the two looks, perhaps.
                    None => assert!(!completed && (rows == 0 || rows == 501)),
                }
            },
        )
        .await;
    Ok(())
}

/// A transaction whose beginning, rolling back or committing is dropped.
pub(crate) async fn begin_and_end(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
    let bench = Bench::new(&database).await?;
    let store = &bench.store;
    let look = async |_, _| {};
    bench.everywhere(|_| store.begin(), look).await;
    bench
        .observer
        .delete_where(Account::ID.lt(0))
        .await
        .unwrap();
    // The beginning is not cut short here, only the end.
    for commits in [false, true] {
        let mut round = if commits { 100_000 } else { 0 };
        for moment in MOMENTS {
            for polls in 1..=MOST_POLLS {
                round += 1;
                let tx = store.begin().await.unwrap();
                tx.insert(&Entry::new(round * 10_000, 1)).await.unwrap();
                let end = if commits { tx.commit() } else { tx.rollback() };
                let completed = match cut_short(end, polls, moment).await {
                    Some(outcome) => {
                        outcome.unwrap();
                        true
                    }
                    None => false,
                };
                bench.serves(round).await;
                let rows = entries_of(&*bench.observer, round).await;
                assert!(rows == 0 || commits);
                assert!(rows == 1 || !completed || !commits);
                if completed {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Cuts a statement of a transaction short after every number of polls, and lets `end` end the
/// transaction.
async fn inside(
    bench: &Bench,
    statement: impl for<'a> Fn(
        &'a dyn Transaction,
        i64,
    ) -> futures_util::future::BoxFuture<'a, Result<()>>,
    end: impl AsyncFn(Box<dyn Transaction>, i64),
) {
    let mut round = 0;
    for moment in MOMENTS {
        for polls in 1..=MOST_POLLS {
            round += 1;
            let tx = bench.store.begin().await.unwrap();
            tx.insert(&Account::new(round)).await.unwrap();
            let completed = cut_short(statement(&*tx, round), polls, moment).await;
            end(tx, round).await;
            bench.serves(round).await;
            if completed.is_some() {
                break;
            }
        }
    }
}

/// A dropped statement inside a transaction that is dropped, too.
pub(crate) async fn inside_a_dropped_transaction(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
    let bench = Bench::new(&database).await?;
    inside(
        &bench,
        |tx, round| Box::pin(async move { tx.insert_many(&entries(round, 2500)).await.map(drop) }),
        async |tx, round| {
            drop(tx);
            assert_eq!(bench.observer.find::<Account>(&round).await.unwrap(), None);
            assert_eq!(entries_of(&*bench.observer, round).await, 0);
        },
    )
    .await;
    Ok(())
}

/// A dropped statement inside a transaction that is committed all the same: the statement counts in
/// full or not at all, or the commit fails and nothing counts.
pub(crate) async fn inside_a_committed_transaction(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
    let bench = Bench::new(&database).await?;
    inside(
        &bench,
        |tx, round| Box::pin(async move { tx.insert_many(&entries(round, 2500)).await.map(drop) }),
        async |tx, round| {
            let committed = tx.commit().await.is_ok();
            let account = bench.observer.find::<Account>(&round).await.unwrap();
            let rows = entries_of(&*bench.observer, round).await;
            assert_eq!(account.is_some(), committed);
            assert!(
                rows == 0 || (committed && rows == 2500),
                "{committed}: {rows} rows"
            );
        },
    )
    .await;
    Ok(())
}

/// Dropped savepoints, and dropped ways back to them.
pub(crate) async fn inside_savepoints(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
    let bench = Bench::new(&database).await?;
    inside(
        &bench,
        |tx, round| {
            Box::pin(async move {
                tx.savepoint().await?;
                tx.insert(&Entry::new(round * 10_000, 1)).await?;
                tx.rollback_to_savepoint().await?;
                tx.savepoint().await?;
                tx.insert(&Entry::new(round * 10_000 + 1, 1)).await?;
                tx.release_savepoint().await
            })
        },
        async |tx, round| {
            // Where it stands is anybody's guess, but it ends, and with it everything does.
            drop(tx.rollback().await);
            assert_eq!(bench.observer.find::<Account>(&round).await.unwrap(), None);
            assert_eq!(entries_of(&*bench.observer, round).await, 0);
        },
    )
    .await;
    Ok(())
}

/// A dropped migration is finished by the next one.
pub(crate) async fn migrate(lab: &Lab) -> Applicable<()> {
    for polls in [1, 2, 3, 5, 8, 13, 21, 40] {
        let database = lab.empty().await;
        let second = database.second().await?;
        for moment in MOMENTS {
            let migrations = lab.migrations();
            drop(cut_short(database.store.migrate(&migrations), polls, moment).await);
        }
        timeout(Duration::from_secs(20), second.migrate(&lab.migrations()))
            .await
            .expect("a dropped migration is in the way of the next one")
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
pub(crate) async fn verify_schema(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
    let bench = Bench::new(&database).await?;
    let store = &bench.store;
    bench
        .everywhere(|_| store.verify_schema(tables()), async |_, _| {})
        .await;
    Ok(())
}

/// Who waits for a connection and gives up takes none with him.
pub(crate) async fn waiting_for_a_connection(lab: &Lab) -> Applicable<()> {
    let database = lab.database().await;
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
        ErrorKind::Conflict,
    );
    Ok(())
}
