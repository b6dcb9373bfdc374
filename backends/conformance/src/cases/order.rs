//! Orders: total, the same everywhere, NULL before every value.

use std::cmp::Ordering;

use genledger_contract::query::Order;
use genledger_contract::{CodedEnum, Query, Session, SessionExt};

use crate::ask::{all, at, dec};
use crate::databases::Databases;
use crate::model::{Grade, OptionsColumns, Specimen, State, ValuesColumns};

/// Rows with equal values, NULLs, and values whose text and number orders differ.
async fn write(session: &dyn Session) -> Vec<Specimen> {
    let rows: Vec<Specimen> = (0..14_i16)
        .map(|number| {
            let value = [9, -10, 100, 0, -1, 10, 9][usize::try_from(number % 7).unwrap()];
            let uuid = uuid::Uuid::from_u128(u128::try_from(value + 10).unwrap() << 100);
            Specimen::new(number.into()).with(|row| {
                // Neither the order of insertion nor that of the key.
                row.tenant = format!("t{}", 9 - number % 3);
                row.deleted = number % 2 == 1;
                row.values.grade =
                    Grade::from_code([10, -1, 0][usize::try_from(number % 3).unwrap()]);
                row.values.state = State::KNOWN[usize::try_from(number % 3).unwrap()].clone();
                if number % 4 != 3 {
                    row.options.maybe_flag = Some(value > 0);
                    row.options.maybe_small = Some(value);
                    row.options.maybe_medium = Some(i32::from(value) * 100_000);
                    row.options.maybe_big = Some(i64::from(value) << 40);
                    row.options.maybe_amount =
                        Some(dec("0.01") * rust_decimal::Decimal::from(value));
                    row.options.maybe_name = Some(value.to_string());
                    row.options.maybe_second = Some(at(value.into(), 0));
                    row.options.maybe_milli = Some(at(0, i64::from(value) * 1000));
                    row.options.maybe_three = Some(at(0, i64::from(value) * 1000));
                    row.options.maybe_six = Some(at(0, value.into()));
                    row.options.maybe_long_uuid = Some(uuid);
                    row.options.maybe_short_uuid = Some(uuid);
                }
            })
        })
        .collect();
    session.insert_many(&rows).await.unwrap();
    rows
}

async fn ordered(
    session: &dyn Session,
    rows: &[Specimen],
    orders: Vec<Order<Specimen>>,
    compare: impl Fn(&Specimen, &Specimen) -> Ordering,
) {
    let about = format!("{orders:?}");
    let found = all(session, Query::default().order_by(orders)).await;
    let mut expected = rows.to_vec();
    expected.sort_by(compare);
    let key = |row: &Specimen| (row.tenant.clone(), row.number);
    assert_eq!(
        found.iter().map(key).collect::<Vec<_>>(),
        expected.iter().map(key).collect::<Vec<_>>(),
        "{about}"
    );
}

/// Orders by one column in both directions; equal values are ordered by the key, in the direction
/// of the column.
macro_rules! both {
    ($session:expr, $rows:expr, $($column:ident: |$row:ident| $value:expr),+ $(,)?) => {$({
        let order = |left: &Specimen, right: &Specimen| {
            let value = |$row: &Specimen| $value;
            let key = |row: &Specimen| (row.tenant.clone(), row.number);
            value(left).cmp(&value(right)).then_with(|| key(left).cmp(&key(right)))
        };
        ordered($session, $rows, vec![Specimen::$column.asc()], order).await;
        let reversed = |left: &Specimen, right: &Specimen| order(right, left);
        ordered($session, $rows, vec![Specimen::$column.desc()], reversed).await;
    })+};
}

/// Every kind is ordered by value in both directions, NULL before every value.
pub(crate) async fn every_kind(databases: &Databases) {
    let session = databases.migrated().await.session();
    let rows = write(&*session).await;
    both!(
        &*session,
        &rows,
        NUMBER: |row| row.number,
        TENANT: |row| row.tenant.clone(),
        DELETED: |row| row.deleted,
        GRADE: |row| row.values.grade.code(),
        STATE: |row| row.values.state.as_str().to_owned(),
        MAYBE_FLAG: |row| row.options.maybe_flag,
        MAYBE_SMALL: |row| row.options.maybe_small,
        MAYBE_MEDIUM: |row| row.options.maybe_medium,
        MAYBE_BIG: |row| row.options.maybe_big,
        MAYBE_AMOUNT: |row| row.options.maybe_amount,
        MAYBE_NAME: |row| row.options.maybe_name.clone(),
        MAYBE_SECOND: |row| row.options.maybe_second,
        MAYBE_MILLI: |row| row.options.maybe_milli,
        MAYBE_THREE: |row| row.options.maybe_three,
        MAYBE_SIX: |row| row.options.maybe_six,
        MAYBE_LONG_UUID: |row| row.options.maybe_long_uuid,
        MAYBE_SHORT_UUID: |row| row.options.maybe_short_uuid,
    );
}

/// Without an order, rows come by their key.
pub(crate) async fn by_key(databases: &Databases) {
    let session = databases.migrated().await.session();
    let rows = write(&*session).await;
    ordered(&*session, &rows, vec![], |left, right| {
        (&left.tenant, left.number).cmp(&(&right.tenant, right.number))
    })
    .await;
}

/// Several columns, each in its own direction.
pub(crate) async fn several_columns(databases: &Databases) {
    let session = databases.migrated().await.session();
    let rows = write(&*session).await;
    let orders = vec![
        Specimen::MAYBE_FLAG.desc(),
        Specimen::DELETED.asc(),
        Specimen::NUMBER.desc(),
    ];
    ordered(&*session, &rows, orders, |left, right| {
        right
            .options
            .maybe_flag
            .cmp(&left.options.maybe_flag)
            .then(left.deleted.cmp(&right.deleted))
            .then(right.number.cmp(&left.number))
    })
    .await;
    let orders = vec![
        Specimen::MAYBE_SMALL.asc(),
        Specimen::TENANT.desc(),
        Specimen::MAYBE_BIG.desc(),
    ];
    ordered(&*session, &rows, orders, |left, right| {
        left.options
            .maybe_small
            .cmp(&right.options.maybe_small)
            .then_with(|| right.tenant.cmp(&left.tenant))
            .then(right.number.cmp(&left.number))
    })
    .await;
}
