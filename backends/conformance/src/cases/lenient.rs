//! One row that cannot be read does not prevent reading others.

use genledger_contract::query::ClaimQuery;
use genledger_contract::{ErrorKind, Query, Session, SessionExt};

use crate::check::fails;
use crate::databases::Databases;
use crate::model::{Account, NarrowAccount};

/// Accounts 0 to 4, of which number 2 cannot be read by a version whose integers are narrower.
async fn five(session: &dyn Session) {
    let rows: Vec<Account> = (0..5)
        .map(|id| Account {
            version: if id == 2 { i64::MAX } else { id },
            ..Account::new(id)
        })
        .collect();
    session.insert_many(&rows).await.unwrap();
}

/// A page has an error with the key in place of the row that cannot be read, and the rows after it.
pub(crate) async fn a_page(databases: &Databases) {
    let session = databases.migrated().await.session();
    five(&*session).await;
    let error = fails(
        session.page(&Query::<NarrowAccount>::default()).await,
        ErrorKind::Corrupt,
    );
    assert_eq!(
        (error.table(), error.column(), error.key()),
        (Some("suite_accounts"), Some("version"), Some("2"))
    );
    let mut query = Query::<NarrowAccount>::default().page_size(3);
    let mut seen = Vec::new();
    loop {
        let page = session.page_lenient(&query).await.unwrap();
        for row in page.items {
            seen.push(match row {
                Ok(row) => Ok(row.id),
                Err(row) => {
                    assert_eq!(row.error.kind(), ErrorKind::Corrupt);
                    Err(row.key)
                }
            });
        }
        match page.next {
            Some(cursor) => query = query.after(cursor),
            None => break,
        }
    }
    assert_eq!(seen, [Ok(0), Ok(1), Err(Some(2)), Ok(3), Ok(4)]);
}

/// A claim claims the row that cannot be read with the others, and returns it separately, so that it does not block the queue.
pub(crate) async fn a_claim(databases: &Databases) {
    let database = databases.migrated().await;
    five(&*database.session()).await;
    let query = |token: i64| {
        ClaimQuery::new(NarrowAccount::VISITS.eq(0), NarrowAccount::VISITS, token)
            .order_by([NarrowAccount::ID.asc()])
            .limit(3)
    };
    let session = database.session();
    let first = session.claim(query(7)).await.unwrap();
    let ids: Vec<i64> = first.rows.iter().map(|row| row.id).collect();
    assert_eq!(ids, [0, 1]);
    let keys: Vec<Option<i64>> = first.unreadable.iter().map(|row| row.key).collect();
    assert_eq!(keys, [Some(2)]);
    let tx = database.store.begin().await.unwrap();
    let second = tx.claim(query(8)).await.unwrap();
    assert_eq!(second.rows.len(), 2);
    fails(first.into_rows(), ErrorKind::Corrupt);
    tx.commit().await.unwrap();
    assert!(session.claim(query(9)).await.unwrap().rows.is_empty());
}
