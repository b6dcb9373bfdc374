//! Errors that end a transaction, and errors that do not.

use genledger_contract::query::{AggregateQuery, ClaimQuery};
use genledger_contract::{Cursor, ErrorKind, Filter, Query, Session, SessionExt, Transaction};

use crate::ask::rows_of;
use crate::check::{breaks, fails};
use crate::databases::{Database, Databases};
use crate::harness::Applicable;
use crate::model::{Absent, Account, Entry, Job, Member, NarrowAccount};

/// A transaction that has inserted account 1.
async fn begun(database: &Database) -> Transaction {
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Account::new(1)).await.unwrap();
    tx
}

/// Expects every statement of the transaction and its commit to be aborted, and nothing of it to be stored.
async fn is_aborted(database: &Database, tx: Transaction) {
    use ErrorKind::Aborted;
    fails(tx.find::<Account>(&1).await, Aborted);
    fails(tx.insert(&Account::new(2)).await, Aborted);
    fails(tx.insert_if_absent(&Account::many([2])).await, Aborted);
    let change = || [Account::VISITS.plus(1)];
    fails(tx.upsert(&Account::many([2]), change()).await, Aborted);
    fails(tx.update_where(Filter::all(), change()).await, Aborted);
    fails(tx.delete::<Account>(&1).await, Aborted);
    fails(tx.count(Filter::<Account>::all(), 9).await, Aborted);
    let sum = AggregateQuery::over(Filter::all()).sum(Account::VISITS);
    fails(tx.aggregate(sum).await, Aborted);
    let claim = ClaimQuery::new(Job::TOKEN.is_null(), Job::TOKEN, "t");
    fails(tx.claim(claim).await.map(drop), Aborted);
    fails(tx.begin().await.map(drop), Aborted);
    fails(tx.commit().await, Aborted);
    assert_eq!(rows_of::<Account>(&*database.session()).await, 0);
}

/// After a duplicate key every statement and the commit return `Aborted`, and nothing is stored.
pub(crate) async fn by_a_duplicate(databases: &Databases) {
    let database = databases.migrated().await;
    let tx = begun(&database).await;
    fails(
        tx.insert(&Account::new(1)).await,
        ErrorKind::UniqueViolation,
    );
    is_aborted(&database, tx).await;
    let tx = begun(&database).await;
    fails(
        tx.insert_many(&Account::many([2, 1])).await,
        ErrorKind::UniqueViolation,
    );
    is_aborted(&database, tx).await;
}

/// A collision on another unique key ends a transaction as well, in every statement that writes.
pub(crate) async fn by_another_unique_key(databases: &Databases) {
    let database = databases.migrated().await;
    let stored = [
        Member::new(1, "ann").with_badge(1),
        Member::new(2, "bob").with_badge(2),
    ];
    database.session().insert_many(&stored).await.unwrap();
    let batch = [Member::new(3, "cid"), Member::new(4, "ann")];
    let tx = begun(&database).await;
    fails(
        tx.insert_if_absent(&batch).await,
        ErrorKind::UniqueViolation,
    );
    is_aborted(&database, tx).await;
    let tx = begun(&database).await;
    let change = [Member::BADGE.set(1)];
    fails(
        tx.update_if(&2, Filter::all(), change).await,
        ErrorKind::UniqueViolation,
    );
    is_aborted(&database, tx).await;
    assert_eq!(rows_of::<Member>(&*database.session()).await, 2);
}

/// A table that does not exist ends a transaction.
pub(crate) async fn by_a_missing_table(databases: &Databases) {
    let database = databases.migrated().await;
    let tx = begun(&database).await;
    fails(tx.find::<Absent>(&1).await, ErrorKind::Schema);
    is_aborted(&database, tx).await;
}

/// An addition that overflows ends a transaction.
pub(crate) async fn by_an_overflow(databases: &Databases) {
    let database = databases.migrated().await;
    let tx = begun(&database).await;
    let most = [Account::VERSION.set(i64::MAX)];
    tx.update_where(Filter::all(), most).await.unwrap();
    let beyond = [Account::VERSION.plus(1)];
    fails(
        tx.update_where(Filter::all(), beyond).await,
        ErrorKind::Invalid,
    );
    is_aborted(&database, tx).await;
}

