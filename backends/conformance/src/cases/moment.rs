//! Moments in their four encodings.

use chrono::{DateTime, Utc};
use genledger_contract::{Entity, Filter, SessionExt};

use crate::ask::{at, numbers, rows_of};
use crate::check::breaks;
use crate::databases::Databases;
use crate::model::{Options, OptionsColumns, Specimen, Values, ValuesColumns};

fn specimen(number: i64, moment: DateTime<Utc>) -> Specimen {
    Specimen::new(number).with(|row| {
        row.values.at_second = moment;
        row.values.at_milli = moment;
        row.values.at_three = moment;
        row.values.at_six = moment;
        row.options.maybe_second = Some(moment);
        row.options.maybe_milli = Some(moment);
        row.options.maybe_three = Some(moment);
        row.options.maybe_six = Some(moment);
    })
}

/// Writes a moment and expects it to be read with these fractions: as seconds, as milliseconds,
/// and with microseconds.
async fn reads_as(
    databases: &Databases,
    written: &[(DateTime<Utc>, DateTime<Utc>, DateTime<Utc>, DateTime<Utc>)],
) {
    let session = databases.migrated().await.session();
    for (number, (moment, seconds, millis, micros)) in (0..).zip(written) {
        session.insert(&specimen(number, *moment)).await.unwrap();
        let key = ("acme".to_owned(), number);
        let found = session.get::<Specimen>(&key).await.unwrap();
        let Values {
            at_second,
            at_milli,
            at_three,
            at_six,
            ..
        } = found.values;
        assert_eq!(
            [at_second, at_milli, at_three, at_six],
            [*seconds, *millis, *millis, *micros],
            "{moment}"
        );
        let Options {
            maybe_second,
            maybe_milli,
            maybe_three,
            maybe_six,
            ..
        } = found.options;
        assert_eq!(
            [maybe_second, maybe_milli, maybe_three, maybe_six],
            [*seconds, *millis, *millis, *micros].map(Some),
            "{moment}"
        );
    }
}

/// A moment is truncated to the unit of its column, never rounded.
pub(crate) async fn truncated_to_the_encoding(databases: &Databases) {
    let moment = at(1_700_000_000, 987_654) + chrono::TimeDelta::nanoseconds(999);
    reads_as(
        databases,
        &[
            (
                moment,
                at(1_700_000_000, 0),
                at(1_700_000_000, 987_000),
                at(1_700_000_000, 987_654),
            ),
            (at(1, 999_999), at(1, 0), at(1, 999_000), at(1, 999_999)),
        ],
    )
    .await;
}

/// Before 1970 a moment is rounded down as well.
pub(crate) async fn before_1970(databases: &Databases) {
    reads_as(
        databases,
        &[
            (at(-1, 0), at(-1, 0), at(-1, 0), at(-1, 0)),
            (at(0, -1), at(-1, 0), at(0, -1000), at(0, -1)),
            (at(-2, 500_001), at(-2, 0), at(-2, 500_000), at(-2, 500_001)),
        ],
    )
    .await;
}

/// Moments from the year 1000 to the year 9999 survive, also beyond 32 bits of seconds and 64 bits of
/// nanoseconds.
pub(crate) async fn far_apart(databases: &Databases) {
    let written: Vec<_> = [
        "1000-01-01T00:00:00Z",
        "1582-10-10T12:00:00Z",
        "1677-09-21T00:12:43Z",
        "1900-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "2000-02-29T23:59:59Z",
        "2016-12-31T23:59:59Z",
        "2038-01-19T03:14:08Z",
        "2106-02-07T06:28:16Z",
        "2262-04-11T23:47:17Z",
        "9999-12-31T23:59:59Z",
    ]
    .into_iter()
    .map(|text| text.parse::<DateTime<Utc>>().unwrap())
    .flat_map(|moment| {
        let last = moment + chrono::TimeDelta::microseconds(999_999);
        let millis = moment + chrono::TimeDelta::milliseconds(999);
        [
            (moment, moment, moment, moment),
            (last, moment, millis, last),
        ]
    })
    .collect();
    reads_as(databases, &written).await;
}

