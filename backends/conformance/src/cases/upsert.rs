//! Upserts: insert a row, or change the existing one.

use genledger_contract::{ErrorKind, Filter, SessionExt};

use crate::ask::{dec, matching, rows_of};
use crate::check::{breaks, fails};
use crate::databases::Databases;
use crate::model::{Account, Signal, State, Wide};

fn account(id: i64, visits: i32) -> Account {
    Account {
        visits,
        ..Account::new(id)
    }
}

/// Missing rows are inserted unchanged; the changes do not apply to them.
pub(crate) async fn inserts_what_is_missing(databases: &Databases) {
    let session = databases.migrated().await.session();
    let rows = [account(1, 5), account(2, 6)];
    let changes = [Account::VISITS.plus(100), Account::NOTE.set("changed")];
    session.upsert(&rows, changes).await.unwrap();
    assert_eq!(matching(&*session, Filter::<Account>::all()).await, rows);
}

/// Each kind of change is applied to a stored row, and other columns are kept.
pub(crate) async fn changes_what_is_present(databases: &Databases) {
    let session = databases.migrated().await.session();
    let stored = Account {
        owner: "ann".to_owned(),
        balance: dec("1.5"),
        version: 3,
        visits: 10,
        small: 4,
        percent: 50,
        bonus: Some(1),
        note: Some("old".to_owned()),
        id: 1,
    };
    session.insert(&stored).await.unwrap();
    let given = Account {
        owner: "bob".to_owned(),
        balance: dec("0.25"),
        version: 100,
        visits: 7,
        small: 9,
        percent: 1,
        bonus: Some(20),
        note: None,
        id: 1,
    };
    session
        .upsert(
            &[given],
            [
                Account::BALANCE.add_inserted(),
                Account::VERSION.plus(1),
                Account::VISITS.add_inserted(),
                Account::SMALL.inserted(),
                Account::PERCENT.set(75),
                Account::BONUS.add_inserted(),
                Account::NOTE.inserted(),
            ],
        )
        .await
        .unwrap();
    let expected = Account {
        owner: "ann".to_owned(),
        balance: dec("1.75"),
        version: 4,
        visits: 17,
        small: 9,
        percent: 75,
        bonus: Some(21),
        note: None,
        id: 1,
    };
    assert_eq!(session.get::<Account>(&1).await.unwrap(), expected);
}

/// One batch may insert some rows and change others, each by its own values.
pub(crate) async fn both_in_one_batch(databases: &Databases) {
    let session = databases.migrated().await.session();
    session
        .insert_many(&[account(1, 10), account(3, 30)])
        .await
        .unwrap();
    let batch = [account(3, 3), account(2, 2), account(1, 1)];
    let changes = [Account::VISITS.add_inserted(), Account::VERSION.plus(1)];
    session.upsert(&batch, changes).await.unwrap();
    let rows = matching(&*session, Filter::<Account>::all()).await;
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.id, row.visits, row.version))
        .collect();
    assert_eq!(found, [(1, 11, 1), (2, 2, 0), (3, 33, 1)]);
}

/// NULL plus anything stays NULL, and so does anything plus NULL.
pub(crate) async fn null_stays_null(databases: &Databases) {
    let session = databases.migrated().await.session();
    let some = |id| Account {
        bonus: Some(5),
        ..Account::new(id)
    };
    session
        .insert_many(&[Account::new(1), some(2), Account::new(3)])
        .await
        .unwrap();
    let batch = [some(1), Account::new(2), some(3)];
    let changes = [Account::BONUS.add_inserted()];
    session.upsert(&batch[..2], changes).await.unwrap();
    session
        .upsert(&batch[2..], [Account::BONUS.plus(1)])
        .await
        .unwrap();
    let rows = matching(&*session, Filter::<Account>::all()).await;
    assert!(rows.iter().all(|row| row.bonus.is_none()), "{rows:?}");
}

/// A key that appears twice in the rows is refused, and nothing is written.
pub(crate) async fn a_key_twice(databases: &Databases) {
    let session = databases.migrated().await.session();
    let batch = [account(1, 1), account(2, 2), account(1, 1)];
    breaks(
        session.upsert(&batch, [Account::VISITS.inserted()]).await,
        "duplicate_key",
    );
    assert_eq!(rows_of::<Account>(&*session).await, 0);
}

