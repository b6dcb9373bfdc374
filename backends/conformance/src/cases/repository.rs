//! Repositories.

use std::sync::Arc;

use genledger_contract::query::{AggregateQuery, Count};
use genledger_contract::store::StoreRepository;
use genledger_contract::{ErrorKind, Filter, Query, Repository, RowOutcome, StoreExt};

use crate::check::{breaks, fails};
use crate::databases::Databases;
use crate::model::{Account, Entry, Versioned};

/// Every operation through `Arc<dyn Repository>`.
pub(crate) async fn behind_dyn(databases: &Databases) {
    let database = databases.migrated().await;
    let accounts: Arc<dyn Repository<Account>> = Arc::new(database.store.repository());
    accounts.insert(&Account::new(1)).await.unwrap();
    let outcomes = accounts
        .insert_if_absent(&Account::many([1, 2]))
        .await
        .unwrap();
    assert_eq!(outcomes, [RowOutcome::Present, RowOutcome::New]);
    fails(
        accounts.insert(&Account::new(1)).await,
        ErrorKind::UniqueViolation,
    );
    let change = vec![Account::VERSION.plus(1)];
    assert!(
        accounts
            .update_if(&1, Account::VERSION.eq(0).into(), change)
            .await
            .unwrap()
    );
    let change = vec![Account::VERSION.plus(1)];
    assert!(
        !accounts
            .update_if(&1, Account::VERSION.eq(0).into(), change)
            .await
            .unwrap()
    );
    assert_eq!(accounts.get(&1).await.unwrap().version, 1);
    assert_eq!(accounts.find(&3).await.unwrap(), None);
    fails(accounts.get(&3).await, ErrorKind::NotFound);
    let page = accounts.page(&Query::default()).await.unwrap();
    assert_eq!(page.items.len(), 2);
    let count = accounts.count(Filter::all(), 100).await.unwrap();
    assert_eq!(count, Count::Exactly(2));
    let sum = AggregateQuery::over(Filter::all()).sum(Account::VERSION);
    assert_eq!(
        accounts.aggregate(sum).await.unwrap()[0]
            .integer(0)
            .unwrap(),
        1
    );
    assert!(accounts.delete(&1).await.unwrap());
    assert!(!accounts.delete(&1).await.unwrap());
}

/// Updates under a version, and updates that return the row, through `Arc<dyn Repository>`.
pub(crate) async fn versions(databases: &Databases) {
    let database = databases.migrated().await;
    let rows: Arc<dyn Repository<Versioned>> = Arc::new(database.store.repository());
    rows.insert(&Versioned::new(1)).await.unwrap();
    let read = rows.get(&1).await.unwrap();
    let stored = rows.update_version(&read).await.unwrap();
    assert_eq!(stored.version, 1);
    let rename = vec![Versioned::NAME.set("renamed")];
    let current = || Versioned::VERSION.eq(1);
    let renamed = rows.update_returning(&1, current(), rename.clone()).await;
    let renamed = renamed.unwrap().unwrap();
    assert_eq!((renamed.version, renamed.name.as_str()), (2, "renamed"));
    let lost = rows.update_returning(&1, current(), rename).await.unwrap();
    assert_eq!(lost, None);
    fails(
        rows.update_version(&stored).await,
        ErrorKind::VersionConflict,
    );
    fails(
        rows.update_version(&Versioned::new(2)).await,
        ErrorKind::NotFound,
    );
}

/// A repository of a transaction takes part in it.
pub(crate) async fn inside_a_transaction(databases: &Databases) {
    let database = databases.migrated().await;
    database
        .store
        .transaction(|tx| async move {
            let accounts: StoreRepository<Account> = StoreRepository::new(Arc::new(tx));
            accounts.insert(&Account::new(1)).await?;
            accounts.clone().insert(&Account::new(2)).await
        })
        .await
        .unwrap();
    let accounts = database.store.repository::<Account>();
    assert_eq!(
        accounts.count(Filter::all(), 9).await.unwrap(),
        Count::Exactly(2)
    );
}

/// An update of an append-only table, which does not compile on a session, is refused at run time.
pub(crate) async fn refuses_updates_of_a_log(databases: &Databases) {
    let database = databases.migrated().await;
    let entries = database.store.repository::<Entry>();
    entries.insert(&Entry::new(1, 1)).await.unwrap();
    let change = vec![Entry::TOKENS.plus(1)];
    breaks(
        entries.update_if(&1, Filter::all().into(), change).await,
        "append_only",
    );
    assert_eq!(entries.get(&1).await.unwrap(), Entry::new(1, 1));
}
