//! Transactions: atomic, and invisible until they are committed.

use std::time::Duration;

use genledger_contract::query::{AggregateQuery, ClaimQuery};
use genledger_contract::{ErrorKind, Filter, Query, SessionExt, StoreExt};
use tokio::time::sleep;

use crate::ask::{matching, rows_of};
use crate::check::fails;
use crate::databases::Databases;
use crate::harness::Applicable;
use crate::model::{Account, Entry, Job, Member};

/// Committed changes are stored, in every table that was written to.
pub(crate) async fn commit(databases: &Databases) {
    let database = databases.migrated().await;
    let session = database.session();
    session.insert_many(&Account::many([1, 2])).await.unwrap();
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Entry::new(1, 1)).await.unwrap();
    tx.insert_if_absent(&[Member::new(1, "ann"), Member::new(2, "bob")])
        .await
        .unwrap();
    assert!(
        tx.update_if(&1, Filter::all(), [Account::VISITS.plus(1)])
            .await
            .unwrap()
    );
    assert!(tx.delete::<Account>(&2).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(rows_of::<Entry>(&*session).await, 1);
    assert_eq!(rows_of::<Member>(&*session).await, 2);
    let accounts = matching(&*session, Filter::<Account>::all()).await;
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0].visits, 1);
}

/// Rolled back changes are undone in every table.
pub(crate) async fn rollback(databases: &Databases) {
    let database = databases.migrated().await;
    let session = database.session();
    session.insert_many(&Account::many([1, 2])).await.unwrap();
    for dropped in [false, true] {
        let tx = database.store.begin().await.unwrap();
        tx.insert(&Entry::new(1, 1)).await.unwrap();
        tx.update_where(Filter::all(), [Account::VISITS.plus(1)])
            .await
            .unwrap();
        tx.delete::<Account>(&2).await.unwrap();
        tx.upsert(&Account::many([1, 3]), [Account::VISITS.plus(1)])
            .await
            .unwrap();
        if dropped {
            drop(tx);
        } else {
            tx.rollback().await.unwrap();
        }
        assert_eq!(rows_of::<Entry>(&*session).await, 0);
        let accounts = matching(&*session, Filter::<Account>::all()).await;
        assert_eq!(accounts, Account::many([1, 2]));
        // The keys are free.
        session.insert(&Account::new(3)).await.unwrap();
        assert!(session.delete::<Account>(&3).await.unwrap());
    }
}

/// A transaction reads its own writes, with every statement.
pub(crate) async fn reads_its_own_writes(databases: &Databases) {
    let database = databases.migrated().await;
    database
        .session()
        .insert_many(&Account::many([1, 2]))
        .await
        .unwrap();
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Account::new(3)).await.unwrap();
    tx.update_where(Account::ID.gt(1), [Account::VISITS.plus(5)])
        .await
        .unwrap();
    tx.delete::<Account>(&1).await.unwrap();
    assert_eq!(tx.find::<Account>(&1).await.unwrap(), None);
    assert_eq!(tx.get::<Account>(&3).await.unwrap().visits, 5);
    let page = tx.page(&Query::<Account>::default()).await.unwrap();
    assert_eq!(page.items.len(), 2);
    let sum = AggregateQuery::over(Filter::all()).sum(Account::VISITS);
    assert_eq!(tx.aggregate(sum).await.unwrap()[0].integer(0).unwrap(), 10);
    fails(tx.get::<Account>(&1).await, ErrorKind::NotFound);
    tx.insert_many(&Job::many([1, 2])).await.unwrap();
    let claim = ClaimQuery::new(Job::TOKEN.is_null(), Job::TOKEN, "t1").limit(5);
    assert_eq!(tx.claim(claim).await.unwrap().rows.len(), 2);
    let claim = ClaimQuery::new(Job::TOKEN.is_null(), Job::TOKEN, "t2").limit(5);
    assert_eq!(tx.claim(claim).await.unwrap().rows.len(), 0);
    assert!(
        tx.update_if(&3, Account::VISITS.eq(5), [Account::VISITS.set(0)])
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
}

