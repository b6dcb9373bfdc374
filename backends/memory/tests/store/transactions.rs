//! Nested transactions, errors that end them, and the rows that a transaction sees.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use genledger_contract::statement::{Predicate, Select};
use genledger_contract::{Entity, Error, ErrorKind, Session, SessionExt, Store, StoreExt};

use crate::model::{Account, Note, store};

#[tokio::test]
async fn transactions_nest() {
    let store = store().await;
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1)).await.unwrap();
    let outer = transaction.begin().await.unwrap();
    outer.insert(&Note::new(2)).await.unwrap();
    let inner = outer.begin().await.unwrap();
    inner.insert(&Note::new(3)).await.unwrap();
    inner.insert(&Note::new(1)).await.unwrap_err();
    let error = inner.begin().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Aborted);
    inner.rollback().await.unwrap();
    assert!(outer.find::<Note>(&3).await.unwrap().is_none());
    assert!(outer.find::<Note>(&2).await.unwrap().is_some());
    outer.insert(&Note::new(4)).await.unwrap();
    outer.commit().await.unwrap();
    transaction.commit().await.unwrap();
    let session = store.session();
    for (id, exists) in [(1, true), (2, true), (3, false), (4, true)] {
        assert_eq!(session.find::<Note>(&id).await.unwrap().is_some(), exists);
    }
}

#[tokio::test]
async fn a_failed_transaction_refuses_everything_first() {
    let store = store().await;
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1)).await.unwrap();
    transaction.insert(&Note::new(1)).await.unwrap_err();
    let nothing = transaction.insert_if_absent::<Note>(&[]).await.unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::Aborted);
    let mut invalid = Select::all_columns(Note::TABLE, Predicate::True);
    invalid.columns.clear();
    let invalid = transaction
        .select(invalid, Box::new(|_| Ok(())))
        .await
        .unwrap_err();
    assert_eq!(invalid.kind(), ErrorKind::Aborted);
}

#[tokio::test]
async fn an_error_of_the_visitor_is_not_one_of_the_database() {
    let store = store().await;
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1)).await.unwrap();
    let select = Select::all_columns(Note::TABLE, Predicate::True);
    let error = transaction
        .select(select, Box::new(|_| Err(Error::corrupt("unreadable"))))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn a_visitor_that_panics_ends_the_transaction() {
    let store = store().await;
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1)).await.unwrap();
    let select = Select::all_columns(Note::TABLE, Predicate::True);
    let reading = transaction.select(select, Box::new(|_| panic!("a bug")));
    assert!(AssertUnwindSafe(reading).catch_unwind().await.is_err());
    let error = transaction.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Aborted);
    assert!(store.session().find::<Note>(&1).await.unwrap().is_none());
}

#[tokio::test]
async fn a_thousand_transactions_of_many_tasks_add_up() {
    let store: Arc<dyn Store> = Arc::new(store().await);
    store
        .session()
        .insert(&Account::new("eu", 1))
        .await
        .unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|task| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for round in 0..50 {
                    store
                        .transaction(|tx| async move {
                            let key = ("eu".to_owned(), 1);
                            let seen: Account = tx.get(&key).await?;
                            tx.insert(&Note::new(task * 50 + round)).await?;
                            let counted = tx
                                .update_if(
                                    &key,
                                    Account::SMALL.ge(seen.small),
                                    [Account::SMALL.plus(1)],
                                )
                                .await?;
                            assert!(counted);
                            Ok(())
                        })
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let session = store.session();
    let account: Account = session.get(&("eu".to_owned(), 1)).await.unwrap();
    assert_eq!(account.small, 1000);
}
