//! JSON columns, which hold any text that is valid JSON.

use genledger_contract::entity::JsonText;
use genledger_contract::query::AggregateQuery;
use genledger_contract::{Entity, ErrorKind, Filter, Query, SessionExt};

use crate::ask::rows_of;
use crate::check::{breaks, fails};
use crate::databases::Databases;
use crate::model::{OptionsColumns, Specimen, TypedSpecimen, ValuesColumns};

fn specimen(number: i64, document: &str) -> Specimen {
    Specimen::new(number).with(|row| row.values.document = JsonText::new(document).unwrap())
}

/// JSON's `null` is a value; NULL is not.
pub(crate) async fn json_null_is_a_value(databases: &Databases) {
    let session = databases.migrated().await.session();
    let value = Specimen::new(1)
        .with(|row| row.options.maybe_document = Some(JsonText::new("null").unwrap()));
    let none = Specimen::new(2);
    session
        .insert_many(&[value.clone(), none.clone()])
        .await
        .unwrap();
    assert_eq!(session.get::<Specimen>(&value.key()).await.unwrap(), value);
    assert_eq!(session.get::<Specimen>(&none.key()).await.unwrap(), none);
}

/// Text that is not JSON is refused, and so is an escaped NUL, which some databases cannot return.
pub(crate) async fn what_is_refused(databases: &Databases) {
    let session = databases.migrated().await.session();
    for text in [
        "", "{", "nul", "{a:1}", "[1,]", "'a'", "NaN", "1 2", "\"\n\"",
    ] {
        breaks(JsonText::new(text), "not_json");
    }
    breaks(
        session.insert(&specimen(1, r#"{"a":"\u0000"}"#)).await,
        "nul_character",
    );
    assert_eq!(rows_of::<Specimen>(&*session).await, 0);
}

/// Numbers beyond the range of floats survive unchanged.
pub(crate) async fn great_numbers(databases: &Databases) {
    let session = databases.migrated().await.session();
    for (number, document) in (0..).zip(["1e400", "-1e400", "1e-400", "[18446744073709551616]"]) {
        let row = specimen(number, document);
        session.insert(&row).await.unwrap();
        assert_eq!(session.get::<Specimen>(&row.key()).await.unwrap(), row);
    }
}

/// A hundred levels of nesting survive.
pub(crate) async fn deep_documents(databases: &Databases) {
    let session = databases.migrated().await.session();
    let row = specimen(1, &format!("{}{}", "[".repeat(100), "]".repeat(100)));
    session.insert(&row).await.unwrap();
    assert_eq!(session.get::<Specimen>(&row.key()).await.unwrap(), row);
}

/// A large document survives.
pub(crate) async fn large_documents(databases: &Databases) {
    let session = databases.migrated().await.session();
    let words = vec!["\"it's a \\\"word\\\" \\\\ 水 😀\""; 20_000];
    let row = specimen(1, &format!("[{}]", words.join(", ")));
    session.insert(&row).await.unwrap();
    let found = session.get::<Specimen>(&row.key()).await.unwrap();
    assert!(found == row, "a large document was changed");
}

/// JSON is replaced as a whole.
pub(crate) async fn updates(databases: &Databases) {
    let session = databases.migrated().await.session();
    let row = specimen(1, "{}");
    session.insert(&row).await.unwrap();
    let text = JsonText::new(r#"{"b":1,"a":[ 1.0 ]}"#).unwrap();
    let changes = [
        Specimen::DOCUMENT.set(&text),
        Specimen::MAYBE_DOCUMENT.set(Some(text.clone())),
    ];
    session.update_where(Filter::all(), changes).await.unwrap();
    let found = session.get::<Specimen>(&row.key()).await.unwrap();
    assert_eq!(found.values.document, text);
    assert_eq!(found.options.maybe_document, Some(text));
    let none = [Specimen::MAYBE_DOCUMENT.set(None::<JsonText>)];
    session.update_where(Filter::all(), none).await.unwrap();
    let found = session.get::<Specimen>(&row.key()).await.unwrap();
    assert_eq!(found.options.maybe_document, None);
}

/// JSON and bytes are never compared in the database: ordering and grouping by them is refused.
pub(crate) async fn never_compared(databases: &Databases) {
    let session = databases.migrated().await.session();
    for order in [Specimen::DOCUMENT.asc(), Specimen::RAW.desc()] {
        let query = Query::<Specimen>::default().order_by([order]);
        breaks(session.page(&query).await, "not_comparable");
    }
    let over = || AggregateQuery::<Specimen>::over(Filter::all());
    for query in [
        over().group_by(Specimen::DOCUMENT).count(),
        over().group_by(Specimen::RAW).count(),
        over().min(Specimen::MAYBE_DOCUMENT),
        over().max(Specimen::MAYBE_RAW),
    ] {
        breaks(session.aggregate(query).await, "not_comparable");
    }
}

/// Stored JSON that cannot be read as its type is `Corrupt`, with the table and the column.
pub(crate) async fn unreadable_documents(databases: &Databases) {
    let session = databases.migrated().await.session();
    session
        .insert(&specimen(1, r#"{"number":1}"#))
        .await
        .unwrap();
    session
        .insert(&specimen(2, r#"{"number":"1"}"#))
        .await
        .unwrap();
    let key = |number| ("acme".to_owned(), number);
    let found = session.get::<TypedSpecimen>(&key(1)).await.unwrap();
    assert_eq!(found.document.number, 1);
    let found = session.get::<TypedSpecimen>(&key(2)).await;
    let error = fails(found, ErrorKind::Corrupt);
    assert_eq!(error.table(), Some(Specimen::TABLE.name));
    assert_eq!(error.column(), Some("document"));
}
