//! Values are read as they were written.

use genledger_contract::entity::JsonText;
use genledger_contract::{Entity, ErrorKind, RowOutcome, SessionExt};
use uuid::Uuid;

use crate::check::fails;
use crate::databases::Databases;
use crate::model::{Account, Specimen};

/// A row with a value of every kind is read as it was written.
pub(crate) async fn every_kind(databases: &Databases) {
    let session = databases.migrated().await.session();
    let specimen = Specimen::full(1);
    session.insert(&specimen).await.unwrap();
    let found = session.find::<Specimen>(&specimen.key()).await.unwrap();
    assert_eq!(found, Some(specimen));
}

/// A batch that is too large for one statement is read as it was written: values of every kind, NULL,
/// text with special characters of formats, and a duplicate key.
pub(crate) async fn every_kind_in_a_large_batch(databases: &Databases) {
    const ROWS: i64 = 1_100;
    let session = databases.migrated().await.session();
    let texts = [
        "\\.",
        "\\N",
        "\\x41",
        "a\tb\nc\r\u{b}",
        "'\"{}",
        "\u{1f512}",
        "",
    ];
    let mut rows: Vec<Specimen> = (0..ROWS)
        .map(|number| {
            if number % 3 == 0 {
                return Specimen::new(number);
            }
            let text = texts[usize::try_from(number).unwrap() % texts.len()];
            Specimen::full(number).with(|row| {
                row.values.flag = number % 2 == 0;
                row.values.small = i16::try_from(number - 500).unwrap();
                row.values.big = i64::MIN + number;
                row.values.amount = rust_decimal::Decimal::new(number - 500, 6);
                row.values.raw = text.bytes().chain([0, 255]).collect();
                row.values.at_six += chrono::TimeDelta::microseconds(-number);
                text.clone_into(&mut row.values.name);
                row.options.maybe_story = Some(text.repeat(100));
                row.options.maybe_long_uuid = Some(Uuid::from_u128(number.unsigned_abs().into()));
            })
        })
        .collect();
    let outcomes = session.insert_if_absent(&rows).await.unwrap();
    assert!(outcomes.iter().all(|outcome| *outcome == RowOutcome::New));
    for row in &rows {
        assert_eq!(session.get::<Specimen>(&row.key()).await.unwrap(), *row);
    }
    for row in &mut rows {
        row.number += ROWS;
        row.label = row.label.take().map(|label| format!("{label}+"));
    }
    rows.push(rows[7].clone());
    let outcomes = session.insert_if_absent(&rows).await.unwrap();
    let (last, others) = outcomes.split_last().unwrap();
    assert_eq!(*last, RowOutcome::Present);
    assert!(others.iter().all(|outcome| *outcome == RowOutcome::New));
}

/// NULL of every kind is read as NULL.
pub(crate) async fn null_of_every_kind(databases: &Databases) {
    let session = databases.migrated().await.session();
    let specimen = Specimen::new(1);
    session.insert(&specimen).await.unwrap();
    let found = session.find::<Specimen>(&specimen.key()).await.unwrap();
    assert_eq!(found, Some(specimen));
}

/// Empty text, bytes and NULL are different.
pub(crate) async fn empty_is_not_null(databases: &Databases) {
    let session = databases.migrated().await.session();
    let empty = Specimen::new(1).with(|row| {
        row.options.maybe_name = Some(String::new());
        row.options.maybe_story = Some(String::new());
        row.options.maybe_raw = Some(Vec::new());
    });
    let null = Specimen::new(2);
    session
        .insert_many(&[empty.clone(), null.clone()])
        .await
        .unwrap();
    assert_eq!(session.get::<Specimen>(&empty.key()).await.unwrap(), empty);
    assert_eq!(session.get::<Specimen>(&null.key()).await.unwrap(), null);
}

