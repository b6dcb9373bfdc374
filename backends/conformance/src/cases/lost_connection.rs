//! Lost connections and lost replies, caused by a proxy in front of the server.

use std::sync::Arc;
use std::time::Duration;

use genledger_contract::query::AggregateQuery;
use genledger_contract::session::RetryPolicy;
use genledger_contract::{ErrorKind, Filter, Result, Session, SessionExt, Store, StoreExt};
use tokio::time::{sleep, timeout};

use crate::add_one::add_one;
use crate::ask::rows_of;
use crate::check::fails;
use crate::cut_proxy::{Cut, CutProxy};
use crate::databases::{Database, Databases};
use crate::harness::{ACQUIRE_TIMEOUT, Applicable};
use crate::model::{Account, Entry};

/// A store behind a proxy.
struct ProxiedStore {
    database: Database,
    proxy: CutProxy,
    store: Arc<dyn Store>,
}

impl ProxiedStore {
    async fn new(databases: &Databases) -> Applicable<Self> {
        let server = databases.server()?;
        let database = databases.migrated().await;
        let proxy = CutProxy::start(server).await.expect("the proxy starts");
        let store = database.through(proxy.address()).await?;
        Ok(Self {
            database,
            proxy,
            store,
        })
    }

    /// A session that reaches the database without the proxy.
    fn direct(&self) -> Arc<dyn Session> {
        self.database.session()
    }

    /// Expects the armed cut to have happened.
    fn was_cut(&self) {
        assert!(!self.proxy.is_armed(), "nothing was cut");
    }

    /// Expects the store to serve again.
    async fn serves(&self, id: i64) {
        timeout(
            Duration::from_secs(10),
            self.store.session().insert(&Account::new(id)),
        )
        .await
        .expect("the store does not serve again within ten seconds")
        .unwrap();
        assert!(self.direct().delete::<Account>(&id).await.unwrap());
    }
}

/// When the reply to COMMIT is lost, the outcome is unknown; here the rows were committed, once.
pub(crate) async fn a_lost_reply_to_commit(databases: &Databases) -> Applicable<()> {
    let proxied = ProxiedStore::new(databases).await?;
    for id in 0..5 {
        let tx = proxied.store.begin().await.unwrap();
        tx.insert(&Account::new(id)).await.unwrap();
        tx.insert(&Entry::new(id, 1)).await.unwrap();
        proxied.proxy.arm(Cut::ReplyTo("COMMIT"));
        let error = fails(tx.commit().await, ErrorKind::OutcomeUnknown);
        assert!(!error.is_retryable());
        proxied.was_cut();
        assert_eq!(
            proxied.direct().find::<Account>(&id).await.unwrap(),
            Some(Account::new(id))
        );
        proxied.serves(100).await;
    }
    assert_eq!(rows_of::<Entry>(&*proxied.direct()).await, 5);
    Ok(())
}

/// When COMMIT itself is lost, the outcome is unknown as well; here nothing was committed and nothing stays
/// locked.
pub(crate) async fn a_lost_commit(databases: &Databases) -> Applicable<()> {
    let proxied = ProxiedStore::new(databases).await?;
    for id in 0..5 {
        let tx = proxied.store.begin().await.unwrap();
        tx.insert(&Account::new(id)).await.unwrap();
        proxied.proxy.arm(Cut::Before("COMMIT"));
        fails(tx.commit().await, ErrorKind::OutcomeUnknown);
        proxied.was_cut();
        assert_eq!(proxied.direct().find::<Account>(&id).await.unwrap(), None);
        proxied.serves(100).await;
        timeout(
            Duration::from_secs(5),
            proxied.direct().insert(&Account::new(id)),
        )
        .await
        .expect("the row is still locked")
        .unwrap();
    }
    Ok(())
}

/// A closure never runs again after an outcome that is unknown: its work is done at most once.
pub(crate) async fn a_closure_runs_once(databases: &Databases) -> Applicable<()> {
    let proxied = ProxiedStore::new(databases).await?;
    proxied.direct().insert(&Account::new(1)).await.unwrap();
    for (cut, visits) in [(Cut::ReplyTo("COMMIT"), 1), (Cut::Before("COMMIT"), 1)] {
        proxied.proxy.arm(cut);
        let (outcome, runs) = add_one(&proxied.store, RetryPolicy::default()).await;
        fails(outcome, ErrorKind::OutcomeUnknown);
        proxied.was_cut();
        assert_eq!(runs, 1);
        let found = proxied.direct().get::<Account>(&1).await.unwrap();
        assert_eq!(found.visits, visits);
    }
    Ok(())
}

