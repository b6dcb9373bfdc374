//! Sums, counts and bounds, by groups.

use genledger_contract::{
    AggregateQuery, AggregateRow, Entity, Filter, Session, SessionExt, ValueRef,
};
use rust_decimal::Decimal;

use crate::ask::{at, dec};
use crate::check::breaks;
use crate::lab::Lab;
use crate::model::{Account, Entry, OptionsColumns, Signal, Specimen, State, ValuesColumns};

fn over<E: Entity>() -> AggregateQuery<E> {
    AggregateQuery::over(Filter::all())
}

async fn ask<E: Entity>(session: &dyn Session, query: AggregateQuery<E>) -> Vec<AggregateRow> {
    session.aggregate(query).await.unwrap()
}

/// The answers as integers, `None` for NULL.
fn integers(rows: &[AggregateRow], columns: usize) -> Vec<Vec<Option<i64>>> {
    let row = |row: &AggregateRow| (0..columns).map(|at| row.value(at).as_i64()).collect();
    rows.iter().map(row).collect()
}

/// Of no rows, counts and sums are 0, bounds are NULL, and there are no groups.
pub(crate) async fn of_no_rows(lab: &Lab) {
    let session = lab.database().await.session();
    let measured = || {
        over::<Entry>()
            .count()
            .sum(Entry::TOKENS)
            .sum(Entry::MILLIS)
            .sum(Entry::COST)
            .min(Entry::TOKENS)
            .max(Entry::MODEL)
    };
    let rows = ask(&*session, measured()).await;
    let [row] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    assert_eq!(row.value(0), ValueRef::I64(0));
    assert_eq!(row.value(1), ValueRef::I64(0));
    assert_eq!(row.value(2), ValueRef::I64(0));
    assert_eq!(row.decimal(3).unwrap(), Decimal::ZERO);
    assert_eq!(row.value(4), ValueRef::Null);
    assert_eq!(row.text(5).unwrap(), None);
    assert_eq!(ask(&*session, measured().group_by(Entry::MODEL)).await, []);
    session.insert(&Entry::new(1, 1)).await.unwrap();
    let none = AggregateQuery::over(Entry::ID.gt(1)).sum(Entry::COST);
    let rows = ask(&*session, none).await;
    assert_eq!(rows[0].decimal(0).unwrap(), Decimal::ZERO);
}

/// Rows are counted and summed by groups, which come in order, NULL first.
pub(crate) async fn groups(lab: &Lab) {
    let session = lab.database().await.session();
    let entry = |id, model: &str, millis, tokens| Entry {
        model: model.to_owned(),
        millis,
        tokens,
        cost: Decimal::new(tokens, 6),
        ..Entry::new(id, id)
    };
    session
        .insert_all(&[
            entry(1, "b", Some(10), 5),
            entry(2, "a", None, 7),
            entry(3, "b", Some(-20), -6),
            entry(4, "a", None, 1),
            entry(5, "c", Some(0), 0),
        ])
        .await
        .unwrap();
    let query = over()
        .group_by(Entry::MODEL)
        .count()
        .sum(Entry::TOKENS)
        .sum(Entry::MILLIS)
        .min(Entry::MILLIS)
        .max(Entry::TOKENS)
        .sum(Entry::COST);
    let rows = ask(&*session, query).await;
    let names: Vec<_> = rows.iter().map(|row| row.text(0).unwrap()).collect();
    assert_eq!(names, [Some("a"), Some("b"), Some("c")]);
    let numbers: Vec<Vec<_>> = integers(&rows, 6)
        .into_iter()
        .map(|row| row[1..].to_vec())
        .collect();
    assert_eq!(
        numbers,
        [
            // NULLs are not summed, and have no bounds.
            [Some(2), Some(8), Some(0), None, Some(7)],
            [Some(2), Some(-1), Some(-10), Some(-20), Some(5)],
            [Some(1), Some(0), Some(0), Some(0), Some(0)],
        ]
    );
    let costs: Vec<_> = rows.iter().map(|row| row.decimal(6).unwrap()).collect();
    assert_eq!(costs, [dec("0.000008"), dec("-0.000001"), dec("0")]);
    let query = AggregateQuery::over(Entry::TOKENS.gt(0))
        .group_by(Entry::MILLIS)
        .group_by(Entry::MODEL)
        .count();
    let rows = ask(&*session, query).await;
    let found: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.value(0).as_i64(),
                row.text(1).unwrap(),
                row.integer(2).unwrap(),
            )
        })
        .collect();
    assert_eq!(found, [(None, Some("a"), 2), (Some(10), Some("b"), 1)]);
}

