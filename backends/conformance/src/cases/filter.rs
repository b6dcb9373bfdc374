//! The rows that filters select.

use std::cmp::Ordering;

use genledger_contract::{Filter, Session, SessionExt};

use crate::ask::{at, dec, matching, numbers};
use crate::databases::Databases;
use crate::model::{Grade, Level, OptionsColumns, Specimen, State, ValuesColumns};

/// Twelve rows in which every column has several values, equal ones among them, and NULLs.
async fn write(session: &dyn Session) -> Vec<Specimen> {
    let rows: Vec<Specimen> = (0..12)
        .map(|number| {
            let small = i16::try_from(number % 4).unwrap() - 2;
            let moment = at(number % 5 - 2, (number % 3) * 500_000);
            let uuid = uuid::Uuid::from_u128(u128::try_from(number % 5).unwrap() << 90 | 0xf);
            let some = number % 3 != 0;
            Specimen::new(number).with(|row| {
                row.deleted = number % 2 == 0;
                row.values.flag = number % 3 == 1;
                row.values.small = small;
                row.values.medium = i32::from(small) * 40_000;
                row.values.big = i64::from(small) << 40;
                row.values.amount = dec("1.25") * rust_decimal::Decimal::from(small);
                row.values.at_second = moment;
                row.values.at_milli = moment;
                row.values.at_three = moment;
                row.values.at_six = moment;
                row.values.long_uuid = uuid;
                row.values.short_uuid = uuid;
                row.values.grade =
                    Grade::from_code([-1, 0, 10, 0][usize::try_from(number % 4).unwrap()]);
                row.values.state = State::from_str_code(
                    ["open", "shut", "unknown"][usize::try_from(number % 3).unwrap()],
                );
                if some {
                    let values = row.values.clone();
                    row.options.maybe_flag = Some(values.flag);
                    row.options.maybe_small = Some(values.small);
                    row.options.maybe_medium = Some(values.medium);
                    row.options.maybe_big = Some(values.big);
                    row.options.maybe_amount = Some(values.amount);
                    row.options.maybe_second = Some(moment);
                    row.options.maybe_milli = Some(moment);
                    row.options.maybe_three = Some(moment);
                    row.options.maybe_six = Some(moment);
                    row.options.maybe_long_uuid = Some(uuid);
                    row.options.maybe_short_uuid = Some(uuid);
                    row.options.maybe_level = (number % 2 == 0).then_some(Level::First);
                    row.options.maybe_state = Some(values.state);
                }
            })
        })
        .collect();
    session.insert_many(&rows).await.unwrap();
    matching(session, Filter::<Specimen>::all()).await
}

/// Expects a filter to select the rows for which `holds` returns true; unknown is not true.
async fn selects(
    session: &dyn Session,
    rows: &[Specimen],
    filter: Filter<Specimen>,
    holds: impl Fn(&Specimen) -> Option<bool>,
) {
    let expect = |wanted| -> Vec<i64> {
        rows.iter()
            .filter(|row| holds(row) == Some(wanted))
            .map(|row| row.number)
            .collect()
    };
    let about = format!("{filter:?}");
    assert_eq!(
        numbers(session, filter.clone()).await,
        expect(true),
        "{about}"
    );
    assert_eq!(
        numbers(session, !filter).await,
        expect(false),
        "not {about}"
    );
}

/// Tries every comparison of a column with every operand. `$key` orders the values.
macro_rules! compares {
    ($session:expr, $rows:expr, $column:expr, |$row:ident| $value:expr, $operands:expr, $key:expr) => {{
        let column = $column;
        let key = $key;
        for operand in $operands {
            let order = |$row: &Specimen| $value.map(|value| key(value).cmp(&key(operand.clone())));
            let compare = async |filter, holds: fn(Ordering) -> bool| {
                selects($session, $rows, filter, |row| order(row).map(holds)).await;
            };
            compare(column.eq(operand.clone()), Ordering::is_eq).await;
            compare(column.ne(operand.clone()), Ordering::is_ne).await;
            compare(column.lt(operand.clone()), Ordering::is_lt).await;
            compare(column.le(operand.clone()), Ordering::is_le).await;
            compare(column.gt(operand.clone()), Ordering::is_gt).await;
            compare(column.ge(operand.clone()), Ordering::is_ge).await;
            compare(column.is_in([operand.clone()]), Ordering::is_eq).await;
        }
        let list: Vec<_> = $operands.into_iter().collect();
        let any = |$row: &Specimen| {
            $value.map(|value| {
                let value = key(value);
                list.iter().any(|operand| key(operand.clone()) == value)
            })
        };
        selects($session, $rows, column.is_in(list.clone()), any).await;
    }};
    ($session:expr, $rows:expr, $column:expr, |$row:ident| $value:expr, $operands:expr) => {
        compares!($session, $rows, $column, |$row| $value, $operands, |it| it)
    };
}