/// Years outside of 1000 to 9999 are refused, and nothing is written.
pub(crate) async fn years_out_of_range(databases: &Databases) {
    let session = databases.migrated().await.session();
    for text in ["0999-12-31T23:59:59Z", "+10000-01-01T00:00:00Z"] {
        let moment: DateTime<Utc> = text.parse().unwrap();
        let row = Specimen::new(1).with(|row| row.values.at_six = moment);
        breaks(session.insert(&row).await, "out_of_range");
        let row = Specimen::new(1).with(|row| row.options.maybe_second = Some(moment));
        breaks(session.insert(&row).await, "out_of_range");
    }
    assert_eq!(rows_of::<Specimen>(&*session).await, 0);
}

/// An operand finer than the column's unit compares exactly, and is not truncated.
pub(crate) async fn operands_finer_than_the_column(databases: &Databases) {
    let session = databases.migrated().await.session();
    let rows = [
        specimen(0, at(-2, 0)),
        specimen(1, at(-1, 0)),
        specimen(2, at(10, 0)),
        specimen(3, at(11, 0)),
        Specimen::new(4).with(|row| row.values.at_second = at(1000, 0)),
    ];
    session.insert_many(&rows).await.unwrap();
    for (column, finer) in [
        (Specimen::MAYBE_SECOND, 500_000),
        (Specimen::MAYBE_MILLI, 500),
        (Specimen::MAYBE_THREE, 1),
    ] {
        for (operand, below) in [(at(10, finer), 2), (at(-2, finer), 0)] {
            let up_to: Vec<i64> = (0..=below).collect();
            let above: Vec<i64> = (below + 1..=3).collect();
            let select = async |filter: Filter<Specimen>| numbers(&*session, filter).await;
            assert_eq!(select(column.eq(operand)).await, [0_i64; 0]);
            assert_eq!(select(column.ne(operand)).await, [0, 1, 2, 3]);
            assert_eq!(select(column.lt(operand)).await, up_to, "lt {column:?}");
            assert_eq!(select(column.le(operand)).await, up_to, "le {column:?}");
            assert_eq!(select(column.gt(operand)).await, above, "gt {column:?}");
            assert_eq!(select(column.ge(operand)).await, above, "ge {column:?}");
            assert_eq!(
                select(!column.ge(operand)).await,
                up_to,
                "not ge {column:?}"
            );
            assert_eq!(select(column.is_in([operand, at(11, 0)])).await, [3]);
        }
    }
    // The same on a column that is never NULL.
    assert_eq!(
        numbers(&*session, Specimen::AT_SECOND.ne(at(10, 1))).await,
        [0, 1, 2, 3, 4]
    );
}

/// Updates truncate moments as inserts do.
pub(crate) async fn updates_truncate_as_well(databases: &Databases) {
    let session = databases.migrated().await.session();
    let row = Specimen::new(1);
    session.insert(&row).await.unwrap();
    let fine = at(0, -1);
    let changed = session
        .update_if(
            &row.key(),
            Filter::all(),
            [
                Specimen::AT_SECOND.set(fine),
                Specimen::AT_MILLI.set(fine),
                Specimen::AT_THREE.set(fine),
                Specimen::AT_SIX.set(fine),
                Specimen::MAYBE_SECOND.set(fine),
            ],
        )
        .await
        .unwrap();
    assert!(changed);
    let found = session.get::<Specimen>(&row.key()).await.unwrap();
    let expected = row.with(|row| {
        row.values.at_second = at(-1, 0);
        row.values.at_milli = at(0, -1000);
        row.values.at_three = at(0, -1000);
        row.values.at_six = fine;
        row.options.maybe_second = Some(at(-1, 0));
    });
    assert_eq!(found, expected);
}
