//! Inserting many rows, with an exact outcome for each.

use genledger_contract::RowOutcome::{Different, New, Present};
use genledger_contract::query::{AggregateQuery, Count};
use genledger_contract::{Entity, ErrorKind, Filter, RowOutcome, Session, SessionExt};

use crate::ask::{dec, matching, rows_of};
use crate::check::fails;
use crate::databases::Databases;
use crate::model::{Account, Entry, Member, Specimen, Values};

/// More rows than any database accepts parameters for in one statement.
const MANY: i64 = 20_000;

/// Rows enough for every kind of chunk to be used many times.
const BULK: i64 = 200_000;

fn changed(id: i64) -> Account {
    Account {
        visits: 1,
        ..Account::new(id)
    }
}

/// The outcome of each row is whether it was new, present, or present with other content, which is kept.
pub(crate) async fn new_present_different(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Account::many([1, 2])).await.unwrap();
    let batch = [Account::new(3), Account::new(1), changed(2), changed(4)];
    let outcomes = session.insert_if_absent(&batch).await.unwrap();
    assert_eq!(outcomes, [New, Present, Different, New]);
    let rows = matching(&*session, Filter::<Account>::all()).await;
    assert_eq!(
        rows,
        [
            Account::new(1),
            Account::new(2),
            Account::new(3),
            changed(4)
        ]
    );
}

/// Contents are compared in every column: NULL, digits, fractions and JSON text too.
pub(crate) async fn every_column_counts(databases: &Databases) {
    let session = databases.migrated().await.session();
    let stored = Specimen::full(1);
    session.insert(&stored).await.unwrap();
    let outcome = async |row: Specimen| session.insert_if_absent(&[row]).await.unwrap();
    assert_eq!(outcome(stored.clone()).await, [Present]);
    let micro = chrono::TimeDelta::microseconds(1);
    let changes: [fn(&mut Specimen); 16] = [
        |row| row.label = None,
        |row| row.deleted = true,
        |row| row.values.flag = true,
        |row| row.values.big += 1,
        |row| row.values.amount = dec("0.000001"),
        |row| row.values.name = " ".to_owned(),
        |row| row.values.story = "Story".to_owned(),
        |row| row.values.raw = vec![0],
        |row| row.values.document = genledger_contract::entity::JsonText::new("{ }").unwrap(),
        |row| row.values.short_uuid = uuid::Uuid::max(),
        |row| row.values.state = crate::model::State::Shut,
        |row| row.options.maybe_flag = None,
        |row| row.options.maybe_name = Some("name ".to_owned()),
        |row| row.options.maybe_raw = None,
        |row| row.options.maybe_level = None,
        |row| row.options.maybe_document = None,
    ];
    for (index, change) in changes.into_iter().enumerate() {
        assert_eq!(
            outcome(stored.clone().with(change)).await,
            [Different],
            "change {index}"
        );
    }
    let finer = stored.clone().with(|row| row.values.at_six += micro);
    assert_eq!(outcome(finer).await, [Different]);
    // Values are truncated to what the column can hold before they are compared.
    let same = stored.clone().with(|row| {
        let Values {
            at_second,
            at_milli,
            ..
        } = &mut row.values;
        *at_second += micro;
        *at_milli += micro;
        row.values.amount = dec("0.00");
    });
    assert_eq!(outcome(same).await, [Present]);
    assert_eq!(
        session.get::<Specimen>(&stored.key()).await.unwrap(),
        stored
    );
}

/// Of equal keys inside a batch the first is new; the others are compared with it.
pub(crate) async fn equal_keys_in_a_batch(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert(&Account::new(9)).await.unwrap();
    let batch = [
        Account::new(1),
        changed(1),
        Account::new(1),
        changed(2),
        Account::new(9),
        changed(9),
        Account::new(2),
        changed(2),
    ];
    let outcomes = session.insert_if_absent(&batch).await.unwrap();
    assert_eq!(
        outcomes,
        [
            New, Different, Present, New, Present, Different, Different, Present
        ]
    );
    let rows = matching(&*session, Filter::<Account>::all()).await;
    assert_eq!(rows, [Account::new(1), changed(2), Account::new(9)]);
}

/// A batch without rows has no outcomes.
pub(crate) async fn an_empty_batch(databases: &Databases) {
    let session = databases.migrated().await.session();
    let outcomes = session.insert_if_absent::<Account>(&[]).await.unwrap();
    assert_eq!(outcomes, []);
}

/// A collision on another unique key, with a stored row or inside the batch, is a unique violation, and no
/// row of the batch is written.
pub(crate) async fn another_unique_key(databases: &Databases) {
    let session = databases.migrated().await.session();
    session
        .insert(&Member::new(1, "ann").with_badge(7))
        .await
        .unwrap();
    let batch = [
        Member::new(2, "bob"),
        Member::new(3, "cid").with_badge(7),
        Member::new(4, "dan"),
    ];
    fails(
        session.insert_if_absent(&batch).await,
        ErrorKind::UniqueViolation,
    );
    let batch = [Member::new(2, "bob"), Member::new(3, "ann")];
    fails(
        session.insert_if_absent(&batch).await,
        ErrorKind::UniqueViolation,
    );
    let batch = [
        Member::new(2, "bob").with_badge(8),
        Member::new(3, "cid").with_badge(8),
    ];
    fails(
        session.insert_if_absent(&batch).await,
        ErrorKind::UniqueViolation,
    );
    assert_eq!(rows_of::<Member>(&*session).await, 1);
}

