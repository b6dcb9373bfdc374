//! Every entity of the registry on every backend, with random rows: a new one needs no separate test to be
//! stored, read, compared and ordered alike everywhere.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::cmp::Ordering;
use std::sync::{Arc, mpsc};

use chrono::DateTime;
use genledger::contract::row::{ParamSink, RowBatch, RowReader, Value, ValueRef};
use genledger::contract::statement::{
    Comparison, Direction, Duplicates, Insert, OrderBy, Predicate, Select, Statement,
};
use genledger::contract::table::{Code, ColumnDef, ColumnType, Kind, TableDef, UuidFormat};
use genledger::contract::{Result, RowOutcome, Session, Store};
use rust_decimal::Decimal;
use uuid::Uuid;

const ROWS: u64 = 40;

/// The same numbers for the same table, row and column (`SplitMix64`).
fn random(table: &TableDef, row: u64, column: usize) -> u64 {
    let seed = table.name.bytes().fold(0_u64, |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(byte.into())
    });
    let mut mixed = seed ^ row << 32 ^ u64::try_from(column).unwrap();
    mixed = mixed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn is_unique(table: &TableDef, name: &str) -> bool {
    table.is_key_column(name) || table.unique.iter().any(|key| key.columns.contains(&name))
}

/// Writes a value that the column accepts.
fn draw(batch: &mut RowBatch, column: &ColumnDef, row: u64, number: u64) -> Result<()> {
    let small = i64::try_from(number % 7).unwrap() - 3;
    let unique = is_unique(batch.table(), column.name);
    if column.nullable && number.is_multiple_of(5) {
        return batch.null();
    }
    if !column.codes.is_empty() {
        let code = column.codes[usize::try_from(number).unwrap() % column.codes.len()].code;
        return match code {
            Code::Integer(code) => batch.integer(code),
            Code::Text(code) => batch.text(code),
        };
    }
    let millis = 1_750_000_000_123 + i64::try_from(number % 1_000_000_000).unwrap();
    match column.column_type {
        ColumnType::Bool => batch.bool(number.is_multiple_of(2)),
        ColumnType::I16 | ColumnType::I32 | ColumnType::I64 => {
            let (low, high) = column.range.unwrap_or((-3, 3));
            let least = column.range.map_or(0, |(low, _)| low.max(0));
            batch.integer(if unique {
                least + row.cast_signed()
            } else {
                small.clamp(low, high)
            })
        }
        ColumnType::Decimal { scale, .. } => batch.decimal(Decimal::new(small, scale.into())),
        ColumnType::Text { .. } | ColumnType::LongText if unique => batch.text(&format!("k-{row}")),
        ColumnType::Text { .. } | ColumnType::LongText => {
            let words = ["", "a", "A", "a%", "\u{e9}", "\u{1F980}", "a b "];
            batch.text(words[usize::try_from(number % 7).unwrap()])
        }
        ColumnType::Bytes => batch.bytes(&number.to_le_bytes()),
        ColumnType::Json => batch.json(&format!("{{ \"b\":{small}, \"a\":1.50}}")),
        ColumnType::UnixSeconds | ColumnType::UnixMillis | ColumnType::DateTime { .. } => {
            batch.date_time(DateTime::from_timestamp_millis(millis).unwrap())
        }
        ColumnType::Uuid(UuidFormat::Simple | UuidFormat::Hyphenated) => {
            batch.uuid(Uuid::from_u64_pair(row, number))
        }
        other => panic!("no value is drawn for {other:?}"),
    }
}

fn rows(table: &'static TableDef) -> RowBatch {
    let mut batch = RowBatch::new(table);
    for row in 0..ROWS {
        for (position, column) in table.columns.iter().enumerate() {
            draw(&mut batch, column, row, random(table, row, position)).unwrap();
        }
    }
    batch
}