/// Texts that differ in case or trailing spaces only are groups of their own.
pub(crate) async fn groups_of_similar_texts(lab: &Lab) {
    let session = lab.database().await.session();
    let texts = ["a", "a ", "A", "a  ", "a\t", "", " ", "á", "a"];
    let rows: Vec<Entry> = (0..)
        .zip(texts)
        .map(|(id, text)| Entry {
            model: text.to_owned(),
            ..Entry::new(id, 0)
        })
        .collect();
    session.insert_all(&rows).await.unwrap();
    let rows = ask(&*session, over().group_by(Entry::MODEL).count()).await;
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.text(0).unwrap().unwrap(), row.integer(1).unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            ("", 1),
            (" ", 1),
            ("A", 1),
            ("a", 2),
            ("a\t", 1),
            ("a ", 1),
            ("a  ", 1),
            ("á", 1)
        ]
    );
    let bounds = over().min(Entry::MODEL).max(Entry::MODEL);
    let rows = ask(&*session, bounds).await;
    assert_eq!(rows[0].text(0).unwrap(), Some(""));
    assert_eq!(rows[0].text(1).unwrap(), Some("á"));
}

/// Groups are answered as values of their column's kind, whatever the kind.
pub(crate) async fn groups_of_every_kind(lab: &Lab) {
    let session = lab.database().await.session();
    let full = Specimen::full(1);
    session
        .insert_all(&[Specimen::new(0), full.clone()])
        .await
        .unwrap();
    let options = &full.options;
    let uuid = options.maybe_long_uuid.unwrap();
    let moment = options.maybe_six.unwrap();
    let (long, short) = (uuid.hyphenated().to_string(), uuid.simple().to_string());
    let expectations = [
        (over().group_by(Specimen::MAYBE_FLAG), ValueRef::Bool(true)),
        (
            over().group_by(Specimen::MAYBE_AMOUNT),
            ValueRef::Decimal(dec("-123.45")),
        ),
        (
            over().group_by(Specimen::MAYBE_NAME),
            ValueRef::Text("name"),
        ),
        (
            over().group_by(Specimen::MAYBE_STORY),
            ValueRef::Text("story"),
        ),
        (
            over().group_by(Specimen::MAYBE_THREE),
            ValueRef::DateTime(moment),
        ),
        (
            over().group_by(Specimen::MAYBE_SIX),
            ValueRef::DateTime(moment),
        ),
        (
            over().group_by(Specimen::MAYBE_SECOND),
            ValueRef::I64(moment.timestamp()),
        ),
        (
            over().group_by(Specimen::MAYBE_MILLI),
            ValueRef::I64(moment.timestamp_millis()),
        ),
        (
            over().group_by(Specimen::MAYBE_LONG_UUID),
            ValueRef::Text(&long),
        ),
        (
            over().group_by(Specimen::MAYBE_SHORT_UUID),
            ValueRef::Text(&short),
        ),
        (
            over().group_by(Specimen::MAYBE_STATE),
            ValueRef::Text("shut"),
        ),
    ];
    for (query, expected) in expectations {
        let about = format!("{query:?}");
        let rows = ask(&*session, query.count()).await;
        assert_eq!(rows[0].value(0), ValueRef::Null, "{about}");
        assert_eq!(rows[1].value(0), expected, "{about}");
        assert_eq!(rows.len(), 2);
    }
    for (query, expected) in [
        (over().group_by(Specimen::MAYBE_SMALL), -7),
        (over().group_by(Specimen::MAYBE_MEDIUM), 70_000),
        (over().group_by(Specimen::MAYBE_BIG), 1 << 53),
        (over().group_by(Specimen::MAYBE_LEVEL), 100_000),
    ] {
        let rows = ask(&*session, query.count()).await;
        assert_eq!(rows[0].value(0), ValueRef::Null);
        assert_eq!(rows[1].integer(0).unwrap(), expected);
    }
}

