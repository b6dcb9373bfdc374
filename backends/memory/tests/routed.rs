//! A store that consists of two: each statement is executed on the store that has its table, and a
//! transaction runs on a single store.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::Arc;

use genledger_contract::store::RoutedStore;
use genledger_contract::{
    Entity, ErrorKind, Filter, MigrationSet, Query, Result, Session, SessionExt, Store, StoreExt,
};
use genledger_memory::MemoryStore;

/// An account, in the main store.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "accounts", key(id))]
struct Account {
    /// Its number.
    id: i64,
    /// In cents.
    cents: i64,
}

/// A log, in a separate store.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "logs", key(id))]
struct Log {
    /// Its number.
    id: i64,
}

const ACCOUNTS: MigrationSet = MigrationSet::of("accounts", &[Account::TABLE]);
const LOGS: MigrationSet = MigrationSet::of("logs", &[Log::TABLE]);

struct Three {
    main: MemoryStore,
    logs: MemoryStore,
    both: RoutedStore,
}

async fn three() -> Three {
    let (main, logs) = (MemoryStore::new(), MemoryStore::new());
    let both = RoutedStore::new(Arc::new(main.clone()));
    let both = both.route(&[Log::TABLE], Arc::new(logs.clone()));
    let report = both.migrate(&[LOGS, ACCOUNTS]).await.unwrap();
    assert_eq!(report.applied, ["accounts/accounts", "logs/logs"]);
    Three { main, logs, both }
}

async fn count<E: Entity>(store: &dyn Store) -> Result<usize> {
    let page = store
        .session()
        .page(&Query::<E>::matching(Filter::all()))
        .await?;
    Ok(page.items.len())
}

fn account(id: i64) -> Account {
    Account { id, cents: 0 }
}

#[tokio::test]
async fn each_table_is_in_its_store() {
    let Three { main, logs, both } = three().await;
    both.session().insert(&account(1)).await.unwrap();
    both.session().insert(&Log { id: 1 }).await.unwrap();
    assert_eq!(count::<Account>(&main).await.unwrap(), 1);
    assert_eq!(count::<Log>(&logs).await.unwrap(), 1);
    assert_eq!(count::<Log>(&both).await.unwrap(), 1);
    // The main store does not have the table.
    let error = count::<Log>(&main).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    let tables = [Log::TABLE, Account::TABLE];
    assert_eq!(both.verify_schema(&tables).await.unwrap(), []);
}

#[tokio::test]
async fn a_transaction_is_one_of_a_single_store() {
    let Three { main, logs, both } = three().await;
    let tx = both.begin().await.unwrap();
    tx.insert(&account(1)).await.unwrap();
    for error in [
        tx.insert(&Log { id: 1 }).await.unwrap_err(),
        tx.find::<Log>(&1).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.table(), Some("logs"));
    }
    // The transaction continues.
    tx.insert(&account(2)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count::<Account>(&main).await.unwrap(), 2);
    assert_eq!(count::<Log>(&logs).await.unwrap(), 0);
}

#[tokio::test]
async fn the_first_statement_decides_also_in_nested_transactions() {
    let Three { main, logs, both } = three().await;
    let outer = both.begin().await.unwrap();
    let dropped = outer.begin().await.unwrap();
    drop(dropped);
    let middle = outer.begin().await.unwrap();
    let inner = middle.begin().await.unwrap();
    inner.insert(&Log { id: 1 }).await.unwrap();
    inner.rollback().await.unwrap();
    middle.insert(&Log { id: 2 }).await.unwrap();
    middle.commit().await.unwrap();
    let error = outer.insert(&account(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    outer.commit().await.unwrap();
    let logs = logs.session();
    assert_eq!(logs.find::<Log>(&1).await.unwrap(), None);
    assert_eq!(logs.find::<Log>(&2).await.unwrap(), Some(Log { id: 2 }));
    assert_eq!(count::<Account>(&main).await.unwrap(), 0);
}

#[tokio::test]
async fn a_transaction_without_statements_reaches_no_store() {
    let Three { main, logs, both } = three().await;
    main.close().await;
    logs.close().await;
    both.begin().await.unwrap().commit().await.unwrap();
    both.begin().await.unwrap().rollback().await.unwrap();
    let tx = both.begin().await.unwrap();
    tx.begin().await.unwrap().commit().await.unwrap();
    // The first statement is the one that needs a store.
    let error = tx.insert(&account(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(tx.commit().await.unwrap_err().kind(), ErrorKind::Aborted);
}

#[tokio::test]
async fn what_fails_is_undone_in_its_store() {
    let Three { main, both, .. } = three().await;
    let failed: Result<()> = both
        .transaction(|tx| async move {
            tx.insert(&account(1)).await?;
            tx.insert(&Log { id: 1 }).await
        })
        .await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(count::<Account>(&main).await.unwrap(), 0);
    let deleted = both.session().delete_where::<Log>(Filter::all()).await;
    assert_eq!(deleted.unwrap(), 0);
}

#[tokio::test]
async fn a_set_is_in_one_database() {
    const BOTH: MigrationSet = MigrationSet::of("both", &[Account::TABLE, Log::TABLE]);
    let (main, logs) = (MemoryStore::new(), MemoryStore::new());
    let both = RoutedStore::new(Arc::new(main.clone())).route(&[Log::TABLE], Arc::new(logs));
    let error = both.migrate(&[BOTH]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let error = count::<Account>(&main).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
}
