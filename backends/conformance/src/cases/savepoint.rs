//! Points inside a transaction to come back to.

use genledger_contract::{ErrorKind, Filter, Session, SessionExt};

use crate::ask::matching;
use crate::check::fails;
use crate::lab::Lab;
use crate::model::{Account, Member};

async fn ids(session: &dyn Session) -> Vec<i64> {
    let rows = matching(session, Filter::<Account>::all()).await;
    rows.iter().map(|row| row.id).collect()
}

/// Going back undoes what was done since the point, and no more.
pub(crate) async fn going_back(lab: &Lab) {
    let database = lab.database().await;
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Account::new(1)).await.unwrap();
    tx.savepoint().await.unwrap();
    tx.insert(&Account::new(2)).await.unwrap();
    tx.update_where(Filter::all(), [Account::VISITS.plus(1)])
        .await
        .unwrap();
    tx.rollback_to_savepoint().await.unwrap();
    assert_eq!(tx.get::<Account>(&1).await.unwrap(), Account::new(1));
    tx.insert(&Account::new(3)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ids(&*database.session()).await, [1, 3]);
}

/// A released point keeps what was done since, as part of what is around it.
pub(crate) async fn releasing(lab: &Lab) {
    let database = lab.database().await;
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Account::new(1)).await.unwrap();
    tx.savepoint().await.unwrap();
    tx.insert(&Account::new(2)).await.unwrap();
    tx.savepoint().await.unwrap();
    tx.insert(&Account::new(3)).await.unwrap();
    tx.release_savepoint().await.unwrap();
    assert_eq!(ids(&*tx).await, [1, 2, 3]);
    tx.rollback_to_savepoint().await.unwrap();
    assert_eq!(ids(&*tx).await, [1]);
    tx.commit().await.unwrap();
    assert_eq!(ids(&*database.session()).await, [1]);
}

/// Points nest, and each way back removes one.
pub(crate) async fn nesting(lab: &Lab) {
    let database = lab.database().await;
    let tx = database.store.begin().await.unwrap();
    for id in 0..20 {
        tx.savepoint().await.unwrap();
        tx.insert(&Account::new(id)).await.unwrap();
    }
    for left in (10..20).rev() {
        tx.rollback_to_savepoint().await.unwrap();
        assert_eq!(ids(&*tx).await, (0..left).collect::<Vec<_>>());
    }
    for _ in 0..5 {
        tx.release_savepoint().await.unwrap();
    }
    assert_eq!(ids(&*tx).await.len(), 10);
    tx.rollback_to_savepoint().await.unwrap();
    assert_eq!(ids(&*tx).await, (0..4).collect::<Vec<_>>());
    tx.commit().await.unwrap();
    assert_eq!(ids(&*database.session()).await, (0..4).collect::<Vec<_>>());
}

/// Where there is no point, going back and releasing are refused, and the transaction lives on.
pub(crate) async fn without_a_point(lab: &Lab) {
    let database = lab.database().await;
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Account::new(1)).await.unwrap();
    fails(tx.rollback_to_savepoint().await, ErrorKind::Invalid);
    fails(tx.release_savepoint().await, ErrorKind::Invalid);
    tx.savepoint().await.unwrap();
    tx.rollback_to_savepoint().await.unwrap();
    fails(tx.rollback_to_savepoint().await, ErrorKind::Invalid);
    tx.savepoint().await.unwrap();
    tx.release_savepoint().await.unwrap();
    fails(tx.release_savepoint().await, ErrorKind::Invalid);
    tx.commit().await.unwrap();
    assert_eq!(ids(&*database.session()).await, [1]);
}

/// Going back brings a dead transaction to life; nothing else does.
pub(crate) async fn reviving(lab: &Lab) {
    let database = lab.database().await;
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Account::new(1)).await.unwrap();
    tx.savepoint().await.unwrap();
    tx.insert(&Account::new(2)).await.unwrap();
    fails(tx.insert(&Account::new(1)).await, ErrorKind::Conflict);
    fails(tx.find::<Account>(&1).await, ErrorKind::Aborted);
    fails(tx.savepoint().await, ErrorKind::Aborted);
    fails(tx.release_savepoint().await, ErrorKind::Aborted);
    tx.rollback_to_savepoint().await.unwrap();
    assert_eq!(ids(&*tx).await, [1]);
    tx.insert(&Account::new(3)).await.unwrap();
    // Again, and from deeper down.
    tx.savepoint().await.unwrap();
    tx.savepoint().await.unwrap();
    fails(tx.insert(&Account::new(3)).await, ErrorKind::Conflict);
    tx.rollback_to_savepoint().await.unwrap();
    tx.insert(&Account::new(4)).await.unwrap();
    fails(tx.insert(&Account::new(4)).await, ErrorKind::Conflict);
    tx.rollback_to_savepoint().await.unwrap();
    assert_eq!(ids(&*tx).await, [1, 3]);
    tx.commit().await.unwrap();
    assert_eq!(ids(&*database.session()).await, [1, 3]);
}

/// A transaction that is dead and has no point stays dead.
pub(crate) async fn dead_without_a_point(lab: &Lab) {
    let database = lab.database().await;
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Account::new(1)).await.unwrap();
    fails(tx.insert(&Account::new(1)).await, ErrorKind::Conflict);
    let error = tx.rollback_to_savepoint().await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Aborted),
        "{error:?}"
    );
    fails(tx.commit().await, ErrorKind::Aborted);
    assert_eq!(ids(&*database.session()).await, [0_i64; 0]);
}

/// A batch that fails on a unique key after a point leaves the transaction as it was at the point.
pub(crate) async fn after_a_failed_batch(lab: &Lab) {
    let database = lab.database().await;
    let session = database.session();
    session.insert(&Member::new(1, "ann")).await.unwrap();
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Member::new(2, "bob")).await.unwrap();
    tx.savepoint().await.unwrap();
    let batch = [
        Member::new(3, "cid"),
        Member::new(2, "x"),
        Member::new(4, "ann"),
    ];
    fails(tx.insert_many(&batch).await, ErrorKind::Conflict);
    tx.rollback_to_savepoint().await.unwrap();
    tx.insert_many(&batch[..2]).await.unwrap();
    tx.commit().await.unwrap();
    let rows = matching(&*session, Filter::<Member>::all()).await;
    let logins: Vec<_> = rows.iter().filter_map(|row| row.login.as_deref()).collect();
    assert_eq!(logins, ["ann", "bob", "cid"]);
}

/// A transaction that is dropped or rolled back inside its points leaves nothing.
pub(crate) async fn left_open(lab: &Lab) {
    let database = lab.database().await;
    for round in 0..3 {
        let tx = database.store.begin().await.unwrap();
        tx.savepoint().await.unwrap();
        tx.insert(&Account::new(1)).await.unwrap();
        tx.savepoint().await.unwrap();
        match round {
            0 => drop(tx),
            1 => tx.rollback().await.unwrap(),
            _ => tx.commit().await.unwrap(),
        }
        let expected: &[i64] = if round == 2 { &[1] } else { &[] };
        assert_eq!(ids(&*database.session()).await, expected);
    }
}