/// Expects a lost reply to be reported: as `OutcomeUnknown`, or as `Unavailable` if the write certainly had
/// no effect.
#[track_caller]
fn reports_loss<T: std::fmt::Debug>(outcome: Result<T>, happened: bool) {
    match outcome.map_err(|error| error.kind()) {
        Err(ErrorKind::OutcomeUnknown) => {}
        Err(ErrorKind::Unavailable) if !happened => {}
        other => panic!("a lost write (it happened: {happened}) was reported as {other:?}"),
    }
}

/// When the reply to a write outside a transaction is lost, the outcome is unknown, and the row is stored at
/// most once.
pub(crate) async fn a_lost_reply_to_an_insert(databases: &Databases) -> Applicable<()> {
    let proxied = ProxiedStore::new(databases).await?;
    let session = proxied.store.session();
    for id in 0..6 {
        // Statements may be prepared once; the reply of the execution is to be lost.
        proxied.serves(100).await;
        let row = Account {
            note: Some("cut here".to_owned()),
            ..Account::new(id)
        };
        proxied.proxy.arm(if id % 2 == 0 {
            Cut::ReplyTo("cut here")
        } else {
            Cut::Before("cut here")
        });
        let outcome = session.insert(&row).await;
        proxied.was_cut();
        sleep(Duration::from_millis(50)).await;
        let happened = proxied
            .direct()
            .find::<Account>(&id)
            .await
            .unwrap()
            .is_some();
        assert!(!happened || id % 2 == 0);
        reports_loss(outcome, happened);
    }
    Ok(())
}

/// When the reply to a batch is lost, all of the batch is stored or nothing.
pub(crate) async fn a_lost_reply_to_a_batch(databases: &Databases) -> Applicable<()> {
    const ROWS: usize = 5000;
    let proxied = ProxiedStore::new(databases).await?;
    for (cut, word) in [
        (Cut::ReplyTo("first row"), "first row"),
        (Cut::ReplyTo("last row"), "last row"),
        (Cut::Before("last row"), "last row"),
        (Cut::ReplyTo("COMMIT"), ""),
    ] {
        proxied.serves(-1).await;
        let mut rows: Vec<Entry> = (0..5000).map(|id| Entry::new(id, id)).collect();
        let marked = if word == "last row" { ROWS - 1 } else { 0 };
        rows[marked].model = format!("m {word}");
        proxied.proxy.arm(cut.clone());
        let outcome = proxied.store.session().insert_if_absent(&rows).await;
        sleep(Duration::from_millis(50)).await;
        let there = rows_of::<Entry>(&*proxied.direct()).await;
        assert!(there == 0 || there == ROWS, "{cut:?}: {there} rows");
        if proxied.proxy.is_armed() {
            // Nothing was cut: this backend sends no such word.
            outcome.unwrap();
            assert_eq!(there, ROWS);
            proxied.proxy.disarm();
        } else {
            reports_loss(outcome, there == ROWS);
        }
        proxied
            .direct()
            .delete_where::<Entry>(Filter::all())
            .await
            .unwrap();
    }
    Ok(())
}

/// A read whose reply is lost had no effect, and can be repeated.
pub(crate) async fn a_lost_read(databases: &Databases) -> Applicable<()> {
    let proxied = ProxiedStore::new(databases).await?;
    let session = proxied.store.session();
    let row = Account {
        owner: "cut here".to_owned(),
        ..Account::new(1)
    };
    proxied.direct().insert(&row).await.unwrap();
    for _ in 0..3 {
        let filter = || Account::OWNER.eq("cut here");
        assert_eq!(
            session.count(filter(), 9).await.unwrap(),
            genledger_contract::query::Count::Exactly(1)
        );
        proxied.proxy.arm(Cut::ReplyTo("cut here"));
        if let Err(error) = session.count(filter(), 9).await {
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        }
        proxied.was_cut();
    }
    Ok(())
}

/// A transaction whose connection is lost before COMMIT is rolled back, reports it, and is aborted.
pub(crate) async fn a_lost_statement(databases: &Databases) -> Applicable<()> {
    let proxied = ProxiedStore::new(databases).await?;
    for (round, cut) in (0..).zip([Cut::ReplyTo("cut here"), Cut::Before("cut here")]) {
        let tx = proxied.store.begin().await.unwrap();
        tx.insert(&Account::new(round)).await.unwrap();
        proxied.proxy.arm(cut);
        let row = Account {
            note: Some("cut here".to_owned()),
            ..Account::new(10 + round)
        };
        let error = tx.insert(&row).await.unwrap_err();
        assert_ne!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
        proxied.was_cut();
        fails(tx.find::<Account>(&round).await, ErrorKind::Aborted);
        fails(tx.commit().await, ErrorKind::Aborted);
        assert_eq!(rows_of::<Account>(&*proxied.direct()).await, 0);
        proxied.serves(100).await;
    }
    Ok(())
}