/// A value as it is read; integers of every width are wide.
fn value(row: &dyn RowReader, at: usize) -> Result<Value> {
    Ok(match row.column(at).column_type.kind() {
        Kind::Bool => row.bool(at)?.map(Value::Bool),
        Kind::I16 | Kind::I32 | Kind::I64 => row.integer(at)?.map(Value::I64),
        Kind::Decimal => row.decimal(at)?.map(Value::Decimal),
        Kind::Text => row.text(at)?.map(|text| Value::Text(text.to_owned())),
        Kind::Json => row.text(at)?.map(|text| Value::Json(text.to_owned())),
        Kind::Bytes => row.bytes(at)?.map(|bytes| Value::Bytes(bytes.to_vec())),
        Kind::DateTime => row.date_time(at)?.map(Value::DateTime),
    }
    .unwrap_or(Value::Null))
}

async fn select(
    session: &dyn Session,
    table: &'static TableDef,
    filter: Predicate,
) -> Vec<Vec<Value>> {
    let mut select = Select::all_columns(table, filter);
    let ascending = |column| OrderBy {
        column,
        direction: Direction::Ascending,
    };
    select.order = table.key_positions().into_iter().map(ascending).collect();
    let (sender, receiver) = mpsc::channel();
    let visitor = Box::new(move |row: &dyn RowReader| {
        let values = (0..table.columns.len()).map(|at| value(row, at));
        sender.send(values.collect::<Result<_>>()?).unwrap();
        Ok(())
    });
    session.select(select, visitor).await.unwrap();
    receiver.try_iter().collect()
}

fn wide(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::I16(value) => Value::I64(value.into()),
        ValueRef::I32(value) => Value::I64(value.into()),
        other => other.into(),
    }
}

/// Rows are read as they were written, and every column compares as its values do in Rust.
async fn random_rows(store: &Arc<dyn Store>) {
    store.migrate(genledger::schema::all()).await.unwrap();
    for table in genledger::schema::tables() {
        let batch = rows(table);
        let insert = Insert {
            rows: Arc::new(batch.clone()),
            duplicates: Duplicates::Keep,
        };
        let session = store.session();
        for expected in [RowOutcome::New, RowOutcome::Present] {
            let outcomes = session
                .execute(Statement::Insert(insert.clone()))
                .await
                .unwrap()
                .inserted()
                .unwrap();
            assert!(
                outcomes.iter().all(|one| *one == expected),
                "{}",
                table.name
            );
        }
        let mut written: Vec<usize> = (0..batch.len()).collect();
        let keys = table.key_positions();
        let in_order = |one: &usize, other: &usize| {
            let of_column = |at: &usize| batch.value(*one, *at).order(batch.value(*other, *at));
            keys.iter()
                .map(of_column)
                .fold(Ordering::Equal, Ordering::then)
        };
        written.sort_by(in_order);
        let all = |row: &usize| -> Vec<Value> {
            (0..table.columns.len())
                .map(|at| wide(batch.value(*row, at)))
                .collect()
        };
        let expected: Vec<Vec<Value>> = written.iter().map(all).collect();
        assert_eq!(
            select(&*session, table, Predicate::True).await,
            expected,
            "{}",
            table.name
        );

        for (at, column) in table.columns.iter().enumerate() {
            if !column.column_type.is_comparable() {
                continue;
            }
            let bound = (0..batch.len())
                .map(|row| batch.value(row, at))
                .find(|one| !one.is_null());
            let Some(bound) = bound else { continue };
            for (comparison, wanted) in [
                (Comparison::Eq, Ordering::Equal),
                (Comparison::Lt, Ordering::Less),
                (Comparison::Gt, Ordering::Greater),
            ] {
                let filter = Predicate::compare(at, comparison, bound.into());
                let matching = |row: &&usize| {
                    let value = batch.value(**row, at);
                    !value.is_null() && value.order(bound) == wanted
                };
                let expected: Vec<_> = written.iter().filter(matching).map(all).collect();
                let found = select(&*session, table, filter).await;
                assert_eq!(
                    found, expected,
                    "{}.{} {comparison:?}",
                    table.name, column.name
                );
            }
        }
    }
}

genledger_testkit::layout_cases!(random_rows);
