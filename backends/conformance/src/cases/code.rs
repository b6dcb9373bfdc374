//! Coded enums, and codes of a newer version of the application.

use genledger_contract::query::AggregateQuery;
use genledger_contract::{CodedEnum, ErrorKind, Filter, Query, Session, SessionExt, Violation};

use crate::ask::matching;
use crate::check::{breaks, fails};
use crate::databases::Databases;
use crate::model::{Grade, Level, NewerGrade, NewerLevel, NewerSignal, NewerState, Signal, State};

fn newer(id: i64) -> NewerSignal {
    NewerSignal {
        id,
        grade: NewerGrade::Top,
        level: Some(NewerLevel::Least),
        state: NewerState::Shouted,
        version: 0,
    }
}

fn known(id: i64) -> Signal {
    Signal {
        id,
        grade: Grade::High,
        level: None,
        state: State::Unknown,
        version: 0,
    }
}

async fn grades(session: &dyn Session, filter: Filter<Signal>) -> Vec<i64> {
    let rows = matching(session, filter).await;
    rows.iter().map(|row| row.id).collect()
}

/// Every known code survives.
pub(crate) async fn known_codes(databases: &Databases) {
    let session = databases.migrated().await.session();
    let mut id = 0;
    for grade in Grade::KNOWN {
        for state in State::KNOWN {
            id += 1;
            let signal = Signal {
                id,
                grade: grade.clone(),
                level: Some(Level::First),
                state: state.clone(),
                version: 0,
            };
            session.insert(&signal).await.unwrap();
            assert_eq!(session.get::<Signal>(&id).await.unwrap(), signal);
        }
    }
}

/// A code that this version does not know is read and kept unchanged.
pub(crate) async fn unknown_codes_are_read(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert(&newer(1)).await.unwrap();
    let found = session.get::<Signal>(&1).await.unwrap();
    assert!(!found.grade.is_known() && !found.state.is_known());
    assert_eq!(found.grade.code(), 77);
    assert_eq!(found.level.as_ref().map(Level::code), Some(i32::MIN));
    assert_eq!(found.state.as_str(), "OPEN");
    assert_eq!(session.get::<NewerSignal>(&1).await.unwrap(), newer(1));
}

/// An update that does not set its column keeps an unknown code.
pub(crate) async fn unknown_codes_survive_updates(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert(&newer(1)).await.unwrap();
    let changed = session
        .update_if(
            &1,
            Signal::VERSION.eq(0),
            [Signal::VERSION.plus(1), Signal::STATE.set(State::Shut)],
        )
        .await
        .unwrap();
    assert!(changed);
    let found = session.get::<Signal>(&1).await.unwrap();
    assert_eq!(found.grade.code(), 77);
    assert_eq!(found.state, State::Shut);
    let rows = [known(1)];
    let upserted = session.upsert(&rows, [Signal::VERSION.plus(1)]);
    upserted.await.unwrap();
    let found = session.get::<NewerSignal>(&1).await.unwrap();
    assert_eq!((found.grade, found.version), (NewerGrade::Top, 2));
}

/// An unknown code is never newly written.
pub(crate) async fn unknown_codes_are_not_written(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&[newer(1)]).await.unwrap();
    session.insert(&known(2)).await.unwrap();
    let read = session.get::<Signal>(&1).await.unwrap();
    let copy = Signal {
        id: 3,
        ..read.clone()
    };
    let inserted = session.insert(&copy).await;
    let many = session.insert_if_absent(&[read.clone()]).await.map(drop);
    for outcome in [inserted, many] {
        // Each of them is reported.
        let error = fails(outcome, ErrorKind::Invalid);
        let rule = |violation: &Violation| format!("{} {}", violation.path(), violation.rule());
        let found: Vec<String> = error.violations().iter().map(rule).collect();
        let expected = ["grade", "level", "state"].map(|path| format!("{path} unrecognized_code"));
        assert_eq!(found, expected);
    }
    let change = [Signal::GRADE.set(read.grade.clone())];
    breaks(
        session.update_if(&2, Filter::all(), change).await,
        "unrecognized_code",
    );
    let change = [Signal::STATE.set(read.state.clone())];
    breaks(
        session.upsert(&[known(2)], change).await,
        "unrecognized_code",
    );
    assert_eq!(session.get::<Signal>(&2).await.unwrap(), known(2));
    assert_eq!(session.find::<Signal>(&3).await.unwrap(), None);
}

/// Unknown codes are compared, ordered, grouped and paged over like any other.
pub(crate) async fn unknown_codes_are_compared(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&[newer(1), newer(2)]).await.unwrap();
    session.insert_many(&[known(3), known(4)]).await.unwrap();
    let read = session.get::<Signal>(&1).await.unwrap();
    let same = Signal::GRADE.eq(read.grade.clone());
    assert_eq!(grades(&*session, same.clone()).await, [1, 2]);
    assert_eq!(grades(&*session, !same).await, [3, 4]);
    let same = Signal::STATE.is_in([read.state.clone(), State::Open]);
    assert_eq!(grades(&*session, same).await, [1, 2]);
    assert_eq!(
        grades(&*session, Signal::GRADE.gt(Grade::High)).await,
        [1, 2]
    );
    let mut query = Query::<Signal>::default()
        .order_by([Signal::GRADE.desc(), Signal::STATE.asc()])
        .page_size(1);
    let mut walked = Vec::new();
    loop {
        let page = session.page(&query).await.unwrap();
        walked.extend(page.items.iter().map(|row| row.id));
        let Some(next) = page.next else { break };
        query = query.after(next);
    }
    assert_eq!(walked, [1, 2, 3, 4]);
    let query = AggregateQuery::<Signal>::over(Filter::all())
        .group_by(Signal::GRADE)
        .count();
    let groups = session.aggregate(query).await.unwrap();
    let groups: Vec<(i64, i64)> = groups
        .iter()
        .map(|row| (row.integer(0).unwrap(), row.integer(1).unwrap()))
        .collect();
    assert_eq!(groups, [(10, 2), (77, 2)]);
}
