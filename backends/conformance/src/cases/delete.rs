//! Deleting rows.

use genledger_contract::{Filter, SessionExt};

use crate::ask::matching;
use crate::databases::Databases;
use crate::model::{Account, Entry};

/// Deleting by key returns whether there was a row.
pub(crate) async fn by_key(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Account::many([1, 2])).await.unwrap();
    assert!(session.delete::<Account>(&1).await.unwrap());
    assert!(!session.delete::<Account>(&1).await.unwrap());
    assert!(!session.delete::<Account>(&3).await.unwrap());
    let rows = matching(&*session, Filter::<Account>::all()).await;
    assert_eq!(rows, [Account::new(2)]);
}

/// Deleting by a filter returns the number of rows, and keeps the others.
pub(crate) async fn by_filter(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Account::many(0..10)).await.unwrap();
    let delete = async |filter| session.delete_where::<Account>(filter).await.unwrap();
    assert_eq!(delete(Filter::none()).await, 0);
    assert_eq!(delete(Account::ID.lt(3) | Account::ID.eq(7)).await, 4);
    assert_eq!(delete(Account::ID.lt(3)).await, 0);
    // Unknown is not true.
    assert_eq!(delete(Account::BONUS.eq(1)).await, 0);
    assert_eq!(delete(!Account::BONUS.eq(1)).await, 0);
    assert_eq!(delete(Filter::all()).await, 6);
    assert_eq!(delete(Filter::all()).await, 0);
}

/// Rows of an append-only table can be deleted when they expire.
pub(crate) async fn from_an_append_only_table(databases: &Databases) {
    let session = databases.migrated().await.session();
    let rows: Vec<Entry> = (0..10).map(|id| Entry::new(id, id * 100)).collect();
    session.insert_many(&rows).await.unwrap();
    let old = Entry::CREATED_AT.lt(crate::ask::at(500, 0));
    assert_eq!(session.delete_where(old).await.unwrap(), 5);
    assert_eq!(matching(&*session, Filter::<Entry>::all()).await, rows[5..]);
}
