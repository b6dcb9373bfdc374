//! Streams of entities.

use futures_util::{StreamExt, TryStreamExt};
use genledger_contract::{Entity, ErrorKind, Query, SessionExt, StoreExt};

use crate::ask::rows_of;
use crate::check::fails;
use crate::databases::Databases;
use crate::harness::Applicable;
use crate::model::{Account, Entry};

fn newest_first(size: u32) -> Query<Entry> {
    Query::default()
        .order_by([Entry::CREATED_AT.desc(), Entry::ID.desc()])
        .page_size(size)
}

/// A stream has every row of its query once, in order.
pub(crate) async fn the_whole_table(databases: &Databases) {
    let database = databases.migrated().await;
    let rows: Vec<Entry> = (0..2500).map(|id| Entry::new(id, id / 9)).collect();
    database.session().insert_many(&rows).await.unwrap();
    for size in [7, 1000] {
        let stream = database.store.stream(newest_first(size));
        let read: Vec<Entry> = stream.try_collect().await.unwrap();
        assert!(read.iter().eq(rows.iter().rev()));
    }
}

/// A stream that is dropped half-way leaves a store with one connection usable, and no connection
/// is held between its rows.
pub(crate) async fn dropped_half_way(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let rows: Vec<Entry> = (0..50).map(|id| Entry::new(id, id)).collect();
    database.session().insert_many(&rows).await.unwrap();
    let store = database.one_connection().await?;
    for taken in [1, 3, 4, 5] {
        let mut stream = store.stream(newest_first(4));
        for expected in rows.iter().rev().take(taken) {
            assert_eq!(stream.next().await.unwrap().unwrap(), *expected);
            // In the middle of the stream as well.
            assert_eq!(rows_of::<Entry>(&*store.session()).await, 50);
        }
    }
    store.session().insert(&Account::new(1)).await.unwrap();
    Ok(())
}

/// A stream of an invalid query, or of a closed store, yields one error and ends.
pub(crate) async fn an_error_ends_it(databases: &Databases) {
    let database = databases.migrated().await;
    let mut stream = database.store.stream(newest_first(0));
    fails(stream.next().await.unwrap(), ErrorKind::Invalid);
    assert!(stream.next().await.is_none());
    let rows: Vec<Entry> = (0..10).map(|id| Entry::new(id, id)).collect();
    database.session().insert_many(&rows).await.unwrap();
    let mut stream = database.store.stream(newest_first(2));
    assert_eq!(stream.next().await.unwrap().unwrap().key(), 9);
    database.store.close().await;
    assert_eq!(stream.next().await.unwrap().unwrap().key(), 8);
    fails(stream.next().await.unwrap(), ErrorKind::Unavailable);
    assert!(stream.next().await.is_none());
}
