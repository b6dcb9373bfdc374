//! The behaviour of a store on a server with adverse settings: the same as on any other.
//!
//! Each function with a [`TestServer`] is a case.

use chrono::{DateTime, Utc};
use genledger_contract::query::{AggregateQuery, Count};
use genledger_contract::{
    Entity, ErrorKind, Filter, MigrationSet, Query, RowOutcome, SessionExt, Store, StoreExt,
};

use crate::{Reusable, Settings, TestServer};

/// The moment at which statements run on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before the library prepares it.
    Unprepared,
    /// After the library has prepared it.
    Prepared,
}

/// A store on the server, with the tables of the cases and those of the suite, which have the widest keys.
pub async fn open<S: TestServer>(server: S) -> (S::Database, S::Store) {
    let database = S::database_on(server.hostile_options()).await;
    let store = connect(server, &database, 3).await;
    let letters = MigrationSet::of("letters", &[Letter::TABLE, Sheet::TABLE]);
    let suite = MigrationSet::of("suite", genledger_conformance::tables());
    store.migrate(&[letters, suite]).await.unwrap();
    let tables = genledger_conformance::tables();
    assert_eq!(store.verify_schema(tables).await.unwrap(), []);
    assert_eq!(store.verify_schema(&[Letter::TABLE]).await.unwrap(), []);
    (database, store)
}

async fn connect<S: TestServer>(server: S, database: &S::Database, connections: u32) -> S::Store {
    let settings = Settings::connections(connections);
    let store = S::connect(server.hostile_options(), Some(database.name()), settings);
    store.await.unwrap()
}

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(
    crate = genledger_contract,
    table = "letters",
    key(id),
    unique(name = "uk_letters_code", columns(code)),
    index(topic, id)
)]
struct Letter {
    /// Its number.
    id: i64,
    /// A key with more bytes than a compact row can hold.
    #[column(max_chars = 255)]
    code: String,
    /// Its topic.
    #[column(max_chars = 255)]
    topic: String,
    /// A text longer than the part that servers sort by.
    #[column(filter, max_chars = 4000)]
    text: String,
    /// Never negative.
    #[column(filter, range(0, 1000))]
    hits: i32,
    /// The time at which it was sent.
    #[column(time = "datetime6", filter)]
    sent_at: DateTime<Utc>,
    /// Any text.
    body: String,
}

impl Letter {
    fn new(id: i64, text: impl Into<String>) -> Self {
        Self {
            id,
            code: format!("code {id}"),
            topic: "any".to_owned(),
            text: text.into(),
            hits: 0,
            sent_at: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
            body: String::new(),
        }
    }
}

/// A row that can be upserted.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "sheets", key(id))]
struct Sheet {
    /// Its number.
    id: i64,
    /// Its text.
    #[column(max_chars = 4000)]
    text: String,
    /// The number of times it was read.
    hits: i32,
}

/// Pages over texts that differ only at their ends contain every row, in the order of bytes.
pub async fn texts_are_sorted_by_all_of_their_bytes<S: TestServer>(server: S) {
    let (_database, store) = open(server).await;
    let session = store.session();
    let mut texts: Vec<String> = Vec::new();
    for length in [10, 1_024, 3_999] {
        for last in ["b", "a", "ß", "\u{10348}"] {
            texts.push(format!("{}{last}", "s".repeat(length)));
        }
    }
    texts.push("\u{10348}".repeat(4_000));
    texts.push(format!("{}\u{10347}", "\u{10348}".repeat(3_999)));
    let letters: Vec<Letter> = (1..)
        .zip(&texts)
        .map(|(id, text)| Letter::new(id, text))
        .collect();
    session.insert_many(&letters).await.unwrap();
    texts.sort();
    for descending in [false, true] {
        let order = if descending {
            texts.reverse();
            Letter::TEXT.desc()
        } else {
            Letter::TEXT.asc()
        };
        let mut query = Query::<Letter>::matching(Filter::all())
            .order_by([order])
            .page_size(2);
        let mut found = Vec::new();
        loop {
            let page = session.page(&query).await.unwrap();
            found.extend(page.items.into_iter().map(|letter| letter.text));
            let Some(next) = page.next else {
                break;
            };
            query = query.after(next);
        }
        assert!(found == texts, "rows are lost or in another order");
    }
    let groups = AggregateQuery::over(Filter::<Letter>::all())
        .group_by(Letter::TEXT)
        .count();
    assert_eq!(session.aggregate(groups).await.unwrap().len(), texts.len());
}

