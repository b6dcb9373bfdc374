//! Every kind of error that a database can cause, each by a short statement.
//!
//! Others are in their topics: `UniqueViolation` and `Invalid` everywhere, `Aborted` in `poison`,
//! `SerializationFailure` in `race`, `OutcomeUnknown` in `fault`.

use genledger_contract::entity::JsonText;
use genledger_contract::{Entity, Error, ErrorKind, Filter, SessionExt};

use crate::check::{breaks, fails};
use crate::databases::Databases;
use crate::harness::Applicable;
use crate::model::{Absent, Account, Member, NarrowAccount, Specimen, TypedSpecimen};

/// Getting a row that does not exist is `NotFound`.
pub(crate) async fn not_found(databases: &Databases) {
    let session = databases.migrated().await.session();
    let error = fails(session.get::<Account>(&1).await, ErrorKind::NotFound);
    assert!(!error.is_retryable());
    assert!(error.to_string().starts_with("not found: "));
}

/// A key that is taken is `UniqueViolation`, with or without the driver's error as its source, and without
/// any value in its message.
pub(crate) async fn conflict(databases: &Databases) {
    let session = databases.migrated().await.session();
    let account = Account {
        owner: "a secret".to_owned(),
        ..Account::new(123_456_789)
    };
    session.insert(&account).await.unwrap();
    let error = fails(session.insert(&account).await, ErrorKind::UniqueViolation);
    assert!(!error.is_retryable());
    for text in [error.to_string(), error.message().to_owned()] {
        assert!(!text.contains("secret"), "{text}");
        assert!(!text.contains("123456789"), "{text}");
    }
}

/// Input that breaks a rule is `Invalid`, and lists the rule and the column.
pub(crate) async fn invalid(databases: &Databases) {
    let session = databases.migrated().await.session();
    let account = Account {
        owner: "x".repeat(33),
        ..Account::new(1)
    };
    let error = breaks(session.insert(&account).await, "too_long");
    assert_eq!(error.column(), Some("owner"));
    assert_eq!(error.table(), Some(Account::TABLE.name));
}

/// A stored value that does not fit the type of its field is `Corrupt`, with its column.
pub(crate) async fn corrupt(databases: &Databases) {
    let session = databases.migrated().await.session();
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

/// A store that was closed is `Unavailable`, for every operation.
pub(crate) async fn unavailable(databases: &Databases) {
    let database = databases.migrated().await;
    let session = database.session();
    session.insert(&Account::new(1)).await.unwrap();
    database.store.close().await;
    database.store.close().await;
    fails(session.find::<Account>(&1).await, ErrorKind::Unavailable);
    let new = database.session();
    fails(new.insert(&Account::new(2)).await, ErrorKind::Unavailable);
    fails(
        new.insert_if_absent(&Account::many([2])).await,
        ErrorKind::Unavailable,
    );
    fails(database.store.begin().await, ErrorKind::Unavailable);
    fails(
        database.store.migrate(&[databases.migrations()]).await,
        ErrorKind::Unavailable,
    );
    // Errors that need no database are still found.
    let long = Account {
        owner: "x".repeat(33),
        ..Account::new(1)
    };
    breaks(new.insert(&long).await, "too_long");
}

/// A wrong password is `Denied`.
pub(crate) async fn denied(databases: &Databases) -> Applicable<()> {
    let error = databases.denied().await?;
    assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
    Ok(())
}

/// A table that is missing is `Schema`, with its name.
pub(crate) async fn schema(databases: &Databases) {
    let session = databases.migrated().await.session();
    let error = fails(session.find::<Absent>(&1).await, ErrorKind::Schema);
    assert_eq!(error.table(), Some("suite_absent"));
    assert!(!error.is_retryable());
}

/// A transaction that has failed is `Aborted`.
pub(crate) async fn aborted(databases: &Databases) {
    let database = databases.migrated().await;
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Account::new(1)).await.unwrap();
    fails(
        tx.insert(&Account::new(1)).await,
        ErrorKind::UniqueViolation,
    );
    let error = fails(tx.commit().await, ErrorKind::Aborted);
    assert!(!error.is_retryable());
}

/// Everything that a log could print of an error: its message and its parts, and those of its sources.
fn printed(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?} {}", error.message());
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text.push_str(&format!(" {inner} {inner:?}"));
        source = inner.source();
    }
    text
}

/// No error holds a value of a row, neither in its message nor in its sources: a secret in a column never
/// reaches a log through an error.
pub(crate) async fn no_error_holds_a_value(databases: &Databases) {
    const SECRET: &str = "swordfish";
    let session = databases.migrated().await.session();
    let row = |id| Account {
        owner: SECRET.to_owned(),
        note: Some(SECRET.to_owned()),
        version: 4_711_174_711,
        percent: 99,
        ..Account::new(id)
    };
    let member = |id| Member::new(id, SECRET).with_badge(4_711_174_711);
    let specimen = Specimen::new(1).with(|row| {
        row.tenant = SECRET.to_owned();
        // Not a number, as another version expects.
        let document = format!(r#"{{"number":"{SECRET}"}}"#);
        row.values.document = JsonText::new(document).unwrap();
    });
    session.insert(&row(4_711_174_711)).await.unwrap();
    session.insert(&member(1)).await.unwrap();
    session.insert(&specimen).await.unwrap();
    let beyond = [Account::PERCENT.plus(2)];
    let wide = [Account::VERSION.plus(i64::MAX)];
    let all = Filter::<Account>::all;
    let no_badge = Member {
        badge: None,
        ..member(2)
    };
    let long = Account {
        owner: SECRET.repeat(9),
        ..Account::new(2)
    };
    let errors = [
        session.insert(&row(4_711_174_711)).await.unwrap_err(),
        session.insert(&member(2)).await.unwrap_err(),
        session.insert(&no_badge).await.unwrap_err(),
        session.insert(&specimen).await.unwrap_err(),
        session.insert_if_absent(&[no_badge]).await.unwrap_err(),
        session.update_where(all(), beyond).await.unwrap_err(),
        session.update_where(all(), wide).await.unwrap_err(),
        session.insert(&long).await.unwrap_err(),
        session
            .find::<NarrowAccount>(&4_711_174_711)
            .await
            .unwrap_err(),
        session
            .find::<TypedSpecimen>(&specimen.key())
            .await
            .unwrap_err(),
        session
            .count(Absent::VERSION.eq(4_711_174_711), 9)
            .await
            .unwrap_err(),
    ];
    for error in errors {
        let printed = printed(&error);
        for value in [SECRET, "4711174711"] {
            assert!(!printed.contains(value), "{printed}");
        }
    }
}