/// A failed transaction is rolled back like any other.
pub(crate) async fn a_failed_one_is_rolled_back(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let tx = begun(&database).await;
    fails(
        tx.insert(&Account::new(1)).await,
        ErrorKind::UniqueViolation,
    );
    tx.rollback().await.unwrap();
    let store = database.one_connection().await?;
    for _ in 0..3 {
        let tx = store.begin().await.unwrap();
        tx.insert(&Account::new(1)).await.unwrap();
        fails(
            tx.insert(&Account::new(1)).await,
            ErrorKind::UniqueViolation,
        );
        drop(tx);
        assert_eq!(rows_of::<Account>(&*store.session()).await, 0);
    }
    Ok(())
}

/// A statement that is refused before it is sent does not end a transaction.
pub(crate) async fn not_by_what_was_never_sent(databases: &Databases) {
    let database = databases.migrated().await;
    let tx = begun(&database).await;
    let long = Account {
        owner: "x".repeat(33),
        ..Account::new(2)
    };
    breaks(tx.insert(&long).await, "too_long");
    breaks(
        tx.insert_if_absent(&[Account::new(3), long]).await,
        "too_long",
    );
    breaks(tx.update_where::<Account>(Filter::all(), []).await, "empty");
    breaks(
        tx.upsert(&Account::many([4, 4]), [Account::VISITS.inserted()])
            .await,
        "duplicate_key",
    );
    let page = Query::<Account>::default().page_size(0);
    breaks(tx.page(&page).await, "out_of_range");
    let page = Query::<Account>::default().after(Cursor::from("x".to_owned()));
    breaks(tx.page(&page).await, "malformed");
    breaks(
        tx.delete_where(Account::OWNER.eq("\0")).await,
        "nul_character",
    );
    breaks(
        tx.aggregate(AggregateQuery::over(Filter::all()).sum(Account::NOTE))
            .await,
        "not_a_number",
    );
    let claim = ClaimQuery::new(Job::TOKEN.is_null(), Job::TOKEN, "t").limit(0);
    breaks(tx.claim(claim).await.map(drop), "out_of_range");
    tx.commit().await.unwrap();
    assert_eq!(rows_of::<Account>(&*database.session()).await, 1);
}

/// A guard that does not hold, a missing row and rows that are present already do not end a transaction.
pub(crate) async fn not_by_nothing_found(databases: &Databases) {
    let database = databases.migrated().await;
    let tx = begun(&database).await;
    let change = || [Account::VISITS.plus(1)];
    assert!(
        !tx.update_if(&1, Account::VERSION.eq(9), change())
            .await
            .unwrap()
    );
    assert!(!tx.update_if(&9, Filter::all(), change()).await.unwrap());
    assert!(!tx.delete::<Account>(&9).await.unwrap());
    fails(tx.get::<Account>(&9).await, ErrorKind::NotFound);
    let present = Account {
        visits: 7,
        ..Account::new(1)
    };
    tx.insert_if_absent(&[Account::new(1), present])
        .await
        .unwrap();
    tx.insert(&Entry::new(1, 1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(rows_of::<Account>(&*database.session()).await, 1);
}

/// A row that cannot be read does not end a transaction.
pub(crate) async fn not_by_an_unreadable_row(databases: &Databases) {
    let database = databases.migrated().await;
    let tx = begun(&database).await;
    let wide = [Account::VERSION.set(i64::MAX)];
    tx.update_where(Filter::all(), wide).await.unwrap();
    fails(tx.find::<NarrowAccount>(&1).await, ErrorKind::Corrupt);
    assert_eq!(tx.get::<Account>(&1).await.unwrap().version, i64::MAX);
    tx.commit().await.unwrap();
    assert_eq!(rows_of::<Account>(&*database.session()).await, 1);
}