/// Integers of every width compare as numbers; a comparison with NULL is unknown.
pub(crate) async fn integers(databases: &Databases) {
    let session = databases.migrated().await.session();
    let (session, rows) = (&*session, &write(&*session).await);
    compares!(
        session,
        rows,
        Specimen::NUMBER,
        |row| Some(row.number),
        [0_i64, 5, i64::MAX]
    );
    compares!(
        session,
        rows,
        Specimen::SMALL,
        |row| Some(row.values.small),
        [-2_i16, 0, i16::MAX]
    );
    compares!(
        session,
        rows,
        Specimen::MEDIUM,
        |row| Some(row.values.medium),
        [-80_000_i32, 0, 1]
    );
    compares!(
        session,
        rows,
        Specimen::BIG,
        |row| Some(row.values.big),
        [-(1_i64 << 40), 0]
    );
    compares!(
        session,
        rows,
        Specimen::MAYBE_SMALL,
        |row| row.options.maybe_small,
        [-2_i16, 1]
    );
    compares!(
        session,
        rows,
        Specimen::MAYBE_MEDIUM,
        |row| row.options.maybe_medium,
        [40_000_i32]
    );
    compares!(
        session,
        rows,
        Specimen::MAYBE_BIG,
        |row| row.options.maybe_big,
        [0_i64, i64::MIN]
    );
}

/// Booleans compare: false is less than true.
pub(crate) async fn booleans(databases: &Databases) {
    let session = databases.migrated().await.session();
    let (session, rows) = (&*session, &write(&*session).await);
    compares!(
        session,
        rows,
        Specimen::FLAG,
        |row| Some(row.values.flag),
        [true, false]
    );
    compares!(
        session,
        rows,
        Specimen::DELETED,
        |row| Some(row.deleted),
        [true, false]
    );
    compares!(
        session,
        rows,
        Specimen::MAYBE_FLAG,
        |row| row.options.maybe_flag,
        [true, false]
    );
}

/// Decimals compare as numbers.
pub(crate) async fn decimals(databases: &Databases) {
    let session = databases.migrated().await.session();
    let (session, rows) = (&*session, &write(&*session).await);
    let operands = || {
        [
            dec("1.25"),
            dec("-2.500"),
            dec("0"),
            dec("0.001"),
            dec("-0.0000001"),
        ]
    };
    compares!(
        session,
        rows,
        Specimen::AMOUNT,
        |row| Some(row.values.amount),
        operands()
    );
    compares!(
        session,
        rows,
        Specimen::MAYBE_AMOUNT,
        |row| row.options.maybe_amount,
        operands()
    );
}

/// Moments compare in every encoding.
pub(crate) async fn moments(databases: &Databases) {
    let session = databases.migrated().await.session();
    let (session, rows) = (&*session, &write(&*session).await);
    let operands = || [at(0, 0), at(-1, 500_000), at(1, 0), at(2, 1), at(-2, -1)];
    compares!(
        session,
        rows,
        Specimen::AT_SECOND,
        |row| Some(row.values.at_second),
        operands()
    );
    compares!(
        session,
        rows,
        Specimen::AT_MILLI,
        |row| Some(row.values.at_milli),
        operands()
    );
    compares!(
        session,
        rows,
        Specimen::AT_THREE,
        |row| Some(row.values.at_three),
        operands()
    );
    compares!(
        session,
        rows,
        Specimen::AT_SIX,
        |row| Some(row.values.at_six),
        operands()
    );
    compares!(
        session,
        rows,
        Specimen::MAYBE_SECOND,
        |row| row.options.maybe_second,
        operands()
    );
    compares!(
        session,
        rows,
        Specimen::MAYBE_MILLI,
        |row| row.options.maybe_milli,
        operands()
    );
    compares!(
        session,
        rows,
        Specimen::MAYBE_THREE,
        |row| row.options.maybe_three,
        operands()
    );
    compares!(
        session,
        rows,
        Specimen::MAYBE_SIX,
        |row| row.options.maybe_six,
        operands()
    );
}

/// UUIDs compare in the same way in both formats.
pub(crate) async fn uuids(databases: &Databases) {
    let session = databases.migrated().await.session();
    let (session, rows) = (&*session, &write(&*session).await);
    let operands = || {
        [
            rows[1].values.long_uuid,
            uuid::Uuid::nil(),
            uuid::Uuid::max(),
        ]
    };
    compares!(
        session,
        rows,
        Specimen::LONG_UUID,
        |row| Some(row.values.long_uuid),
        operands()
    );
    compares!(
        session,
        rows,
        Specimen::SHORT_UUID,
        |row| Some(row.values.short_uuid),
        operands()
    );
    compares!(
        session,
        rows,
        Specimen::MAYBE_LONG_UUID,
        |row| row.options.maybe_long_uuid,
        operands()
    );
    compares!(
        session,
        rows,
        Specimen::MAYBE_SHORT_UUID,
        |row| row.options.maybe_short_uuid,
        operands()
    );
}

/// Codes compare by their stored value: numbers by value, text by bytes.
pub(crate) async fn codes(databases: &Databases) {
    let session = databases.migrated().await.session();
    let (session, rows) = (&*session, &write(&*session).await);
    compares!(
        session,
        rows,
        Specimen::GRADE,
        |row| Some(row.values.grade.clone()),
        [Grade::Low, Grade::Plain, Grade::from_code(5)],
        |it: Grade| it.code()
    );
    compares!(
        session,
        rows,
        Specimen::STATE,
        |row| Some(row.values.state.clone()),
        [State::Open, State::Unknown, State::from_str_code("OPEN")],
        |it: State| it.as_str().to_owned()
    );
    compares!(
        session,
        rows,
        Specimen::MAYBE_LEVEL,
        |row| row.options.maybe_level.clone(),
        [Level::First],
        |it: Level| it.code()
    );
    compares!(
        session,
        rows,
        Specimen::MAYBE_STATE,
        |row| row.options.maybe_state.clone(),
        [State::Shut],
        |it: State| it.as_str().to_owned()
    );
}