/// Connections that are lost between statements are replaced without an error.
pub(crate) async fn lost_between_statements(databases: &Databases) -> Applicable<()> {
    let proxied = ProxiedStore::new(databases).await?;
    let session = proxied.store.session();
    for id in 0..6 {
        proxied.serves(100).await;
        proxied.proxy.cut_all();
        sleep(Duration::from_millis(50)).await;
        match id % 3 {
            0 => session.insert(&Account::new(id)).await.unwrap(),
            1 => assert_eq!(session.find::<Account>(&id).await.unwrap(), None),
            _ => {
                let tx = proxied.store.begin().await.unwrap();
                tx.insert(&Account::new(id)).await.unwrap();
                tx.commit().await.unwrap();
            }
        }
    }
    assert_eq!(rows_of::<Account>(&*proxied.direct()).await, 4);
    Ok(())
}

/// A transaction whose connection is lost between its statements is rolled back.
pub(crate) async fn lost_inside_a_transaction(databases: &Databases) -> Applicable<()> {
    let proxied = ProxiedStore::new(databases).await?;
    for end in 0..3 {
        let tx = proxied.store.begin().await.unwrap();
        tx.insert(&Account::new(1)).await.unwrap();
        proxied.proxy.cut_all();
        sleep(Duration::from_millis(50)).await;
        match end {
            0 => drop(tx.commit().await.unwrap_err()),
            1 => drop(tx.rollback().await),
            _ => drop(tx),
        }
        assert_eq!(rows_of::<Account>(&*proxied.direct()).await, 0);
        proxied.serves(1).await;
    }
    Ok(())
}

/// A server that cannot be reached is `Unavailable`, in time; the store works again once the server does.
pub(crate) async fn an_unreachable_server(databases: &Databases) -> Applicable<()> {
    let proxied = ProxiedStore::new(databases).await?;
    proxied.serves(1).await;
    proxied.proxy.refuse(true);
    proxied.proxy.cut_all();
    sleep(Duration::from_millis(50)).await;
    let session = proxied.store.session();
    let in_time = async |outcome: Result<()>| drop(fails(outcome, ErrorKind::Unavailable));
    let limit = ACQUIRE_TIMEOUT + Duration::from_secs(3);
    let insert = timeout(limit, session.insert(&Account::new(1))).await;
    in_time(insert.expect("no result in time")).await;
    let begin = timeout(limit, proxied.store.begin()).await;
    in_time(begin.expect("no result in time").map(drop)).await;
    proxied.proxy.refuse(false);
    proxied.serves(1).await;
    Ok(())
}

/// Transfers whose commits are lost in every way: those reported as unknown were committed or not, those
/// reported as done were committed, and the sum is kept.
pub(crate) async fn transfers_with_lost_commits(databases: &Databases) -> Applicable<()> {
    let proxied = ProxiedStore::new(databases).await?;
    proxied
        .direct()
        .insert_many(&Account::many([1, 2]))
        .await
        .unwrap();
    let (mut done, mut unknown) = (0, 0);
    for round in 0..30 {
        match round % 3 {
            0 => proxied.proxy.arm(Cut::ReplyTo("COMMIT")),
            1 => proxied.proxy.arm(Cut::Before("COMMIT")),
            _ => {}
        }
        let outcome = proxied
            .store
            .transaction(|tx| async move {
                let take = [Account::VERSION.plus(-1), Account::VISITS.plus(1)];
                tx.update_if(&1, Filter::all(), take).await?;
                let give = [Account::VERSION.plus(1)];
                tx.update_if(&2, Filter::all(), give).await
            })
            .await;
        match outcome {
            Ok(changed) => {
                assert!(changed);
                done += 1;
            }
            outcome => {
                fails(outcome, ErrorKind::OutcomeUnknown);
                unknown += 1;
            }
        }
    }
    assert_eq!((done, unknown), (10, 20));
    let sum = AggregateQuery::over(Filter::all()).sum(Account::VERSION);
    let sum = proxied.direct().aggregate(sum).await.unwrap();
    assert_eq!(sum[0].integer(0).unwrap(), 0);
    let found = proxied.direct().get::<Account>(&1).await.unwrap();
    // Ten were done, ten more were committed and their replies lost.
    assert_eq!(found.visits, 20);
    Ok(())
}
