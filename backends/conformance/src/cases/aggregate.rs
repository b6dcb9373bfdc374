//! Sums, counts and bounds, by groups.

use genledger_contract::SessionExt;
use genledger_contract::query::AggregateQuery;
use genledger_contract::row::ValueRef;
use rust_decimal::Decimal;

use crate::ask::{aggregated, at, dec, integers, over};
use crate::check::breaks;
use crate::databases::Databases;
use crate::model::{Entry, OptionsColumns, Signal, Specimen, State, ValuesColumns};

/// Without rows, counts and sums are 0, bounds are NULL, and there are no groups.
pub(crate) async fn of_no_rows(databases: &Databases) {
    let session = databases.migrated().await.session();
    let measured = || {
        over::<Entry>()
            .count()
            .sum(Entry::TOKENS)
            .sum(Entry::MILLIS)
            .sum(Entry::COST)
            .min(Entry::TOKENS)
            .max(Entry::MODEL)
    };
    let rows = aggregated(&*session, measured()).await;
    let [row] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    assert_eq!(row.value(0), ValueRef::I64(0));
    assert_eq!(row.value(1), ValueRef::I64(0));
    assert_eq!(row.value(2), ValueRef::I64(0));
    assert_eq!(row.decimal(3).unwrap(), Decimal::ZERO);
    assert_eq!(row.value(4), ValueRef::Null);
    assert_eq!(row.text(5).unwrap(), None);
    assert_eq!(
        aggregated(&*session, measured().group_by(Entry::MODEL)).await,
        []
    );
    session.insert(&Entry::new(1, 1)).await.unwrap();
    let none = AggregateQuery::over(Entry::ID.gt(1)).sum(Entry::COST);
    let rows = aggregated(&*session, none).await;
    // With the digits of its column.
    assert_eq!(rows[0].decimal(0).unwrap().to_string(), "0.000000");
}

/// Rows are counted and summed by groups, which come in order, NULL first.
pub(crate) async fn groups(databases: &Databases) {
    let session = databases.migrated().await.session();
    let entry = |id, model: &str, millis, tokens| Entry {
        model: model.to_owned(),
        millis,
        tokens,
        cost: Decimal::new(tokens, 6),
        ..Entry::new(id, id)
    };
    session
        .insert_many(&[
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
    let rows = aggregated(&*session, query).await;
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
    let rows = aggregated(&*session, query).await;
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

/// Texts that differ only in case or trailing spaces are separate groups.
pub(crate) async fn groups_of_similar_texts(databases: &Databases) {
    let session = databases.migrated().await.session();
    let texts = ["a", "a ", "A", "a  ", "a\t", "", " ", "á", "a"];
    let rows: Vec<Entry> = (0..)
        .zip(texts)
        .map(|(id, text)| Entry {
            model: text.to_owned(),
            ..Entry::new(id, 0)
        })
        .collect();
    session.insert_many(&rows).await.unwrap();
    let rows = aggregated(&*session, over().group_by(Entry::MODEL).count()).await;
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
    let rows = aggregated(&*session, bounds).await;
    assert_eq!(rows[0].text(0).unwrap(), Some(""));
    assert_eq!(rows[0].text(1).unwrap(), Some("á"));
}

/// Texts that differ only after their first 70,000 bytes are separate groups, and equal ones are one group.
pub(crate) async fn groups_of_long_texts(databases: &Databases) {
    let session = databases.migrated().await.session();
    let long = |end: &str| format!("{}{end}", "x".repeat(70_000));
    // Alternating, so that a server that sorts by a prefix finds them mixed.
    let ends = ["a", "b", "a", "b", "a ", "b", "a", ""];
    let rows: Vec<Specimen> = (0..)
        .zip(ends)
        .map(|(number, end)| Specimen::new(number).with(|row| row.values.story = long(end)))
        .collect();
    session.insert_many(&rows).await.unwrap();
    for query in [over().count(), over().count().max(Specimen::STORY)] {
        let rows = aggregated(&*session, query.group_by(Specimen::STORY)).await;
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row.text(0).unwrap().unwrap(), row.integer(1).unwrap()))
            .map(|(text, count)| (text.trim_start_matches('x'), text.len(), count))
            .collect();
        let expected = [
            ("", 70_000, 1),
            ("a", 70_001, 3),
            ("a ", 70_002, 1),
            ("b", 70_001, 3),
        ];
        assert_eq!(found, expected);
    }
}

/// Groups are returned as values of their column's kind, for every kind.
pub(crate) async fn groups_of_every_kind(databases: &Databases) {
    let session = databases.migrated().await.session();
    let full = Specimen::full(1);
    session
        .insert_many(&[Specimen::new(0), full.clone()])
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
        let rows = aggregated(&*session, query.count()).await;
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
        let rows = aggregated(&*session, query.count()).await;
        assert_eq!(rows[0].value(0), ValueRef::Null);
        assert_eq!(rows[1].integer(0).unwrap(), expected);
    }
}

/// Every kind that is compared has bounds.
pub(crate) async fn bounds_of_every_kind(databases: &Databases) {
    let session = databases.migrated().await.session();
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
        .insert_many(&[high.clone(), low.clone()])
        .await
        .unwrap();
    macro_rules! bounds {
        ($($column:ident: $low:expr, $high:expr;)+) => {$({
            let query = over().min(Specimen::$column).max(Specimen::$column);
            let rows = aggregated(&*session, query).await;
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

/// Columns that cannot be summed, grouped or bucketed are refused.
pub(crate) async fn what_is_refused(databases: &Databases) {
    let session = databases.migrated().await.session();
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

/// Codes are grouped by their stored value.
pub(crate) async fn groups_of_codes(databases: &Databases) {
    let session = databases.migrated().await.session();
    let signal = |id, state| Signal {
        id,
        grade: crate::model::Grade::High,
        level: None,
        state,
        version: id,
    };
    session
        .insert_many(&[
            signal(1, State::Shut),
            signal(2, State::Open),
            signal(3, State::Shut),
        ])
        .await
        .unwrap();
    let query = over().group_by(Signal::STATE).sum(Signal::VERSION);
    let rows = aggregated(&*session, query).await;
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.text(0).unwrap().unwrap(), row.integer(1).unwrap()))
        .collect();
    assert_eq!(found, [("open", 2), ("shut", 4)]);
}
