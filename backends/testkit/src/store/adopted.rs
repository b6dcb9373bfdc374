//! Tables that an application created, with names, a schema and types of its own.

use chrono::{DateTime, Utc};
use genledger_contract::entity::{JsonText, UnrecognizedCode};
use genledger_contract::query::RowUpdate;
use genledger_contract::schema::{Layout, Severity};
use genledger_contract::{
    CodedEnum, Entity, ErrorKind, Filter, MigrationSet, Query, SessionExt, Store, StoreExt,
};
use genledger_sql::Family;

use super::fails;
use crate::{Reusable, Settings, TestServer, migrations};

/// The kind of a ware.
#[derive(Clone, Debug, PartialEq, Eq, CodedEnum)]
#[coded(crate = genledger_contract, text, max_chars = 16)]
enum WareKind {
    /// A book.
    #[code("book")]
    Book,
    /// A film.
    #[code("film")]
    Film,
    /// Another one.
    Unrecognized(UnrecognizedCode<Self>),
}

/// A ware of a shop.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "wares", key(id), index(kind, id))]
struct Ware {
    /// Its number.
    id: i64,
    /// Its kind.
    kind: WareKind,
    /// The number in stock.
    #[column(filter)]
    stock: i32,
    /// Whether it is sold.
    #[column(filter)]
    sold: bool,
    /// The time at which it was seen.
    #[column(time = "datetime3", filter)]
    seen: DateTime<Utc>,
    /// Further details.
    details: JsonText,
}

impl Ware {
    fn new(id: i64, kind: WareKind) -> Self {
        Self {
            id,
            kind,
            stock: 5,
            sold: id % 2 == 0,
            seen: DateTime::from_timestamp_millis(1_700_000_000_123 + id).unwrap(),
            details: JsonText::new("{\"long\": [1, 2]}").unwrap(),
        }
    }
}

const POSTGRES: &str = "CREATE TABLE %.shop_wares (id bigint PRIMARY KEY, kind char(8) NOT NULL, \
    stock bigint NOT NULL, sold smallint NOT NULL, seen timestamp(3) NOT NULL, details jsonb NOT NULL)";
const MYSQL: &str = "CREATE TABLE %.shop_wares (id BIGINT PRIMARY KEY, kind CHAR(8) NOT NULL, \
    stock INT UNSIGNED NOT NULL, sold TINYINT(1) NOT NULL, seen TIMESTAMP(3) NOT NULL \
    DEFAULT CURRENT_TIMESTAMP(3), details JSON NOT NULL) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

fn layout(family: Family, schema: &'static str) -> Layout {
    let layout = Layout::new()
        .table::<Ware>("shop_wares")
        .schema::<Ware>(schema)
        .column(Ware::KIND, "CHAR(8)");
    match family {
        Family::Postgres => layout
            .column(Ware::SOLD, "smallint")
            .column(Ware::SEEN, "timestamp(3)")
            .column(Ware::DETAILS, "jsonb"),
        _ => layout
            .column(Ware::STOCK, "INT UNSIGNED")
            .column(Ware::SEEN, "TIMESTAMP(3)")
            .column(Ware::DETAILS, "JSON"),
    }
}

/// A store, the same store with the layout, and the schema that contains the table.
async fn shop<S: TestServer>(
    server: S,
    databases: &[S::Database; 2],
) -> (S::Store, S::Store, &'static str) {
    let [database, shop] = databases;
    let family = S::DIALECT.family();
    let schema: &'static str = shop.name().to_owned().leak();
    let plain = server.open(database, Settings::connections(2)).await;
    let sql = match family {
        Family::Postgres => POSTGRES,
        _ => MYSQL,
    };
    S::run(&plain, &sql.replace('%', schema)).await;
    let store = S::laid_out(plain.clone(), &layout(family, schema)).unwrap();
    (plain, store, schema)
}