/// Every kind that is compared has bounds.
pub(crate) async fn bounds_of_every_kind(lab: &Lab) {
    let session = lab.database().await.session();
    let mut low = Specimen::full(1);
    low.label = None;
    low.values.flag = false;
    low.values.small = -3;
    low.values.amount = dec("-10.5");
    low.values.name = "Z".to_owned();
    low.values.at_three = at(-1, 0);
    low.values.at_six = at(-1, 999_999);
    low.values.long_uuid = uuid::Uuid::nil();
    let mut high = low.clone();
    high.number = 2;
    high.values.flag = true;
    high.values.small = 3;
    high.values.amount = dec("9.5");
    high.values.name = "a".to_owned();
    high.values.at_three = at(1, 0);
    high.values.at_six = at(1, 1);
    high.values.long_uuid = uuid::Uuid::max();
    session
        .insert_all(&[high.clone(), low.clone()])
        .await
        .unwrap();
    macro_rules! bounds {
        ($($column:ident: $low:expr, $high:expr;)+) => {$({
            let query = over().min(Specimen::$column).max(Specimen::$column);
            let rows = ask(&*session, query).await;
            let found = (rows[0].value(0), rows[0].value(1));
            let same = found.0.same($low) && found.1.same($high);
            assert!(same, "{}: {found:?}", stringify!($column));
        })+};
    }
    let (nil, max) = (uuid::Uuid::nil().to_string(), uuid::Uuid::max().to_string());
    bounds! {
        NUMBER: ValueRef::I64(1), ValueRef::I64(2);
        FLAG: ValueRef::Bool(false), ValueRef::Bool(true);
        SMALL: ValueRef::I64(-3), ValueRef::I64(3);
        AMOUNT: ValueRef::Decimal(low.values.amount), ValueRef::Decimal(high.values.amount);
        NAME: ValueRef::Text("Z"), ValueRef::Text("a");
        AT_THREE: ValueRef::DateTime(at(-1, 0)), ValueRef::DateTime(at(1, 0));
        AT_SIX: ValueRef::DateTime(at(-1, 999_999)), ValueRef::DateTime(at(1, 1));
        LONG_UUID: ValueRef::Text(&nil), ValueRef::Text(&max);
        LABEL: ValueRef::Null, ValueRef::Null;
    }
}

/// Sums of every width answer 64 bits, exactly.
pub(crate) async fn sums_of_every_width(lab: &Lab) {
    let session = lab.database().await.session();
    let rows = [1, 2, 3].map(|id| Account {
        version: (1 << 60) + 1,
        visits: i32::MAX,
        small: i16::MIN,
        bonus: (id != 2).then_some(id),
        ..Account::new(id)
    });
    session.insert_all(&rows).await.unwrap();
    let query = over()
        .sum(Account::VERSION)
        .sum(Account::VISITS)
        .sum(Account::SMALL)
        .sum(Account::BONUS);
    let sums = integers(&ask(&*session, query).await, 4);
    let expected = [
        (3 << 60) + 3,
        3 * i64::from(i32::MAX),
        3 * i64::from(i16::MIN),
        4,
    ];
    assert_eq!(sums, [expected.map(Some)]);
}

async fn account_versions(session: &dyn Session, versions: &[i64]) {
    session
        .delete_where::<Account>(Filter::all())
        .await
        .unwrap();
    let rows: Vec<Account> = (0..)
        .zip(versions)
        .map(|(id, version)| Account {
            version: *version,
            ..Account::new(id)
        })
        .collect();
    session.insert_all(&rows).await.unwrap();
}

/// A sum that fits 64 bits is exact, also when sums on the way to it do not fit.
pub(crate) async fn sums_that_just_fit(lab: &Lab) {
    let session = lab.database().await.session();
    for (versions, expected) in [
        (vec![i64::MAX, 1, -1], i64::MAX),
        (vec![i64::MAX, i64::MAX, -i64::MAX], i64::MAX),
        (vec![i64::MIN, -1, 1], i64::MIN),
        (vec![i64::MIN, i64::MAX], -1),
        (vec![i64::MIN, i64::MIN, i64::MAX, i64::MAX, 2], 0),
    ] {
        account_versions(&*session, &versions).await;
        let rows = ask(&*session, over().sum(Account::VERSION)).await;
        assert_eq!(rows[0].integer(0).unwrap(), expected, "{versions:?}");
    }
}

/// A sum that does not fit 64 bits is refused, in a group as well.
pub(crate) async fn sums_that_overflow(lab: &Lab) {
    let session = lab.database().await.session();
    for versions in [[i64::MAX, 1], [i64::MIN, -1], [i64::MAX, i64::MAX]] {
        account_versions(&*session, &versions).await;
        let sum = session.aggregate(over().sum(Account::VERSION)).await;
        breaks(sum, "overflow");
        let grouped = over()
            .group_by(Account::OWNER)
            .count()
            .sum(Account::VERSION);
        breaks(session.aggregate(grouped).await, "overflow");
        // By other groups the same rows fit.
        let apart = over().group_by(Account::ID).sum(Account::VERSION);
        let sums = integers(&ask(&*session, apart).await, 2);
        assert_eq!(sums[0][1], Some(versions[0]));
    }
}