/// Values are read as they were written, also those that an SQL mode interprets differently.
pub async fn what_is_written_is_read<S: TestServer>(server: S) {
    let (_database, store) = open(server).await;
    let session = store.session();
    let texts = [
        "",
        " ",
        "a ",
        "\\",
        "\\'",
        "'",
        "\"",
        "a||b",
        "%_",
        "\t",
        "ß",
        "\u{1F980}",
        "null",
        "0",
    ];
    for (id, text) in (1..).zip(texts) {
        let mut letter = Letter::new(id, text);
        letter.body = text.to_owned();
        letter.sent_at = DateTime::from_timestamp_micros(id * 1_000_001).unwrap();
        session.insert(&letter).await.unwrap();
        assert_eq!(session.get::<Letter>(&id).await.unwrap(), letter);
        assert_eq!(count(&store, Letter::TEXT.eq(text)).await, 1, "{text:?}");
        let sent = Letter::SENT_AT.eq(letter.sent_at);
        assert_eq!(count(&store, sent).await, 1, "{text:?}");
    }
}

/// No row that violates a key or a range is stored, and errors name the column in every language.
pub async fn keys_and_ranges_hold<S: TestServer>(server: S) {
    let (_database, store) = open(server).await;
    let session = store.session();
    session.insert(&Letter::new(1, "one")).await.unwrap();
    let error = session.insert(&Letter::new(1, "two")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    let mut same = Letter::new(2, "two");
    same.code = "code 1".to_owned();
    let error = session.insert(&same).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert_eq!(error.column(), Some("code"), "{error:?}");
    let less = session
        .update_where(Letter::ID.eq(1), [Letter::HITS.plus(-1)])
        .await;
    assert_eq!(less.unwrap_err().kind(), ErrorKind::Invalid);
    // The connection of a refused statement remains usable.
    let kept = session
        .insert_if_absent(&[Letter::new(1, "one"), Letter::new(3, "three")])
        .await
        .unwrap();
    assert_eq!(kept, [RowOutcome::Present, RowOutcome::New]);
}

/// Statements apply to all rows, and other sessions see acknowledged writes.
pub async fn statements_reach_all_rows<S: TestServer>(server: S) {
    let (database, store) = open(server).await;
    let other = connect(server, &database, 1).await;
    let session = store.session();
    let letters: Vec<Letter> = (0..300).map(|id| Letter::new(id, "text")).collect();
    session.insert_many(&letters).await.unwrap();
    assert_eq!(all(&other).await, 300);
    let changed = session
        .update_where(Letter::HITS.eq(0), [Letter::HITS.set(2)])
        .await
        .unwrap();
    assert_eq!(changed, 300);
    store
        .transaction(|tx| async move {
            tx.update_where(Letter::ID.lt(150), [Letter::HITS.set(3)])
                .await
                .map(drop)
        })
        .await
        .unwrap();
    let sums = AggregateQuery::over(Filter::<Letter>::all()).sum(Letter::HITS);
    let sums = other.session().aggregate(sums).await.unwrap();
    assert_eq!(sums[0].integer(0).unwrap(), 150 * 3 + 150 * 2);
    let deleted = session.delete_where(Letter::HITS.eq(3)).await.unwrap();
    assert_eq!(deleted, 150);
    assert_eq!(all(&other).await, 150);
}

async fn all(store: &dyn Store) -> u64 {
    count(store, Filter::all()).await
}

async fn count(store: &dyn Store, filter: Filter<Letter>) -> u64 {
    match store.session().count(filter, 10_000).await.unwrap() {
        Count::Exactly(count) => count,
        Count::AtLeast(count) => panic!("{count} and more"),
    }
}

/// Rows that fit into a packet one by one are written together; a larger one is refused before it is sent.
pub async fn packets_are_counted(store: &dyn Store, packet: usize) {
    let session = store.session();
    let letters = |first: i64| -> Vec<Letter> {
        let rows = first..first + 600;
        rows.map(|id| Letter::new(id, "x".repeat(3_000))).collect()
    };
    for expected in [RowOutcome::New, RowOutcome::Present] {
        let outcomes = session.insert_if_absent(&letters(0)).await.unwrap();
        assert!(outcomes.iter().all(|outcome| *outcome == expected));
    }
    assert_eq!(all(store).await, 600);
    let sheets: Vec<Sheet> = (0..600)
        .map(|id| Sheet {
            id,
            text: "x".repeat(3_000),
            hits: 0,
        })
        .collect();
    session.upsert(&sheets, [Sheet::HITS.set(1)]).await.unwrap();
    session.upsert(&sheets, [Sheet::HITS.set(2)]).await.unwrap();
    let last = session.get::<Sheet>(&599).await.unwrap();
    assert_eq!(last.hits, 2);
    let texts = |count: usize| (0..count).map(|n| format!("{n}{}", "y".repeat(1_990)));
    // A text that is not a key is compared twice, with the index and by its bytes.
    let some = Letter::TEXT.is_in(texts(packet / 8_000));
    assert_eq!(count(store, some).await, 0);
    let many = session.count(Letter::TEXT.is_in(texts(packet / 1_500)), 10);
    assert_eq!(many.await.unwrap_err().kind(), ErrorKind::Invalid);

    // At the limit, and on both sides of it.
    let transaction = store.begin().await.unwrap();
    let mut taken = 0;
    for (id, less) in (20_000..).zip((0..1_400).step_by(50)) {
        let mut letter = Letter::new(id, "");
        letter.body = "z".repeat(packet - less);
        match transaction.insert(&letter).await {
            Ok(()) => {
                taken += 1;
                assert!(transaction.get::<Letter>(&id).await.unwrap() == letter);
            }
            // Nothing was sent, so the transaction continues.
            Err(error) => assert_eq!(error.kind(), ErrorKind::Invalid, "{less}: {error:?}"),
        }
    }
    assert!((15..28).contains(&taken), "{taken}");
    transaction.commit().await.unwrap();
}

/// Executes a statement that is different for each number, on up to three connections.
pub async fn a_statement_of_its_own(store: &dyn Store, number: usize) {
    let ids = 0..i64::try_from(number).unwrap();
    let filter = || ids.clone().map(|id| Letter::ID.eq(id)).reduce(Filter::or);
    let session = store.session();
    let (one, two, three) = tokio::join!(
        session.count(filter().unwrap(), 10),
        session.count(filter().unwrap(), 10),
        session.count(filter().unwrap(), 10),
    );
    for count in [one, two, three] {
        assert_eq!(count.unwrap(), Count::Exactly(0));
    }
}

/// Writes more than a packet on a connection that replaces a lost one.
pub async fn rows_are_cut_again(store: &dyn Store) {
    let session = store.session();
    assert!(session.find::<Letter>(&-1).await.unwrap().is_none());
    let letters: Vec<Letter> = (30_000..30_300)
        .map(|id| Letter::new(id, "x".repeat(3_000)))
        .collect();
    session.insert_many(&letters).await.unwrap();
}

/// Parts of texts are searched with a function of the server.
pub async fn parts_of_texts_are_found(store: &dyn Store) {
    let session = store.session();
    let letters = [Letter::new(1, "one two"), Letter::new(2, "three")];
    session.insert_many(&letters).await.unwrap();
    assert_eq!(count(store, Letter::TEXT.contains("two")).await, 1);
}
