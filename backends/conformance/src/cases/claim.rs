//! Claims: each row of a queue is claimed by exactly one caller.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use genledger_contract::entity::Operand;
use genledger_contract::query::{ClaimQuery, Order};
use genledger_contract::session::Claimed;
use genledger_contract::{Filter, SessionExt, StoreExt};

use crate::ask::{at, matching};
use crate::check::breaks;
use crate::databases::Databases;
use crate::harness::{Applicable, NotApplicable};
use crate::model::{Job, JobState};

fn free() -> Filter<Job> {
    Job::STATE.eq(JobState::Free)
}

fn claim(token: impl Operand<Option<String>>) -> ClaimQuery<Job> {
    ClaimQuery::new(free(), Job::TOKEN, token).set(Job::STATE.set(JobState::Taken))
}

fn by_priority() -> [Order<Job>; 2] {
    [Job::PRIORITY.desc(), Job::ID.asc()]
}

fn ids(jobs: &[Job]) -> Vec<i64> {
    jobs.iter().map(|job| job.id).collect()
}

/// A claim selects the first rows in its order, changes and stamps them, and returns them as they are
/// afterwards, in that order.
pub(crate) async fn takes_the_first(databases: &Databases) {
    let session = databases.migrated().await.session();
    let jobs: Vec<Job> = (0..10)
        .map(|id| Job {
            priority: i32::try_from(id % 3).unwrap(),
            ..Job::new(id)
        })
        .collect();
    session.insert_many(&jobs).await.unwrap();
    let query = claim("t1")
        .order_by(by_priority())
        .limit(4)
        .set(Job::ATTEMPTS.plus(1))
        .set(Job::DUE_AT.set(at(5, 0)));
    let claimed = session.claim(query).await.unwrap().rows;
    let expected: Vec<Job> = [2, 5, 8, 1]
        .into_iter()
        .map(|id| Job {
            state: JobState::Taken,
            priority: i32::try_from(id % 3).unwrap(),
            due_at: Some(at(5, 0)),
            token: Some("t1".to_owned()),
            attempts: 1,
            id,
        })
        .collect();
    assert_eq!(claimed, expected);
    for job in &expected {
        assert_eq!(session.get::<Job>(&job.id).await.unwrap(), *job);
    }
    let free = matching(&*session, free()).await;
    assert_eq!(ids(&free), [0, 3, 4, 6, 7, 9]);
    assert!(
        free.iter()
            .all(|job| job.token.is_none() && job.attempts == 0)
    );
}

/// Repeated claims return every row once, and then none.
pub(crate) async fn until_nothing_is_left(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Job::many(0..10)).await.unwrap();
    let mut taken = Vec::new();
    for round in 0..5 {
        let query = claim(format!("t{round}"))
            .order_by([Job::ID.desc()])
            .limit(4);
        taken.push(ids(&session.claim(query).await.unwrap().rows));
    }
    assert_eq!(
        taken,
        [
            vec![9, 8, 7, 6],
            vec![5, 4, 3, 2],
            vec![1, 0],
            vec![],
            vec![]
        ]
    );
}

/// Without a limit one row is claimed, without an order any.
pub(crate) async fn one_of_any(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Job::many(0..3)).await.unwrap();
    let mut all = Vec::new();
    for round in 0..3 {
        let claimed = session
            .claim(claim(format!("t{round}")))
            .await
            .unwrap()
            .rows;
        assert_eq!(claimed.len(), 1);
        all.extend(ids(&claimed));
    }
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2]);
}

/// Only rows that the filter selects are claimed; NULL comes first where it is ordered by.
pub(crate) async fn filters_and_null(databases: &Databases) {
    let session = databases.migrated().await.session();
    let jobs: Vec<Job> = (0..6)
        .map(|id| Job {
            due_at: (id % 2 == 1).then(|| at(10 - id, 0)),
            ..Job::new(id)
        })
        .collect();
    session.insert_many(&jobs).await.unwrap();
    let due = Job::DUE_AT.is_null() | Job::DUE_AT.le(at(7, 0));
    let query = ClaimQuery::new(free() & due, Job::TOKEN, "t")
        .set(Job::STATE.set(JobState::Taken))
        .order_by([Job::DUE_AT.asc(), Job::ID.desc()])
        .limit(100);
    let claimed = session.claim(query).await.unwrap().rows;
    assert_eq!(ids(&claimed), [4, 2, 0, 5, 3]);
}

