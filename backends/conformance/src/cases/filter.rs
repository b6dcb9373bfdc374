//! What filters select.

use std::cmp::Ordering;

use genledger_contract::{Filter, Session, SessionExt};

use crate::ask::{at, dec, matching, numbers};
use crate::check::breaks;
use crate::lab::Lab;
use crate::model::{Account, Grade, Level, OptionsColumns, Specimen, State, ValuesColumns};

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
    session.insert_all(&rows).await.unwrap();
    matching(session, Filter::<Specimen>::all()).await
}

/// Expects a filter to select the rows for which `holds` answers true; unknown is not true.
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

/// Integers of every width compare as numbers, NULL with nothing.
pub(crate) async fn integers(lab: &Lab) {
    let session = lab.database().await.session();
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
pub(crate) async fn booleans(lab: &Lab) {
    let session = lab.database().await.session();
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
pub(crate) async fn decimals(lab: &Lab) {
    let session = lab.database().await.session();
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
pub(crate) async fn moments(lab: &Lab) {
    let session = lab.database().await.session();
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

/// UUIDs compare alike in both spellings.
pub(crate) async fn uuids(lab: &Lab) {
    let session = lab.database().await.session();
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

/// Codes compare as what is stored: numbers by value, text by bytes.
pub(crate) async fn codes(lab: &Lab) {
    let session = lab.database().await.session();
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

/// Three accounts: without a bonus, with 1, with 2.
async fn three(session: &dyn Session) {
    let rows = [None, Some(1), Some(2)].map(|bonus| Account {
        bonus,
        ..Account::new(bonus.unwrap_or_default())
    });
    session.insert_all(&rows).await.unwrap();
}

async fn ids(session: &dyn Session, filter: Filter<Account>) -> Vec<i64> {
    let rows = matching(session, filter).await;
    rows.iter().map(|row| row.id).collect()
}

/// Expects each filter to select these accounts; 0 is the one without a bonus.
async fn select_ids<const N: usize>(
    session: &dyn Session,
    expectations: [(Filter<Account>, &[i64]); N],
) {
    for (filter, expected) in expectations {
        let about = format!("{filter:?}");
        assert_eq!(ids(session, filter).await, expected, "{about}");
    }
}

/// A comparison with a missing value is unknown: it selects nothing, and its negation neither.
pub(crate) async fn unknown_is_not_true(lab: &Lab) {
    let session = lab.database().await.session();
    three(&*session).await;
    let bonus = Account::BONUS;
    select_ids(
        &*session,
        [
            (bonus.eq(1), &[1]),
            (bonus.ne(1), &[2]),
            (!bonus.eq(1), &[2]),
            (!bonus.ne(1), &[1]),
            (!!bonus.eq(1), &[1]),
            (bonus.lt(9), &[1, 2]),
            (!bonus.lt(9), &[]),
            (bonus.is_null(), &[0]),
            (bonus.is_not_null(), &[1, 2]),
            (!bonus.is_not_null(), &[0]),
            (bonus.eq(None), &[]),
            (bonus.ne(None), &[]),
            (bonus.is_in([1, 3]), &[1]),
            (!bonus.is_in([1, 3]), &[2]),
            (bonus.is_in([Some(1), None]), &[1]),
            (bonus.is_in([None::<i64>]), &[]),
        ],
    )
    .await;
}

/// `and`, `or` and `not` follow three-valued logic at any depth.
pub(crate) async fn three_valued_logic(lab: &Lab) {
    let session = lab.database().await.session();
    three(&*session).await;
    let bonus = Account::BONUS;
    let one = || bonus.eq(1);
    select_ids(
        &*session,
        [
            (one() & bonus.eq(2), &[]),
            (!(one() & bonus.eq(2)), &[1, 2]),
            (one() | bonus.is_null(), &[0, 1]),
            (!(one() | bonus.is_null()), &[2]),
            (one() & bonus.is_null(), &[]),
            (!(one() & bonus.is_null()), &[1, 2]),
            // Unknown and false is false, so its negation is true.
            (!(one() & bonus.is_not_null()), &[0, 2]),
            // Unknown or true is true.
            (one() | !bonus.is_not_null(), &[0, 1]),
            (!(one() | bonus.eq(2)), &[]),
            (!(!one() | Account::ID.eq(0)), &[1]),
            (!(!(one() | Account::ID.eq(0)) & bonus.eq(2)), &[0, 1]),
        ],
    )
    .await;
}

/// The constant filters and the empty list, alone and in combinations.
pub(crate) async fn constants(lab: &Lab) {
    let session = lab.database().await.session();
    three(&*session).await;
    let empty = || Account::BONUS.is_in(Vec::<i64>::new());
    let all: fn() -> Filter<Account> = Filter::all;
    let none: fn() -> Filter<Account> = Filter::none;
    select_ids(
        &*session,
        [
            (all(), &[0, 1, 2]),
            (!all(), &[]),
            (none(), &[]),
            (!none(), &[0, 1, 2]),
            (empty(), &[]),
            (!empty(), &[0, 1, 2]),
            (all() & Account::BONUS.eq(1), &[1]),
            (none() & Account::BONUS.eq(1), &[]),
            (all() | Account::BONUS.eq(1), &[0, 1, 2]),
            (none() | Account::BONUS.eq(1), &[1]),
            (empty() | Account::BONUS.eq(1), &[1]),
            (Account::BONUS.eq(1) | all(), &[0, 1, 2]),
            (Account::BONUS.eq(1) & none(), &[]),
            (!(all() & none()), &[0, 1, 2]),
        ],
    )
    .await;
}

/// A list may hold ten thousand values, and the same value twice.
pub(crate) async fn long_lists(lab: &Lab) {
    let session = lab.database().await.session();
    session.insert_all(&Account::many(0..100)).await.unwrap();
    let list: Vec<i64> = (50..10_050).collect();
    let found = ids(&*session, Account::ID.is_in(list)).await;
    assert_eq!(found, (50..100).collect::<Vec<_>>());
    assert_eq!(ids(&*session, Account::ID.is_in([7, 7, 7])).await, [7]);
}

/// A filter may be a hundred conditions long and thirty deep.
pub(crate) async fn long_and_deep(lab: &Lab) {
    let session = lab.database().await.session();
    three(&*session).await;
    let long = (0..100).fold(Filter::none(), |filter, id| {
        filter | (Account::ID.eq(id * 2) & Account::VERSION.le(id))
    });
    assert_eq!(ids(&*session, long).await, [0, 2]);
    let deep = (0..30).fold(Account::BONUS.eq(1), |filter, round| {
        if round % 2 == 0 {
            !(filter & Account::VERSION.eq(0))
        } else {
            filter | Account::ID.eq(100)
        }
    });
    // An odd number of negations of `bonus = 1`, each of which leaves the unknown row unknown.
    let found = ids(&*session, deep).await;
    assert_eq!(found, [2]);
}

/// Integers that the column could not hold are compared as numbers all the same.
pub(crate) async fn operands_wider_than_the_column(lab: &Lab) {
    let session = lab.database().await.session();
    three(&*session).await;
    // A decimal operand may have more digits than the column; see also the topic `decimal`.
    let great = dec("79228162514264337593543950335");
    assert_eq!(ids(&*session, Account::BALANCE.lt(great)).await, [0, 1, 2]);
    assert_eq!(ids(&*session, Account::BALANCE.eq(great)).await, [0_i64; 0]);
}

/// A filter that cannot be made is an error of the statement that uses it.
pub(crate) async fn impossible_operands(lab: &Lab) {
    let session = lab.database().await.session();
    three(&*session).await;
    let filter = || Account::OWNER.eq("\0") & Account::ID.eq(1);
    breaks(session.count(filter(), 10).await, "nul_character");
    breaks(session.delete_where(filter()).await, "nul_character");
    let change = [Account::VISITS.set(1)];
    breaks(
        session.update_if(&1, filter(), change).await,
        "nul_character",
    );
    assert_eq!(ids(&*session, Filter::all()).await, [0, 1, 2]);
}