/// Moments fall into spans by their floor, before 1970 as well, in seconds and in milliseconds.
pub(crate) async fn buckets(lab: &Lab) {
    let session = lab.database().await.session();
    let moments = [
        (-901, 0),
        (-900, 0),
        (-1, 999_000),
        (0, 0),
        (0, 1_000),
        (899, 999_000),
        (900, 0),
        (1_700_000_000, 500_000),
    ];
    let mut rows: Vec<Entry> = (0..)
        .zip(moments)
        .map(|(id, (seconds, micros))| Entry {
            asked_at: Some(at(seconds, micros)),
            ..Entry::new(id, seconds)
        })
        .collect();
    rows.push(Entry::new(100, 0));
    session.insert_all(&rows).await.unwrap();
    for seconds in [1, 7, 900, 3600, 86_400] {
        let floor = |moment: i64| Some(moment.div_euclid(seconds) * seconds);
        for (query, bucket) in [
            (
                over().bucket(Entry::CREATED_AT, seconds),
                Box::new(|row: &Entry| floor(row.created_at.timestamp()))
                    as Box<dyn Fn(&Entry) -> Option<i64> + Send>,
            ),
            (
                over().bucket(Entry::ASKED_AT, seconds),
                Box::new(|row: &Entry| row.asked_at.and_then(|moment| floor(moment.timestamp()))),
            ),
        ] {
            let mut expected = std::collections::BTreeMap::new();
            for row in &rows {
                *expected.entry(bucket(row)).or_insert(0) += 1;
            }
            let expected: Vec<Vec<Option<i64>>> = expected
                .into_iter()
                .map(|(bucket, count)| vec![bucket, Some(count)])
                .collect();
            let found = integers(&ask(&*session, query.count()).await, 2);
            assert_eq!(found, expected, "spans of {seconds}");
        }
    }
}

/// Spans and columns make groups together.
pub(crate) async fn buckets_beside_columns(lab: &Lab) {
    let session = lab.database().await.session();
    let rows: Vec<Entry> = (0..12)
        .map(|id| Entry {
            model: ["x", "y"][usize::try_from(id % 2).unwrap()].to_owned(),
            ..Entry::new(id, id * 10)
        })
        .collect();
    session.insert_all(&rows).await.unwrap();
    let query = over()
        .bucket(Entry::CREATED_AT, 60)
        .group_by(Entry::MODEL)
        .count()
        .sum(Entry::TOKENS);
    let rows = ask(&*session, query).await;
    let found: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.integer(0).unwrap(),
                row.text(1).unwrap().unwrap(),
                row.integer(2).unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [(0, "x", 3), (0, "y", 3), (60, "x", 3), (60, "y", 3)]
    );
}

/// What cannot be summed, grouped or bucketed is refused.
pub(crate) async fn what_is_refused(lab: &Lab) {
    let session = lab.database().await.session();
    let refuse = async |query: AggregateQuery<Specimen>, rule| {
        breaks(session.aggregate(query).await, rule);
    };
    refuse(over(), "empty").await;
    refuse(over().group_by(Specimen::NUMBER), "empty").await;
    refuse(over().sum(Specimen::NAME), "not_a_number").await;
    refuse(over().sum(Specimen::AT_SECOND), "not_a_number").await;
    refuse(over().sum(Specimen::FLAG), "not_a_number").await;
    let counted = || over().count();
    refuse(counted().bucket(Specimen::AT_SIX, 60), "not_a_unix_time").await;
    refuse(counted().bucket(Specimen::BIG, 60), "not_a_unix_time").await;
    refuse(counted().bucket(Specimen::AT_SECOND, 0), "out_of_range").await;
    refuse(counted().bucket(Specimen::AT_SECOND, -1), "out_of_range").await;
    refuse(
        counted().bucket(Specimen::AT_SECOND, i64::MAX),
        "out_of_range",
    )
    .await;
}

/// Codes are grouped as what is stored.
pub(crate) async fn groups_of_codes(lab: &Lab) {
    let session = lab.database().await.session();
    let signal = |id, state| Signal {
        id,
        grade: crate::model::Grade::High,
        level: None,
        state,
        version: id,
    };
    session
        .insert_all(&[
            signal(1, State::Shut),
            signal(2, State::Open),
            signal(3, State::Shut),
        ])
        .await
        .unwrap();
    let query = over().group_by(Signal::STATE).sum(Signal::VERSION);
    let rows = ask(&*session, query).await;
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.text(0).unwrap().unwrap(), row.integer(1).unwrap()))
        .collect();
    assert_eq!(found, [("open", 2), ("shut", 4)]);
}
