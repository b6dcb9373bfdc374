//! Selects as statements: some columns, limits, and visitors that return an error.

use std::sync::{Arc, Mutex};

use genledger_contract::row::Value;
use genledger_contract::statement::{
    Comparison, Direction, OrderBy, Predicate, RowVisitor, Select,
};
use genledger_contract::{Entity, Error, ErrorKind, Session, SessionExt};

use crate::check::fails;
use crate::databases::Databases;
use crate::model::{Account, Specimen};

fn column(name: &str) -> usize {
    Account::TABLE.position(name).unwrap()
}

/// A select of two columns in another order than the table's.
fn two_columns() -> Select {
    let mut select = Select::all_columns(Account::TABLE, Predicate::True);
    select.columns = vec![column("visits"), column("id")];
    select.order = vec![OrderBy {
        column: column("id"),
        direction: Direction::Descending,
    }];
    select
}

type Rows = Arc<Mutex<Vec<(i64, i64)>>>;

/// A visitor that keeps two integers of each row, and the kept rows.
fn pairs() -> (Rows, RowVisitor) {
    let rows = Rows::default();
    let kept = Arc::clone(&rows);
    let visitor: RowVisitor = Box::new(move |row| {
        assert_eq!(row.column(0).name, "visits");
        assert_eq!(row.column(1).name, "id");
        let pair = (row.integer(0)?.unwrap(), row.integer(1)?.unwrap());
        kept.lock().unwrap().push(pair);
        Ok(())
    });
    (rows, visitor)
}

async fn write(session: &dyn Session, count: i64) {
    let rows: Vec<Account> = (0..count)
        .map(|id| Account {
            visits: i32::try_from(id).unwrap() * 10,
            ..Account::new(id)
        })
        .collect();
    session.insert_many(&rows).await.unwrap();
}

/// The requested columns are read, in the requested order, by position.
pub(crate) async fn some_columns(databases: &Databases) {
    let session = databases.migrated().await.session();
    write(&*session, 4).await;
    let (rows, visitor) = pairs();
    session.select(two_columns(), visitor).await.unwrap();
    assert_eq!(*rows.lock().unwrap(), [(30, 3), (20, 2), (10, 1), (0, 0)]);
}

/// A select returns at most as many rows as the limit, which may be 0.
pub(crate) async fn limits(databases: &Databases) {
    let session = databases.migrated().await.session();
    write(&*session, 4).await;
    for (limit, expected) in [(0, 0), (1, 1), (3, 3), (4, 4), (100, 4)] {
        let (rows, visitor) = pairs();
        let mut select = two_columns();
        select.limit = Some(limit);
        session.select(select, visitor).await.unwrap();
        assert_eq!(rows.lock().unwrap().len(), expected);
    }
}

/// An error of the visitor ends the select, which returns it; the session stays usable.
pub(crate) async fn a_visitor_that_stops(databases: &Databases) {
    let session = databases.migrated().await.session();
    write(&*session, 2000).await;
    for stop in [1, 2, 1999] {
        let seen = Arc::new(Mutex::new(0));
        let count = Arc::clone(&seen);
        let visitor: RowVisitor = Box::new(move |_| {
            let mut count = count.lock().unwrap();
            *count += 1;
            if *count == stop {
                return Err(Error::new(ErrorKind::Other, "enough"));
            }
            Ok(())
        });
        let outcome = session.select(two_columns(), visitor).await;
        assert_eq!(fails(outcome, ErrorKind::Other).message(), "enough");
        assert_eq!(*seen.lock().unwrap(), stop);
        assert_eq!(session.get::<Account>(&7).await.unwrap().visits, 70);
    }
}

/// A value of every kind is read by the method of its kind, and by no other.
pub(crate) async fn readers_check_the_kind(databases: &Databases) {
    let session = databases.migrated().await.session();
    session
        .insert_many(&[Specimen::new(0), Specimen::full(1)])
        .await
        .unwrap();
    let number = Specimen::TABLE.position("number").unwrap();
    for (wanted, null) in [(0_i64, true), (1, false)] {
        let filter = Predicate::compare(number, Comparison::Eq, Value::I64(wanted));
        let select = Select::all_columns(Specimen::TABLE, filter);
        let visitor: RowVisitor = Box::new(move |row| {
            for (index, column) in Specimen::TABLE.columns.iter().enumerate() {
                let there = match column.column_type.kind() {
                    genledger_contract::table::Kind::Bool => row.bool(index)?.is_some(),
                    genledger_contract::table::Kind::I16
                    | genledger_contract::table::Kind::I32
                    | genledger_contract::table::Kind::I64 => row.integer(index)?.is_some(),
                    genledger_contract::table::Kind::Decimal => row.decimal(index)?.is_some(),
                    genledger_contract::table::Kind::Text
                    | genledger_contract::table::Kind::Json => row.text(index)?.is_some(),
                    genledger_contract::table::Kind::Bytes => row.bytes(index)?.is_some(),
                    genledger_contract::table::Kind::DateTime => row.date_time(index)?.is_some(),
                };
                assert_eq!(there, !(null && column.nullable), "{}", column.name);
            }
            let name = Specimen::TABLE.position("name").unwrap();
            fails(row.integer(name), ErrorKind::Corrupt);
            fails(row.decimal(name), ErrorKind::Corrupt);
            let big = Specimen::TABLE.position("big").unwrap();
            fails(row.text(big), ErrorKind::Corrupt);
            Ok(())
        });
        session.select(select, visitor).await.unwrap();
    }
}