/// The token alone may distinguish free rows from claimed ones.
pub(crate) async fn the_token_alone(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Job::many(0..3)).await.unwrap();
    let query = |token: &'static str| {
        ClaimQuery::new(Job::TOKEN.is_null(), Job::TOKEN, token)
            .order_by([Job::ID.asc()])
            .limit(2)
    };
    assert_eq!(ids(&session.claim(query("a")).await.unwrap().rows), [0, 1]);
    assert_eq!(ids(&session.claim(query("b")).await.unwrap().rows), [2]);
    assert_eq!(
        ids(&session.claim(query("c")).await.unwrap().rows),
        [0_i64; 0]
    );
}

/// A thousand rows of ten thousand are claimed at once.
pub(crate) async fn many_at_once(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Job::many(0..10_000)).await.unwrap();
    let query = claim("t").order_by(by_priority()).limit(1000);
    let claimed = session.claim(query).await.unwrap().rows;
    assert_eq!(ids(&claimed), (0..1000).collect::<Vec<_>>());
    let taken = matching(&*session, Job::TOKEN.eq("t")).await;
    assert_eq!(taken, claimed);
}

/// Impossible limits, a missing token and a token that is set twice are refused.
pub(crate) async fn what_is_refused(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert(&Job::new(1)).await.unwrap();
    breaks(
        session.claim(claim("t").limit(0)).await.map(drop),
        "out_of_range",
    );
    breaks(
        session.claim(claim("t").limit(10_001)).await.map(drop),
        "out_of_range",
    );
    breaks(
        session.claim(claim(None::<String>)).await.map(drop),
        "required",
    );
    let twice = claim("t").set(Job::TOKEN.set("u"));
    breaks(session.claim(twice).await.map(drop), "twice");
    let key = claim("t").set(Job::ID.set(2));
    breaks(session.claim(key).await.map(drop), "key_change");
    let long = "x".repeat(65);
    breaks(
        session.claim(claim(long.as_str())).await.map(drop),
        "too_long",
    );
    assert_eq!(session.get::<Job>(&1).await.unwrap(), Job::new(1));
}

/// A claim that is rolled back leaves the rows free.
pub(crate) async fn rolled_back(databases: &Databases) {
    let database = databases.migrated().await;
    database
        .session()
        .insert_many(&Job::many(0..3))
        .await
        .unwrap();
    let tx = database.store.begin().await.unwrap();
    assert_eq!(tx.claim(claim("t").limit(9)).await.unwrap().rows.len(), 3);
    tx.rollback().await.unwrap();
    let claimed = database.session().claim(claim("u").limit(9)).await.unwrap();
    assert_eq!(claimed.rows.len(), 3);
}

/// Rows that an open transaction has claimed are skipped without waiting for them.
pub(crate) async fn passes_over_locked_rows(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    if !database.store.capability().skip_locked {
        return Err(NotApplicable("no SKIP LOCKED"));
    }
    database
        .session()
        .insert_many(&Job::many(0..6))
        .await
        .unwrap();
    let tx = database.store.begin().await.unwrap();
    let query = |token| claim(token).order_by([Job::ID.asc()]).limit(3);
    assert_eq!(ids(&tx.claim(query("a")).await.unwrap().rows), [0, 1, 2]);
    let session = database.session();
    let others = tokio::time::timeout(Duration::from_secs(2), session.claim(query("b")));
    // A server may lock more rows than it returns (a plan that sorts does), so fewer rows are a valid result;
    // waiting, or a row of the other claim, is not.
    let mut claimed = ids(&others.await.unwrap().unwrap().rows);
    assert!(claimed.iter().all(|id| (3..6).contains(id)), "{claimed:?}");
    tx.commit().await.unwrap();
    claimed.extend(ids(&session.claim(query("c")).await.unwrap().rows));
    assert_eq!(claimed, [3, 4, 5]);
    Ok(())
}