pub async fn tables_of_an_application<S: TestServer>(server: S) {
    let family = S::DIALECT.family();
    let databases = [server.database().await, server.database().await];
    let (plain, store, _) = shop(server, &databases).await;
    let differences = store.verify_schema(&[Ware::TABLE]).await.unwrap();
    let items: Vec<_> = differences
        .iter()
        .map(|one| (one.table.as_str(), one.item.as_str(), one.severity))
        .collect();
    assert_eq!(
        items,
        [("wares", "ix_wares_kind_id", Severity::Slow)],
        "{differences:?}"
    );
    // Without the layout the store looks for a table named `wares`, which does not exist.
    let unplaced = plain.verify_schema(&[Ware::TABLE]).await.unwrap();
    assert_eq!(unplaced.len(), 1, "{unplaced:?}");
    fails(plain.session().find::<Ware>(&1).await, ErrorKind::Schema);

    let session = store.session();
    let wares: Vec<Ware> = (1..=6)
        .map(|id| {
            Ware::new(
                id,
                if id < 4 {
                    WareKind::Film
                } else {
                    WareKind::Book
                },
            )
        })
        .collect();
    session.insert_if_absent(&wares).await.unwrap();
    for ware in &wares {
        let found = session.get::<Ware>(&ware.id).await.unwrap();
        // The type rewrites the text of JSON, and keeps its meaning.
        let meaning = |text: &str| text.replace(' ', "");
        let (read, written) = (found.details.as_str(), ware.details.as_str());
        assert_eq!(meaning(read), meaning(written));
        let details = ware.details.clone();
        assert_eq!(Ware { details, ..found }, *ware);
    }
    let duplicate = fails(session.insert(&wares[0]).await, ErrorKind::UniqueViolation);
    assert_eq!(duplicate.table(), Some("wares"));

    let ids = async |filter: Filter<Ware>| -> Vec<i64> {
        let query = Query::matching(filter).order_by([Ware::KIND.desc(), Ware::ID.asc()]);
        let page = session.page(&query).await.unwrap();
        page.items.iter().map(|ware| ware.id).collect()
    };
    assert_eq!(ids(Filter::all()).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(ids(Ware::KIND.eq(WareKind::Book)).await, [4, 5, 6]);
    assert_eq!(ids(Ware::KIND.is_in([WareKind::Film])).await, [1, 2, 3]);
    assert_eq!(ids(Ware::SOLD.eq(true)).await, [2, 4, 6]);
    assert_eq!(ids(Ware::SEEN.gt(wares[4].seen)).await, [6]);
    assert_eq!(ids(Ware::STOCK.ge(0)).await.len(), 6);

    // The column accepts nothing below 0.
    if family == Family::MySql {
        let below = session
            .update_if(&1, Filter::all(), [Ware::STOCK.plus(-6)])
            .await;
        fails(below, ErrorKind::Invalid);
    }
    let left = session.update_returning(
        &1,
        Filter::all(),
        [Ware::STOCK.plus(-5), Ware::SOLD.set(true)],
    );
    let left = left.await.unwrap().unwrap();
    assert_eq!((left.stock, left.sold), (0, true));
    // These share a statement.
    let updates: Vec<_> = (2..=6)
        .map(|id| {
            let changes = [
                Ware::STOCK.plus(id),
                Ware::SOLD.set(id == 3),
                Ware::SEEN.set(wares[0].seen),
                Ware::KIND.set(WareKind::Film),
            ];
            RowUpdate::<Ware>::new(&i64::from(id), Ware::KIND.eq(WareKind::Book), changes)
        })
        .collect();
    let updated = session.update_each_returning(updates).await.unwrap();
    let changed: Vec<_> = updated
        .iter()
        .map(|row| {
            row.as_ref()
                .map(|ware| (ware.id, ware.stock, ware.seen == wares[0].seen))
        })
        .collect();
    let row = |id: i64, stock| Some((id, stock, true));
    assert_eq!(changed, [None, None, row(4, 9), row(5, 10), row(6, 11)]);
    let counted = store
        .transaction(|tx| async move { tx.delete_where(Ware::KIND.eq(WareKind::Film)).await })
        .await;
    assert_eq!(counted.unwrap(), 6);
}

pub async fn layouts_that_cannot_be<S: TestServer>(server: S) {
    let family = S::DIALECT.family();
    let databases = [server.database().await, server.database().await];
    let (plain, store, schema) = shop(server, &databases).await;
    let unknown = layout(family, schema).column(Ware::STOCK, "double precision");
    let error = fails(S::laid_out(plain.clone(), &unknown), ErrorKind::Schema);
    assert_eq!(
        (error.table(), error.column()),
        (Some("wares"), Some("stock"))
    );
    let misnamed = Layout::new().table::<Ware>("wares; DROP TABLE wares");
    fails(S::laid_out(plain.clone(), &misnamed), ErrorKind::Invalid);
    // The library's scripts would create a table with another name.
    let scripted = migrations(S::DIALECT, &[Ware::TABLE]);
    fails(store.migrate(&[scripted]).await, ErrorKind::Invalid);
    let report = store
        .migrate(&[MigrationSet::of("shop", &[Ware::TABLE])])
        .await;
    assert!(report.unwrap().applied.is_empty());
}
