//! Transactions that take effect once.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use genledger_contract::store::Once;
use genledger_contract::{ErrorKind, Session, SessionExt, StoreExt};

use crate::check::fails;
use crate::databases::Databases;
use crate::flaky::{FailurePoint, Flaky};
use crate::model::{Account, Entry};

async fn visits(session: &Arc<dyn Session>) -> i32 {
    session.get::<Account>(&1).await.unwrap().visits
}

/// The second call with the same operation does nothing; another operation with its key is refused.
pub(crate) async fn a_second_call(databases: &Databases) {
    let database = databases.migrated().await;
    let session = database.session();
    session.insert(&Account::new(1)).await.unwrap();
    let add = async |operation: Entry| {
        let store = &database.store;
        store
            .transaction_once(&operation, |tx| async move {
                tx.update_if(&1, Account::VISITS.ge(0), [Account::VISITS.plus(1)])
                    .await
            })
            .await
    };
    assert_eq!(add(Entry::new(1, 1)).await.unwrap(), Once::Now(true));
    assert_eq!(add(Entry::new(1, 1)).await.unwrap(), Once::Before);
    fails(add(Entry::new(1, 2)).await, ErrorKind::UniqueViolation);
    assert_eq!(add(Entry::new(2, 1)).await.unwrap(), Once::Now(true));
    assert_eq!(visits(&session).await, 2);
}

/// A commit whose outcome is unknown is resolved by the operation: the work takes effect once, whether the
/// commit happened or not.
pub(crate) async fn after_an_unknown_commit(databases: &Databases) {
    for place in [FailurePoint::BeforeCommit, FailurePoint::AfterCommit] {
        let database = databases.migrated().await;
        database.session().insert(&Account::new(1)).await.unwrap();
        let inner = Arc::clone(&database.store);
        let flaky = Flaky::new(inner, place, ErrorKind::OutcomeUnknown, 2);
        let operation = Entry::new(1, 1);
        let outcome = flaky
            .transaction_once(&operation, |tx| async move {
                tx.update_if(&1, Account::VISITS.ge(0), [Account::VISITS.plus(1)])
                    .await
            })
            .await;
        let expected = if place == FailurePoint::BeforeCommit {
            Once::Now(true)
        } else {
            Once::Before
        };
        assert_eq!(outcome.unwrap(), expected, "{place:?}");
        assert!(flaky.begun.load(Ordering::SeqCst) > 1);
        assert_eq!(visits(&database.session()).await, 1, "{place:?}");
    }
}