/// Uncommitted changes are invisible to other sessions: new rows, changed rows and deletions.
pub(crate) async fn invisible_before_commit(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let others = [database.store.clone(), database.second().await?];
    database
        .session()
        .insert_many(&Account::many([1, 2]))
        .await
        .unwrap();
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Account::new(3)).await.unwrap();
    tx.update_if(&1, Filter::all(), [Account::VISITS.plus(5)])
        .await
        .unwrap();
    tx.delete::<Account>(&2).await.unwrap();
    for other in &others {
        let rows = matching(&*other.session(), Filter::<Account>::all()).await;
        assert_eq!(rows, Account::many([1, 2]));
    }
    tx.commit().await.unwrap();
    for other in &others {
        let rows = matching(&*other.session(), Filter::<Account>::all()).await;
        let found: Vec<_> = rows.iter().map(|row| (row.id, row.visits)).collect();
        assert_eq!(found, [(1, 5), (3, 0)]);
    }
    Ok(())
}

/// A guard is tested on current data: an update waits for a transaction that changes its row, and
/// then sees what that transaction committed.
pub(crate) async fn guards_see_current_data(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let other = database.second().await?;
    let session = database.session();
    for (id, committed) in [(1, true), (2, false)] {
        session.insert(&Account::new(id)).await.unwrap();
        let tx = database.store.begin().await.unwrap();
        let change = || [Account::VERSION.plus(1)];
        assert!(
            tx.update_if(&id, Account::VERSION.eq(0), change())
                .await
                .unwrap()
        );
        let waiting = tokio::spawn({
            let session = other.session();
            async move {
                session
                    .update_if(&id, Account::VERSION.eq(0), [Account::VERSION.plus(1)])
                    .await
            }
        });
        sleep(Duration::from_millis(150)).await;
        if committed {
            tx.commit().await.unwrap();
        } else {
            tx.rollback().await.unwrap();
        }
        let won = waiting.await.unwrap().unwrap();
        assert_eq!(won, !committed);
        assert_eq!(session.get::<Account>(&id).await.unwrap().version, 1);
    }
    Ok(())
}

/// A transaction reads rows that other transactions committed after it began, and its guards are tested on
/// them.
pub(crate) async fn sees_what_others_committed(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    database.concurrent_writers()?;
    let session = database.session();
    session.insert_many(&Account::many([1, 2])).await.unwrap();
    let tx = database.store.begin().await.unwrap();
    assert_eq!(tx.get::<Account>(&1).await.unwrap().version, 0);
    session
        .update_where(Account::ID.eq(1), [Account::VERSION.set(7)])
        .await
        .unwrap();
    let change = || [Account::VERSION.plus(1)];
    assert!(
        !tx.update_if(&1, Account::VERSION.eq(0), change())
            .await
            .unwrap()
    );
    assert!(
        tx.update_if(&1, Account::VERSION.eq(7), change())
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    assert_eq!(session.get::<Account>(&1).await.unwrap().version, 8);
    Ok(())
}

/// Two transactions that write different rows run at the same time.
pub(crate) async fn two_at_a_time(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    database.concurrent_writers()?;
    let one = database.store.begin().await.unwrap();
    let two = database.store.begin().await.unwrap();
    one.insert(&Account::new(1)).await.unwrap();
    two.insert(&Account::new(2)).await.unwrap();
    assert_eq!(one.find::<Account>(&2).await.unwrap(), None);
    two.commit().await.unwrap();
    one.commit().await.unwrap();
    assert_eq!(rows_of::<Account>(&*database.session()).await, 2);
    Ok(())
}

/// A rolled back batch of more rows than fit in one statement leaves no row.
pub(crate) async fn a_large_batch_is_undone(databases: &Databases) {
    let database = databases.migrated().await;
    let tx = database.store.begin().await.unwrap();
    let rows: Vec<Entry> = (0..20_000).map(|id| Entry::new(id, id)).collect();
    tx.insert_if_absent(&rows).await.unwrap();
    let found = tx.find::<Entry>(&19_999).await.unwrap();
    assert_eq!(found, Some(Entry::new(19_999, 19_999)));
    tx.rollback().await.unwrap();
    assert_eq!(rows_of::<Entry>(&*database.session()).await, 0);
}

/// Transactions that only read, or do nothing, can end any number of times without an effect.
pub(crate) async fn empty_ones(databases: &Databases) {
    let database = databases.migrated().await;
    for round in 0..60 {
        let tx = database.store.begin().await.unwrap();
        if round % 2 == 0 {
            assert_eq!(tx.find::<Account>(&1).await.unwrap(), None);
        }
        match round % 3 {
            0 => tx.commit().await.unwrap(),
            1 => tx.rollback().await.unwrap(),
            _ => drop(tx),
        }
    }
    let store = &database.store;
    store.transaction(|_| async { Ok(()) }).await.unwrap();
    database.session().insert(&Account::new(1)).await.unwrap();
}
