//! SQL of the application, and the content of its errors.

use std::error::Error as _;

use genledger_contract::{Error, ErrorKind, SessionExt, Store};

use super::{Note, fails, notes};
use crate::TestServer;

pub async fn own_sql_is_part_of_the_transaction<S: TestServer>(server: S) {
    let (_database, store) = notes(server).await;
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1, "one")).await.unwrap();
    assert_eq!(S::hit(&transaction).await.unwrap(), "one");
    transaction.commit().await.unwrap();
    let note: Note = store.session().get(&1).await.unwrap();
    assert_eq!((note.hits, note.title.as_str()), (1, "one"));
}

pub async fn own_sql_that_fails_ends_the_transaction<S: TestServer>(server: S) {
    let (_database, store) = notes(server).await;
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1, "one")).await.unwrap();
    let failed = S::execute(&transaction, "SELECT no_such_column FROM notes").await;
    fails(failed, ErrorKind::Schema);
    fails(transaction.find::<Note>(&1).await, ErrorKind::Aborted);
    fails(transaction.commit().await, ErrorKind::Aborted);
    assert_eq!(store.session().find::<Note>(&1).await.unwrap(), None);
}

/// Returns the error of a title that exists already, and that of a value that is not a number.
pub async fn errors_quote_no_value<S: TestServer>(server: S) -> [Error; 2] {
    let (_database, store) = notes(server).await;
    let session = store.session();
    session.insert(&Note::new(1, "secret-1")).await.unwrap();
    let conflict = session.insert(&Note::new(2, "secret-1")).await;
    let transaction = store.begin().await.unwrap();
    let invalid = S::insert_secrets(&transaction).await;
    let errors = [
        fails(conflict, ErrorKind::UniqueViolation),
        fails(invalid, ErrorKind::Invalid),
    ];
    for error in &errors {
        let mut text = format!("{error} {error:?}");
        let mut source = error.source();
        while let Some(cause) = source {
            text += &format!(" {cause} {cause:?}");
            source = cause.source();
        }
        assert!(!text.contains("secret"), "{text}");
    }
    errors
}
