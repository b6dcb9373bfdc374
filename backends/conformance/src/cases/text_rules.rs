//! Text that is refused: too long, with NUL, or a key that some databases would confuse with another.

use genledger_contract::table::MAX_TEXT_BYTES;
use genledger_contract::{Entity, ErrorKind, Filter, Query, SessionExt};

use super::text::write;
use crate::ask::{numbers, rows_of};
use crate::check::{breaks, fails};
use crate::databases::Databases;
use crate::model::{Specimen, ValuesColumns};

/// A NUL character is refused in every column and filter, and nothing is written.
pub(crate) async fn nul(databases: &Databases) {
    let session = databases.migrated().await.session();
    let text = "a\0b";
    for row in [
        Specimen::new(1).with(|row| row.values.name = text.to_owned()),
        Specimen::new(1).with(|row| row.values.story = text.to_owned()),
        Specimen::new(1).with(|row| row.label = Some(text.to_owned())),
        Specimen::new(1).with(|row| row.tenant = text.to_owned()),
    ] {
        breaks(session.insert(&row).await, "nul_character");
    }
    assert_eq!(rows_of::<Specimen>(&*session).await, 0);
    session.insert(&Specimen::new(1)).await.unwrap();
    let set = session.update_where(Filter::all(), [Specimen::NAME.set(text)]);
    breaks(set.await, "nul_character");
    for filter in [
        Specimen::NAME.eq(text),
        Specimen::NAME.is_in([text]),
        Specimen::STORY.starts_with(text),
        Specimen::STORY.contains(text),
    ] {
        breaks(
            session.page(&Query::matching(filter)).await,
            "nul_character",
        );
    }
    assert_eq!(
        session
            .get::<Specimen>(&Specimen::new(1).key())
            .await
            .unwrap(),
        Specimen::new(1)
    );
}

/// A bound counts characters, not bytes.
pub(crate) async fn bounds_count_characters(databases: &Databases) {
    let session = databases.migrated().await.session();
    for (number, char) in (0..).zip(["a", "é", "水", "😀"]) {
        let full = Specimen::new(number).with(|row| row.values.name = char.repeat(64));
        session.insert(&full).await.unwrap();
        assert_eq!(session.get::<Specimen>(&full.key()).await.unwrap(), full);
        let over = Specimen::new(100).with(|row| row.values.name = char.repeat(65));
        breaks(session.insert(&over).await, "too_long");
    }
    // Key columns, too: 32 characters of four bytes each.
    let wide = Specimen::new(7).with(|row| {
        row.tenant = "😀".repeat(32);
        row.label = Some("水".repeat(64));
    });
    session.insert(&wide).await.unwrap();
    assert_eq!(session.get::<Specimen>(&wide.key()).await.unwrap(), wide);
}

/// Text that is too long is refused with its row and column, and no row of the batch is written.
pub(crate) async fn too_long_writes_nothing(databases: &Databases) {
    let session = databases.migrated().await.session();
    let mut rows: Vec<Specimen> = (0..5).map(Specimen::new).collect();
    rows[3].values.name = "x".repeat(65);
    let error = breaks(session.insert_if_absent(&rows).await, "too_long");
    assert_eq!(error.violations()[0].path(), "[3].name");
    assert_eq!(error.table(), Some(Specimen::TABLE.name));
    let error = breaks(session.insert_many(&rows).await, "too_long");
    assert_eq!(error.violations()[0].path(), "[3].name");
    assert_eq!(rows_of::<Specimen>(&*session).await, 0);
    session.insert(&rows[0]).await.unwrap();
    let long = "x".repeat(65);
    let set = session.update_where(Filter::all(), [Specimen::NAME.set(long.as_str())]);
    breaks(set.await, "too_long");
    assert_eq!(
        session.get::<Specimen>(&rows[0].key()).await.unwrap(),
        rows[0]
    );
}