/// Integers survive at both ends of their range.
pub(crate) async fn integers_at_their_bounds(databases: &Databases) {
    let session = databases.migrated().await.session();
    for (number, least) in [(1, true), (2, false)] {
        let specimen = Specimen::new(number).with(|row| {
            let (small, medium, big) = if least {
                (i16::MIN, i32::MIN, i64::MIN)
            } else {
                (i16::MAX, i32::MAX, i64::MAX)
            };
            row.values.small = small;
            row.values.medium = medium;
            row.values.big = big;
            row.options.maybe_small = Some(small);
            row.options.maybe_medium = Some(medium);
            row.options.maybe_big = Some(big);
        });
        session.insert(&specimen).await.unwrap();
        let found = session.get::<Specimen>(&specimen.key()).await.unwrap();
        assert_eq!(found, specimen);
    }
}

/// The ends of 64 bits are keys like any other.
pub(crate) async fn keys_at_their_bounds(databases: &Databases) {
    let session = databases.migrated().await.session();
    let ids = [i64::MIN, -1, 0, i64::MAX];
    session.insert_many(&Account::many(ids)).await.unwrap();
    for id in ids {
        assert_eq!(session.get::<Account>(&id).await.unwrap().id, id);
    }
}

/// Every byte survives, also a million of them.
pub(crate) async fn bytes(databases: &Databases) {
    let session = databases.migrated().await.session();
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let small = Specimen::new(1).with(|row| row.values.raw.clone_from(&all));
    let large = Specimen::new(2).with(|row| row.values.raw = all.repeat(4096));
    session
        .insert_many(&[small.clone(), large.clone()])
        .await
        .unwrap();
    assert_eq!(session.get::<Specimen>(&small.key()).await.unwrap(), small);
    let found = session.get::<Specimen>(&large.key()).await.unwrap();
    assert!(found == large, "a million bytes were changed");
}

/// Both formats of UUIDs are read as the same UUID.
pub(crate) async fn uuids(databases: &Databases) {
    let session = databases.migrated().await.session();
    for (number, uuid) in [Uuid::nil(), Uuid::max(), Uuid::from_u128(0xabcd << 64)]
        .into_iter()
        .enumerate()
    {
        let specimen = Specimen::new(i64::try_from(number).unwrap()).with(|row| {
            row.values.long_uuid = uuid;
            row.values.short_uuid = uuid;
            row.options.maybe_long_uuid = Some(uuid);
            row.options.maybe_short_uuid = Some(uuid);
        });
        session.insert(&specimen).await.unwrap();
        let found = session.get::<Specimen>(&specimen.key()).await.unwrap();
        assert_eq!(found, specimen);
    }
}

/// JSON is read as it was written: key order, white space, digits, duplicate keys, bare values.
pub(crate) async fn json_verbatim(databases: &Databases) {
    let session = databases.migrated().await.session();
    let documents = [
        r#"{"b": 1, "a":2,  "B":[ ]}"#,
        r#"{"a":1,"a":2}"#,
        "123456789012345678901234567890.10",
        "1.0",
        "-0",
        "1e2",
        "1E+2",
        " \n\t{\"a\" : null}\r\n",
        "null",
        "\"text\"",
        "[]",
        r#"["\u00e9", "é", "\ud83d\ude00", "😀", "\/", "\\", "it's", "%_"]"#,
    ];
    for (number, document) in documents.into_iter().enumerate() {
        let specimen = Specimen::new(i64::try_from(number).unwrap()).with(|row| {
            row.values.document = JsonText::new(document).unwrap();
            row.options.maybe_document = Some(JsonText::new(document).unwrap());
        });
        session.insert(&specimen).await.unwrap();
        let found = session.get::<Specimen>(&specimen.key()).await.unwrap();
        assert_eq!(found, specimen);
    }
}

/// A key that does not exist is `None` for `find` and `NotFound` for `get`.
pub(crate) async fn a_missing_row(databases: &Databases) {
    let session = databases.migrated().await.session();
    assert_eq!(session.find::<Account>(&1).await.unwrap(), None);
    let error = fails(session.get::<Account>(&1).await, ErrorKind::NotFound);
    assert_eq!(error.table(), Some(Account::TABLE.name));
}