/// A row whose key is present is not written, so its other keys collide with nothing.
pub(crate) async fn a_present_row_collides_with_nothing(databases: &Databases) {
    let session = databases.migrated().await.session();
    let stored = [
        Member::new(1, "ann").with_badge(1),
        Member::new(2, "bob").with_badge(2),
    ];
    session.insert_many(&stored).await.unwrap();
    let batch = [
        Member::new(3, "cid").with_badge(3),
        Member::new(1, "bob").with_badge(2),
        Member::new(3, "ann").with_badge(1),
        Member::new(2, "bob").with_badge(2),
    ];
    let outcomes = session.insert_if_absent(&batch).await.unwrap();
    assert_eq!(outcomes, [New, Different, Different, Present]);
    assert_eq!(rows_of::<Member>(&*session).await, 3);
}

/// Several members may have no badge and no login.
pub(crate) async fn null_collides_with_nothing(databases: &Databases) {
    let session = databases.migrated().await.session();
    let batch = [1, 2, 3].map(|id| Member {
        login: None,
        ..Member::new(id, "")
    });
    assert_eq!(session.insert_if_absent(&batch).await.unwrap(), [New; 3]);
}

async fn count(session: &dyn Session) -> Count {
    session
        .count(Filter::<Entry>::all(), 1_000_000)
        .await
        .unwrap()
}

fn rows(ids: impl Iterator<Item = i64>) -> Vec<Entry> {
    ids.map(|id| Entry {
        model: format!("model {}", id % 7),
        tokens: id,
        ..Entry::new(id, id / 10)
    })
    .collect()
}

/// A batch may have more rows than a statement has parameters; the outcomes of a second batch that overlaps
/// it are exact.
pub(crate) async fn more_than_any_parameter_limit(databases: &Databases) {
    let session = databases.migrated().await.session();
    let first = rows((0..MANY).filter(|id| id % 3 == 0));
    let outcomes = session.insert_if_absent(&first).await.unwrap();
    assert!(outcomes == vec![New; first.len()]);
    let mut second = rows(0..MANY);
    second[300].tokens = -1;
    let outcomes = session.insert_if_absent(&second).await.unwrap();
    let expected: Vec<RowOutcome> = (0..MANY)
        .map(|id| match id {
            300 => Different,
            id if id % 3 == 0 => Present,
            _ => New,
        })
        .collect();
    assert!(outcomes == expected);
    assert_eq!(count(&*session).await, Count::Exactly(20_000));
}

/// A unique violation in the last rows of a large batch undoes the whole batch.
pub(crate) async fn a_conflict_undoes_a_large_batch(databases: &Databases) {
    let session = databases.migrated().await.session();
    session
        .insert(&Member::new(-1, "ann").with_badge(1))
        .await
        .unwrap();
    let mut batch: Vec<Member> = (0..MANY)
        .map(|id| Member {
            login: None,
            ..Member::new(id, "")
        })
        .collect();
    batch[19_990].badge = Some(1);
    fails(
        session.insert_if_absent(&batch).await,
        ErrorKind::UniqueViolation,
    );
    assert_eq!(rows_of::<Member>(&*session).await, 1);
}

/// Two hundred thousand rows are inserted by one call.
pub(crate) async fn two_hundred_thousand_rows(databases: &Databases) {
    let session = databases.migrated().await.session();
    let batch = rows(0..BULK);
    let outcomes = session.insert_if_absent(&batch).await.unwrap();
    assert_eq!(outcomes.len(), batch.len());
    assert!(outcomes.iter().all(|outcome| *outcome == New));
    let query = AggregateQuery::<Entry>::over(Filter::all())
        .count()
        .sum(Entry::TOKENS)
        .max(Entry::ID);
    let sums = session.aggregate(query).await.unwrap();
    assert_eq!(sums[0].integer(0).unwrap(), BULK);
    assert_eq!(sums[0].integer(1).unwrap(), BULK * (BULK - 1) / 2);
    assert_eq!(sums[0].integer(2).unwrap(), BULK - 1);
    let again = session.insert_if_absent(&batch[BULK_TAIL..]).await.unwrap();
    assert!(again.iter().all(|outcome| *outcome == Present));
}

const BULK_TAIL: usize = 199_000;

/// A row that is present, at any position among more rows than one statement holds, does not change the
/// outcome of other rows, with and without a transaction, which continues.
pub(crate) async fn present_in_any_statement(databases: &Databases) {
    const ROWS: i64 = 2_600;
    let database = databases.migrated().await;
    let session = database.session();
    for (round, present) in (0..).zip([0, 999, 1_000, 2_599]) {
        let first = round * ROWS;
        session
            .insert(&Account::new(first + present))
            .await
            .unwrap();
        let mut rows = Account::many(first..first + ROWS);
        rows[1_234] = changed(first + 1_234);
        let expected = |state: RowOutcome| {
            let mut expected = vec![state; rows.len()];
            expected[usize::try_from(present).unwrap()] = Present;
            expected
        };
        let tx = database.store.begin().await.unwrap();
        assert_eq!(tx.insert_if_absent(&rows).await.unwrap(), expected(New));
        assert_eq!(
            tx.insert_if_absent(&rows[..10]).await.unwrap(),
            [Present; 10]
        );
        tx.rollback().await.unwrap();
        assert_eq!(
            session.insert_if_absent(&rows).await.unwrap(),
            expected(New)
        );
        assert_eq!(
            session.insert_if_absent(&rows).await.unwrap(),
            expected(Present)
        );
    }
    let stored = session.count(Filter::<Account>::all(), 1_000_000);
    assert_eq!(stored.await.unwrap(), Count::Exactly(4 * 2_600));
}
