//! Inserting one row, or all rows or none.

use genledger_contract::{Entity, ErrorKind, SessionExt};

use crate::ask::rows_of;
use crate::check::fails;
use crate::databases::Databases;
use crate::model::{Account, Entry, Member, Specimen};

/// A second row with the same key is a unique violation, and the first is unchanged.
pub(crate) async fn a_duplicate_conflicts(databases: &Databases) {
    let session = databases.migrated().await.session();
    let first = Account::new(1);
    session.insert(&first).await.unwrap();
    let second = Account {
        version: 9,
        ..first.clone()
    };
    let error = fails(session.insert(&second).await, ErrorKind::UniqueViolation);
    assert_eq!(error.table(), Some(Account::TABLE.name));
    fails(session.insert(&first).await, ErrorKind::UniqueViolation);
    assert_eq!(session.get::<Account>(&1).await.unwrap(), first);
}

/// A composite key is taken only by a row with the same value in every column.
pub(crate) async fn composite_keys(databases: &Databases) {
    let session = databases.migrated().await.session();
    let row = |tenant: &str, number| Specimen::new(number).with(|row| row.tenant = tenant.into());
    let rows = [row("a", 1), row("a", 2), row("b", 1), row("b", 2)];
    session.insert_many(&rows).await.unwrap();
    fails(
        session.insert(&row("b", 1)).await,
        ErrorKind::UniqueViolation,
    );
    assert!(session.delete::<Specimen>(&rows[2].key()).await.unwrap());
    assert_eq!(rows_of::<Specimen>(&*session).await, 3);
    session.insert(&row("b", 1)).await.unwrap();
    for row in &rows {
        assert_eq!(session.get::<Specimen>(&row.key()).await.unwrap(), *row);
    }
}

/// A strict batch with a key that is taken writes nothing, at any position of that key.
pub(crate) async fn all_or_nothing(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert(&Account::new(50)).await.unwrap();
    for ids in [50..60, 41..51, 45..55] {
        let batch = Account::many(ids);
        fails(
            session.insert_many(&batch).await,
            ErrorKind::UniqueViolation,
        );
        assert_eq!(rows_of::<Account>(&*session).await, 1);
    }
    session.insert_many(&Account::many(51..60)).await.unwrap();
    assert_eq!(rows_of::<Account>(&*session).await, 10);
}

/// A strict batch in which a key appears twice writes nothing.
pub(crate) async fn twice_in_a_batch(databases: &Databases) {
    let session = databases.migrated().await.session();
    let batch = Account::many([1, 2, 3, 2]);
    fails(
        session.insert_many(&batch).await,
        ErrorKind::UniqueViolation,
    );
    assert_eq!(rows_of::<Account>(&*session).await, 0);
}

/// A strict batch of more rows than fit in one statement is still all or nothing.
pub(crate) async fn all_or_nothing_in_a_large_batch(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert(&Entry::new(19_999, 0)).await.unwrap();
    let batch: Vec<Entry> = (0..20_000).map(|id| Entry::new(id, id)).collect();
    fails(
        session.insert_many(&batch).await,
        ErrorKind::UniqueViolation,
    );
    assert_eq!(rows_of::<Entry>(&*session).await, 1);
    session.insert_many(&batch[..19_999]).await.unwrap();
    assert_eq!(rows_of::<Entry>(&*session).await, 20_000);
}

/// A strict batch without rows is not an error.
pub(crate) async fn an_empty_batch(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many::<Account>(&[]).await.unwrap();
    assert_eq!(rows_of::<Account>(&*session).await, 0);
}

/// A row that collides on another unique key is a unique violation as well.
pub(crate) async fn another_unique_key(databases: &Databases) {
    let session = databases.migrated().await.session();
    session
        .insert(&Member::new(1, "ann").with_badge(7))
        .await
        .unwrap();
    let error = fails(
        session.insert(&Member::new(2, "bob").with_badge(7)).await,
        ErrorKind::UniqueViolation,
    );
    assert_eq!(error.table(), Some(Member::TABLE.name));
    fails(
        session.insert(&Member::new(2, "ann")).await,
        ErrorKind::UniqueViolation,
    );
    assert_eq!(rows_of::<Member>(&*session).await, 1);
}

/// A deleted row can be inserted again.
pub(crate) async fn again_after_a_delete(databases: &Databases) {
    let session = databases.migrated().await.session();
    for round in 0..3 {
        let member = Member {
            version: round,
            ..Member::new(1, "ann").with_badge(7)
        };
        session.insert(&member).await.unwrap();
        assert_eq!(session.get::<Member>(&1).await.unwrap(), member);
        assert!(session.delete::<Member>(&1).await.unwrap());
    }
}