/// Workers that claim at the same time, with and without transactions, never share a row, and together they
/// claim every row.
pub(crate) async fn never_shared(databases: &Databases) -> Applicable<()> {
    const JOBS: i64 = 150;
    let database = databases.migrated().await;
    database
        .session()
        .insert_many(&Job::many(0..JOBS))
        .await
        .unwrap();
    let stores = [Arc::clone(&database.store), database.second().await?];
    let deadline = Instant::now() + Duration::from_secs(60);
    let workers = (0..4_usize).map(|worker| {
        let store = Arc::clone(&stores[worker % 2]);
        tokio::spawn(async move {
            let mut taken = Vec::new();
            for round in 0.. {
                assert!(Instant::now() < deadline, "jobs are left and not claimed");
                let token = format!("{worker}-{round}");
                let query = || claim(token.clone()).order_by(by_priority()).limit(4);
                let claimed = if worker == 3 {
                    store
                        .transaction(|tx| async move { tx.claim(query()).await })
                        .await
                } else {
                    store.session().claim(query()).await
                };
                match claimed.and_then(Claimed::into_rows) {
                    Ok(claimed) => {
                        assert!(claimed.len() <= 4);
                        for job in &claimed {
                            assert_eq!(job.token.as_deref(), Some(token.as_str()));
                        }
                        // An empty result under contention does not mean that no row is left.
                        if claimed.is_empty()
                            && matching(&*store.session(), free()).await.is_empty()
                        {
                            return taken;
                        }
                        taken.extend(claimed.into_iter().map(|job| (job.id, job.token)));
                    }
                    Err(error) => assert!(error.is_retryable(), "{error:?}"),
                }
            }
            taken
        })
    });
    let mut owners = BTreeMap::new();
    for worker in join_all(workers).await {
        for (id, token) in worker.unwrap() {
            let other = owners.insert(id, token);
            assert_eq!(other, None, "job {id} was claimed twice");
        }
    }
    assert_eq!(owners.len(), usize::try_from(JOBS).unwrap());
    for job in matching(&*database.session(), Filter::<Job>::all()).await {
        assert_eq!(job.token, owners[&job.id], "job {}", job.id);
    }
    Ok(())
}

/// An empty claim reports whether other transactions have locked free rows, or no row is free.
pub(crate) async fn reports_why_it_is_empty(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let session = database.session();
    assert!(!session.claim(claim("a")).await.unwrap().contended);
    session.insert_many(&Job::many(0..2)).await.unwrap();
    assert!(!session.claim(claim("a").limit(9)).await.unwrap().contended);
    assert!(!session.claim(claim("b").limit(9)).await.unwrap().contended);
    session.insert(&Job::new(2)).await.unwrap();
    if !database.store.capability().skip_locked {
        return Err(NotApplicable("no SKIP LOCKED"));
    }
    let tx = database.store.begin().await.unwrap();
    tx.update_if(&2, Filter::all(), [Job::ATTEMPTS.plus(1)])
        .await
        .unwrap();
    let empty = session.claim(claim("c")).await.unwrap();
    assert!(empty.rows.is_empty() && empty.contended);
    tx.rollback().await.unwrap();
    assert_eq!(ids(&session.claim(claim("d")).await.unwrap().rows), [2]);
    Ok(())
}

/// The rows of a claim can be read again by its token.
pub(crate) async fn is_read_again(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Job::many(0..5)).await.unwrap();
    let query = claim("t").order_by([Job::ID.desc()]).limit(2);
    let claimed = session.claim(query).await.unwrap().rows;
    let mut again = session.claimed(Job::TOKEN, "t").await.unwrap().rows;
    again.reverse();
    assert_eq!(again, claimed);
    let other = session.claimed(Job::TOKEN, "u").await.unwrap().rows;
    assert_eq!(other, []);
}
