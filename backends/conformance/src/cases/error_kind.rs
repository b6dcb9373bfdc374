//! Every kind of error that a database can give rise to, by the shortest way to it.
//!
//! Others stand in their topics: `Conflict` and `Invalid` everywhere, `Aborted` in `poison`,
//! `Serialization` in `race`, `OutcomeUnknown` in `fault`.

use genledger_contract::{Entity, ErrorKind, SessionExt};

use crate::check::{breaks, fails};
use crate::harness::Applicable;
use crate::lab::Lab;
use crate::model::{Absent, Account, NarrowAccount};

/// Getting a row that is not there is `NotFound`.
pub(crate) async fn not_found(lab: &Lab) {
    let session = lab.database().await.session();
    let error = fails(session.get::<Account>(&1).await, ErrorKind::NotFound);
    assert!(!error.is_retryable());
    assert!(error.to_string().starts_with("not found: "));
}

/// A key that is taken is `Conflict`, with the driver's error behind it or not, and without any
/// value in its words.
pub(crate) async fn conflict(lab: &Lab) {
    let session = lab.database().await.session();
    let account = Account {
        owner: "a secret".to_owned(),
        ..Account::new(123_456_789)
    };
    session.insert(&account).await.unwrap();
    let error = fails(session.insert(&account).await, ErrorKind::Conflict);
    assert!(!error.is_retryable());
    for words in [error.to_string(), error.message().to_owned()] {
        assert!(!words.contains("secret"), "{words}");
        assert!(!words.contains("123456789"), "{words}");
    }
}

/// Input that breaks a rule is `Invalid`, and lists the rule and the column.
pub(crate) async fn invalid(lab: &Lab) {
    let session = lab.database().await.session();
    let account = Account {
        owner: "x".repeat(33),
        ..Account::new(1)
    };
    let error = breaks(session.insert(&account).await, "too_long");
    assert_eq!(error.column(), Some("owner"));
    assert_eq!(error.table(), Some(Account::TABLE.name));
}

/// A stored value that does not fit the type of its field is `Corrupt`, with its column.
pub(crate) async fn corrupt(lab: &Lab) {
    let session = lab.database().await.session();
    let account = Account {
        version: 40_000,
        ..Account::new(1)
    };
    session.insert(&account).await.unwrap();
    let error = fails(session.find::<NarrowAccount>(&1).await, ErrorKind::Corrupt);
    assert_eq!(error.table(), Some(Account::TABLE.name));
    assert_eq!(error.column(), Some("version"));
    // A narrower integer that fits is read, and so is a wider one.
    let account = Account {
        version: -300,
        visits: 70_000,
        ..Account::new(2)
    };
    session.insert(&account).await.unwrap();
    let narrow = session.get::<NarrowAccount>(&2).await.unwrap();
    assert_eq!((narrow.version, narrow.visits), (-300, 70_000));
}

/// A store that was closed is `Unavailable`, for every way in.
pub(crate) async fn unavailable(lab: &Lab) {
    let database = lab.database().await;
    let session = database.session();
    session.insert(&Account::new(1)).await.unwrap();
    database.store.close().await;
    database.store.close().await;
    fails(session.find::<Account>(&1).await, ErrorKind::Unavailable);
    let new = database.session();
    fails(new.insert(&Account::new(2)).await, ErrorKind::Unavailable);
    fails(
        new.insert_many(&Account::many([2])).await,
        ErrorKind::Unavailable,
    );
    fails(database.store.begin().await, ErrorKind::Unavailable);
    fails(
        database.store.migrate(&lab.migrations()).await,
        ErrorKind::Unavailable,
    );
    // What can be refused without a database still is.
    let long = Account {
        owner: "x".repeat(33),
        ..Account::new(1)
    };
    breaks(new.insert(&long).await, "too_long");
}

/// A wrong password is `Denied`.
pub(crate) async fn denied(lab: &Lab) -> Applicable<()> {
    let error = lab.denied().await?;
    assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
    Ok(())
}

/// A table that is missing is `Schema`, with its name.
pub(crate) async fn schema(lab: &Lab) {
    let session = lab.database().await.session();
    let error = fails(session.find::<Absent>(&1).await, ErrorKind::Schema);
    assert_eq!(error.table(), Some("suite_absent"));
    assert!(!error.is_retryable());
}

/// A transaction that has failed is `Aborted`.
pub(crate) async fn aborted(lab: &Lab) {
    let database = lab.database().await;
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Account::new(1)).await.unwrap();
    fails(tx.insert(&Account::new(1)).await, ErrorKind::Conflict);
    let error = fails(tx.commit().await, ErrorKind::Aborted);
    assert!(!error.is_retryable());
}