/// An upsert without rows is not an error; one without changes is refused.
pub(crate) async fn without_rows_or_changes(databases: &Databases) {
    let session = databases.migrated().await.session();
    session
        .upsert::<Account>(&[], [Account::VISITS.inserted()])
        .await
        .unwrap();
    breaks(session.upsert(&[account(1, 1)], []).await, "empty");
    assert_eq!(rows_of::<Account>(&*session).await, 0);
}

/// An addition that overflows its column is refused, and the batch changes nothing.
pub(crate) async fn an_overflow_changes_nothing(databases: &Databases) {
    let session = databases.migrated().await.session();
    let stored = [account(1, 1), account(2, i32::MAX)];
    session.insert_many(&stored).await.unwrap();
    let batch = [account(1, 1), account(2, 1), account(3, 1)];
    let changes = [Account::VISITS.add_inserted()];
    fails(session.upsert(&batch, changes).await, ErrorKind::Invalid);
    assert_eq!(matching(&*session, Filter::<Account>::all()).await, stored);
}

/// A batch may have more rows than a statement has parameters.
pub(crate) async fn more_than_any_parameter_limit(databases: &Databases) {
    let session = databases.migrated().await.session();
    let batch: Vec<Account> = (0..20_000).map(|id| account(id, 1)).collect();
    let changes = || [Account::VISITS.add_inserted(), Account::VERSION.plus(1)];
    session.upsert(&batch[5_000..], changes()).await.unwrap();
    session.upsert(&batch, changes()).await.unwrap();
    let rows = matching(&*session, Filter::<Account>::all()).await;
    assert_eq!(rows.len(), 20_000);
    for row in rows {
        let again = i64::from(row.id >= 5_000);
        assert_eq!((row.version, i64::from(row.visits)), (again, 1 + again));
    }
}

/// The values of the changes are parameters as well, and few rows of many columns fit in a statement: a
/// statement has no more parameters than the database accepts.
pub(crate) async fn wide_rows_beyond_any_parameter_limit(databases: &Databases) {
    let session = databases.migrated().await.session();
    let batch: Vec<Wide> = (0..5_000).map(|id| Wide::new(id, 3)).collect();
    let changes = || [Wide::WRITES.plus(1), Wide::MARK.set(7)];
    session.upsert(&batch[4_000..], changes()).await.unwrap();
    session.upsert(&batch, changes()).await.unwrap();
    let rows = matching(&*session, Filter::<Wide>::all()).await;
    assert_eq!(rows.len(), 5_000);
    for row in rows {
        let mut expected = Wide::new(row.id, 3);
        if row.id >= 4_000 {
            (expected.writes, expected.mark) = (2, 7);
        }
        assert_eq!(row, expected);
    }
}

/// The changes of an upsert are checked like those of an update.
pub(crate) async fn changes_are_checked(databases: &Databases) {
    let session = databases.migrated().await.session();
    let row = [account(1, 1)];
    breaks(
        session.upsert(&row, [Account::ID.set(2)]).await,
        "key_change",
    );
    breaks(
        session.upsert(&row, [Account::ID.inserted()]).await,
        "key_change",
    );
    breaks(
        session
            .upsert(&row, [Account::VISITS.plus(1), Account::VISITS.inserted()])
            .await,
        "twice",
    );
    breaks(
        session.upsert(&row, [Account::OWNER.add_inserted()]).await,
        "not_a_number",
    );
    breaks(
        session.upsert(&row, [Account::PERCENT.set(101)]).await,
        "out_of_range",
    );
    assert_eq!(rows_of::<Account>(&*session).await, 0);
}

/// A code can be set from the inserted row.
pub(crate) async fn sets_codes_of_the_inserted_row(databases: &Databases) {
    let session = databases.migrated().await.session();
    let signal = |state| Signal {
        id: 1,
        grade: crate::model::Grade::Low,
        level: None,
        state,
        version: 0,
    };
    session.insert(&signal(State::Open)).await.unwrap();
    session
        .upsert(&[signal(State::Shut)], [Signal::STATE.inserted()])
        .await
        .unwrap();
    assert_eq!(
        session.get::<Signal>(&1).await.unwrap(),
        signal(State::Shut)
    );
}