/// An operand that is longer than its column matches nothing and is not an error.
pub(crate) async fn operands_may_be_too_long(databases: &Databases) {
    let session = databases.migrated().await.session();
    write(&*session, &["x"]).await;
    let long = "x".repeat(65);
    let select = async |filter| numbers(&*session, filter).await;
    assert_eq!(select(Specimen::NAME.eq(long.as_str())).await, [0_i64; 0]);
    assert_eq!(
        select(Specimen::NAME.starts_with(long.as_str())).await,
        [0_i64; 0]
    );
    assert_eq!(
        select(Specimen::NAME.contains(long.as_str())).await,
        [0_i64; 0]
    );
    assert_eq!(select(Specimen::NAME.lt(long.as_str())).await, [0]);
}

/// A key that ends with a space, or contains a control character, is refused: some databases would treat it
/// as equal to another key.
pub(crate) async fn keys_end_with_no_space(databases: &Databases) {
    let session = databases.migrated().await.session();
    for (text, rule) in [("a ", "trailing_space"), ("a\tb", "control_character")] {
        for row in [
            Specimen::new(1).with(|row| row.tenant = text.to_owned()),
            Specimen::new(1).with(|row| row.label = Some(text.to_owned())),
        ] {
            breaks(session.insert(&row).await, rule);
        }
    }
    // Other spaces are allowed.
    let spaced = Specimen::new(1).with(|row| {
        row.tenant = " a  b".to_owned();
        row.label = Some(" x".to_owned());
    });
    session.insert(&spaced).await.unwrap();
    assert_eq!(
        session.get::<Specimen>(&spaced.key()).await.unwrap(),
        spaced
    );
    let set = session.update_where(Filter::all(), [Specimen::LABEL.set("x ")]);
    breaks(set.await, "trailing_space");
    // Reading such a key is not an error: no row has it.
    assert_eq!(
        session
            .find::<Specimen>(&(" a  b ".to_owned(), 1))
            .await
            .unwrap(),
        None
    );
}

/// Keys that differ only in case or accents are different keys.
pub(crate) async fn keys_differ_in_case_and_accents(databases: &Databases) {
    let session = databases.migrated().await.session();
    let tenants = [
        "a", "A", "á", "a\u{301}", "ss", "ß", "\u{c5}", "\u{212b}", "",
    ];
    let rows = tenants.map(|tenant| {
        Specimen::new(1).with(|row| {
            row.tenant = tenant.to_owned();
            row.label = Some(tenant.to_owned());
        })
    });
    session.insert_many(&rows).await.unwrap();
    for row in &rows {
        assert_eq!(session.get::<Specimen>(&row.key()).await.unwrap(), *row);
    }
    let again = Specimen::new(2).with(|row| row.label = Some("ß".to_owned()));
    fails(session.insert(&again).await, ErrorKind::UniqueViolation);
}

/// Text, bytes and JSON survive up to the limit of the store, and are refused beyond it.
pub(crate) async fn as_long_as_the_limit(databases: &Databases) {
    let database = databases.migrated().await;
    let session = database.session();
    let limit = database.store.capability().max_value_bytes;
    let full = Specimen::new(1).with(|row| row.values.story = "é".repeat(limit / 2));
    session.insert(&full).await.unwrap();
    let found = session.get::<Specimen>(&full.key()).await.unwrap();
    assert!(found == full, "a long text was changed");
    let full = Specimen::new(2).with(|row| row.values.raw = vec![0x5c; limit]);
    session.insert(&full).await.unwrap();
    let found = session.get::<Specimen>(&full.key()).await.unwrap();
    assert!(found == full, "many bytes were changed");
    // If a packet is smaller than the library's own limit, a part of it is reserved for other values.
    let beyond = if limit < MAX_TEXT_BYTES {
        limit * 2
    } else {
        limit + 1
    };
    let over = Specimen::new(3).with(|row| row.values.story = "x".repeat(beyond));
    fails(session.insert(&over).await, ErrorKind::Invalid);
    let over = Specimen::new(3).with(|row| row.values.raw = vec![0; beyond]);
    fails(session.insert(&over).await, ErrorKind::Invalid);
    assert_eq!(session.find::<Specimen>(&over.key()).await.unwrap(), None);
}
