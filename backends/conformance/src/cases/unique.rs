//! Unique keys that hold only among live rows.

use genledger_contract::{Entity, ErrorKind, Filter, Result, Session, SessionExt};

use crate::ask::rows_of;
use crate::check::fails;
use crate::databases::Databases;
use crate::model::{Account, Member, Specimen};

async fn delete_softly(session: &dyn Session, id: i64) -> bool {
    session
        .update_if(
            &id,
            Member::DELETED.eq(false),
            [Member::DELETED.set(true), Member::VERSION.plus(1)],
        )
        .await
        .unwrap()
}

/// A login is free again once its member is softly deleted, any number of times.
pub(crate) async fn free_after_a_soft_delete(databases: &Databases) {
    let session = databases.migrated().await.session();
    for id in 1..=4 {
        session.insert(&Member::new(id, "ann")).await.unwrap();
        fails(
            session.insert(&Member::new(100, "ann")).await,
            ErrorKind::UniqueViolation,
        );
        assert!(delete_softly(&*session, id).await);
        assert!(!delete_softly(&*session, id).await);
    }
    assert_eq!(rows_of::<Member>(&*session).await, 4);
}

/// The error of a taken key names the table and the first column of the key.
pub(crate) async fn the_taken_key_is_named(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert(&Account::new(1)).await.unwrap();
    let member = Member::new(1, "ann").with_badge(7);
    session.insert(&member).await.unwrap();
    let named = |error: Result<()>| {
        let error = fails(error, ErrorKind::UniqueViolation);
        assert_eq!(error.message(), "a unique key is taken");
        let table = error.table().map(str::to_owned);
        (table, error.column().map(str::to_owned))
    };
    let of = |table: &str, column: &str| (Some(table.to_owned()), Some(column.to_owned()));
    let account = of(Account::TABLE.name, "id");
    assert_eq!(named(session.insert(&Account::new(1)).await), account);
    let batch = Account::many([2, 1]);
    assert_eq!(named(session.insert_many(&batch).await), account);
    let taken = session.insert(&Member::new(1, "eve")).await;
    assert_eq!(named(taken), of(Member::TABLE.name, "id"));
    let taken = session.insert(&Member::new(2, "ann")).await;
    assert_eq!(named(taken), of(Member::TABLE.name, "tenant"));
    let badge = of(Member::TABLE.name, "badge");
    let taken = Member::new(2, "eve").with_badge(7);
    assert_eq!(named(session.insert(&taken).await), badge);
    let kept = session.insert_if_absent(std::slice::from_ref(&taken)).await;
    assert_eq!(named(kept.map(drop)), badge);
    session.insert(&Member::new(3, "eve")).await.unwrap();
    let update = session.update_if(&3, Filter::all(), [Member::BADGE.set(Some(7))]);
    assert_eq!(named(update.await.map(drop)), badge);
}

/// Rows that are inserted as deleted collide with no other row.
pub(crate) async fn deleted_rows_do_not_count(databases: &Databases) {
    let session = databases.migrated().await.session();
    let rows = [
        Member::new(1, "ann").deleted(),
        Member::new(2, "ann"),
        Member::new(3, "ann").deleted(),
    ];
    session.insert_many(&rows).await.unwrap();
    fails(
        session.insert(&Member::new(4, "ann")).await,
        ErrorKind::UniqueViolation,
    );
}

/// A deleted row can be restored only while no other row has its key.
pub(crate) async fn a_restored_row_may_conflict(databases: &Databases) {
    let session = databases.migrated().await.session();
    let rows = [Member::new(1, "ann").deleted(), Member::new(2, "ann")];
    session.insert_many(&rows).await.unwrap();
    let restore = || [Member::DELETED.set(false)];
    fails(
        session.update_if(&1, Filter::all(), restore()).await,
        ErrorKind::UniqueViolation,
    );
    assert!(delete_softly(&*session, 2).await);
    assert!(
        session
            .update_if(&1, Filter::all(), restore())
            .await
            .unwrap()
    );
}

/// A key of several columns is taken only by a row with the same value in all of them, and not by one with NULL.
pub(crate) async fn of_several_columns(databases: &Databases) {
    let session = databases.migrated().await.session();
    let elsewhere = Member {
        tenant: "other".to_owned(),
        ..Member::new(2, "ann")
    };
    let nameless = |id| Member {
        login: None,
        ..Member::new(id, "")
    };
    session
        .insert_many(&[Member::new(1, "ann"), elsewhere, nameless(3), nameless(4)])
        .await
        .unwrap();
    let moved = session
        .update_if(&2, Filter::all(), [Member::TENANT.set("acme")])
        .await;
    fails(moved, ErrorKind::UniqueViolation);
}

/// A unique key that is not live-only applies to deleted rows, too.
pub(crate) async fn an_ordinary_key_counts_deleted_rows(databases: &Databases) {
    let session = databases.migrated().await.session();
    session
        .insert(&Member::new(1, "ann").with_badge(1).deleted())
        .await
        .unwrap();
    fails(
        session.insert(&Member::new(2, "bob").with_badge(1)).await,
        ErrorKind::UniqueViolation,
    );
}

/// A key of one column, in a table with a composite primary key.
pub(crate) async fn beside_a_composite_key(databases: &Databases) {
    let session = databases.migrated().await.session();
    let row = |number, deleted| {
        Specimen::new(number).with(|row| {
            row.label = Some("label".to_owned());
            row.deleted = deleted;
        })
    };
    session
        .insert_many(&[row(1, false), row(2, true), row(3, true)])
        .await
        .unwrap();
    fails(
        session.insert(&row(4, false)).await,
        ErrorKind::UniqueViolation,
    );
    session
        .update_where(Specimen::NUMBER.eq(1), [Specimen::DELETED.set(true)])
        .await
        .unwrap();
    session.insert(&row(4, false)).await.unwrap();
}
