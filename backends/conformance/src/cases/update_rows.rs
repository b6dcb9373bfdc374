//! Many guarded updates of the same shape, which a backend may send together: their effect is that of one
//! after the other.

use std::collections::HashSet;

use futures_util::future::join_all;
use genledger_contract::query::{Change, Guard, RowUpdate};
use genledger_contract::{Entity, Error, ErrorKind, Filter, SessionExt};

use crate::ask::{at, dec, matching};
use crate::check::fails;
use crate::databases::Databases;
use crate::model::{Account, Member, OptionsColumns, Specimen, ValuesColumns};

/// A guarded update in its parts.
struct One<E: Entity> {
    key: E::Key,
    guard: Guard<E>,
    changes: Vec<Change<E>>,
}

fn one<E: Entity>(
    key: E::Key,
    guard: impl Into<Guard<E>>,
    changes: impl IntoIterator<Item = Change<E>>,
) -> One<E> {
    One {
        key,
        guard: guard.into(),
        changes: changes.into_iter().collect(),
    }
}

/// Expects the updates together, with and without returned rows, to have the same results and effects as one after the other.
async fn same_as_one_by_one<E>(databases: &Databases, rows: &[E], updates: Vec<One<E>>)
where
    E: Entity + Clone + PartialEq + std::fmt::Debug + 'static,
    E::Key: Clone,
{
    let together = || {
        updates
            .iter()
            .map(|one| RowUpdate::new(&one.key, one.guard.clone(), one.changes.clone()))
    };
    let database = databases.migrated().await;
    let session = database.session();
    session.insert_many(rows).await.unwrap();
    let tx = database.store.begin().await.unwrap();
    let mut one_by_one = Vec::new();
    for one in &updates {
        let (guard, changes) = (one.guard.clone(), one.changes.clone());
        one_by_one.push(tx.update_returning(&one.key, guard, changes).await.unwrap());
    }
    let left = matching(&*tx, Filter::<E>::all()).await;
    tx.rollback().await.unwrap();

    let tx = database.store.begin().await.unwrap();
    assert_eq!(
        tx.update_each_returning(together()).await.unwrap(),
        one_by_one
    );
    assert_eq!(matching(&*tx, Filter::<E>::all()).await, left);
    tx.rollback().await.unwrap();

    let matched: Vec<bool> = one_by_one.iter().map(Option::is_some).collect();
    assert!(
        matched.contains(&true) && matched.contains(&false),
        "some match and some do not"
    );
    assert_eq!(session.update_each(together()).await.unwrap(), matched);
    assert_eq!(matching(&*session, Filter::<E>::all()).await, left);
}

/// Updates of equal and different shapes, with repeated keys.
pub(crate) async fn shapes_and_keys_in_any_order(databases: &Databases) {
    let add = |id: i64, least: i32, amount: i32| {
        let enough = Account::VISITS.ge(least);
        one(id, enough, [Account::VISITS.plus(amount)])
    };
    let name = |id: i64, note: &str| {
        let unnamed = Account::NOTE.is_null();
        one(
            id,
            unnamed,
            [Account::NOTE.set(note.to_owned()), Account::VERSION.plus(1)],
        )
    };
    let mut updates = vec![add(5, 0, 1), add(4, 0, 2), add(3, 1, 3), add(9, 0, 4)];
    // The first makes the guard of the second hold, and that the third.
    updates.extend([add(4, 2, -1), add(4, 1, 7), add(4, 9, 9), add(2, 0, 5)]);
    updates.extend([
        name(1, "one"),
        name(2, "two"),
        name(1, "again"),
        name(8, "no"),
    ]);
    updates.extend([add(1, 0, 1), name(3, "three"), add(1, 1, 1)]);
    same_as_one_by_one(databases, &Account::many(1..=5), updates).await;
}

/// Guards that compare columns, and NULLs.
pub(crate) async fn guards_of_any_kind(databases: &Databases) {
    let rows = (1..=6).map(|id| Account {
        bonus: (id % 2 == 0).then_some(id),
        version: 3,
        note: (id > 3).then(|| format!("note {id}")),
        ..Account::new(id)
    });
    let rows: Vec<Account> = rows.collect();
    let columns = |id: i64| {
        let room = Account::BONUS.offset(id % 4).le_column(Account::VERSION);
        one(id, room, [Account::BONUS.plus(id), Account::SMALL.plus(1)])
    };
    let equal = |id: i64, bonus: Option<i64>| {
        let equal = Account::BONUS.eq(bonus);
        one(id, equal, [Account::BONUS.set(None)])
    };
    let lists = |id: i64| {
        let listed = Account::VERSION.is_in([id, id + 1, 3]) & Account::NOTE.ne("note 5");
        one(id, listed, [Account::NOTE.set(Some(format!("was {id}")))])
    };
    let mut updates: Vec<One<Account>> = (1..=7).rev().map(columns).collect();
    updates.extend((1..=6).map(|id| equal(id, (id % 3 == 0).then_some(2 * id))));
    updates.extend((1..=6).map(lists));
    same_as_one_by_one(databases, &rows, updates).await;
}

/// Values of every kind, with NULLs, reach their own row.
pub(crate) async fn values_of_every_kind(databases: &Databases) {
    let rows: Vec<Specimen> = (1..=8).map(Specimen::full).collect();
    let update = |number: i64, filled: bool| {
        let changed = Specimen::full(number);
        let (values, options) = (changed.values, changed.options);
        let key = ("acme".to_owned(), number);
        let text = format!("{} {number} ", "x".repeat(300));
        one(
            key,
            Specimen::MEDIUM.ge(0) & Specimen::NUMBER.ne(5),
            [
                Specimen::FLAG.set(number % 2 == 0),
                Specimen::SMALL.plus(1),
                Specimen::BIG.set(i64::MAX - number),
                Specimen::AMOUNT.plus(dec("0.000001") * rust_decimal::Decimal::from(number)),
                Specimen::NAME.set(format!("name {number} ")),
                Specimen::STORY.set(text),
                Specimen::RAW.set(vec![0, u8::try_from(number).unwrap(), 255]),
                Specimen::DOCUMENT.set(values.document),
                Specimen::AT_SECOND.set(at(number, 0)),
                Specimen::AT_THREE.set(at(number, 1_000)),
                Specimen::AT_SIX.set(at(number, number)),
                Specimen::LONG_UUID.set(uuid::Uuid::from_u128(u128::try_from(number).unwrap())),
                Specimen::GRADE.set(values.grade),
                Specimen::STATE.set(values.state),
                Specimen::MAYBE_BIG.set(filled.then_some(number)),
                Specimen::MAYBE_AMOUNT.set(filled.then_some(dec("1.25"))),
                Specimen::MAYBE_STORY.set(options.maybe_story.filter(|_| filled)),
                Specimen::MAYBE_RAW.set(filled.then(|| vec![1])),
                Specimen::MAYBE_DOCUMENT.set(options.maybe_document.filter(|_| filled)),
                Specimen::MAYBE_SIX.set(filled.then_some(at(1, number))),
            ],
        )
    };
    let updates: Vec<One<Specimen>> = (1..=9)
        .map(|number| update(number, number % 3 == 0))
        .collect();
    same_as_one_by_one(databases, &rows, updates).await;
    // Columns that are NULL in every update.
    let updates: Vec<One<Specimen>> = (1..=9).map(|number| update(number, false)).collect();
    same_as_one_by_one(databases, &rows, updates).await;
}

/// Keys that differ in case, in a trailing space, or in similar letters are different keys.
pub(crate) async fn similar_keys_differ(databases: &Databases) {
    let specimen = |tenant: &str| Specimen {
        tenant: tenant.to_owned(),
        ..Specimen::new(1)
    };
    let rows = ["acme", "Acme", "ACME", "acmé", "acme1"].map(specimen);
    let tenants = [
        "ACME", "acme ", "acme", "ácme", "Acme", "acmé", "acme1", "acme\t", "aCME",
    ];
    let updates = tenants.iter().zip(1..).map(|(tenant, number)| {
        let key = ((*tenant).to_owned(), 1);
        one(key, Specimen::MEDIUM.eq(0), [Specimen::MEDIUM.plus(number)])
    });
    same_as_one_by_one(databases, &rows, updates.collect()).await;
}

/// Columns of unique keys are changed in the order of the updates.
pub(crate) async fn unique_keys_move_in_order(databases: &Databases) {
    let rows: Vec<Member> = (1..=4)
        .map(|id| Member::new(id, &format!("login {id}")).with_badge(id))
        .collect();
    let badge = |id: i64, badge: i64| one(id, Filter::all(), [Member::BADGE.set(badge)]);
    let delete = |id: i64, deleted| one(id, Filter::all(), [Member::DELETED.set(deleted)]);
    let login =
        |id: i64, login: &str| one(id, Filter::all(), [Member::LOGIN.set(login.to_owned())]);
    // Each takes the value that the one before has released.
    let updates = vec![
        badge(4, 40),
        badge(3, 4),
        badge(2, 3),
        badge(1, 2),
        badge(9, 1),
    ];
    same_as_one_by_one(databases, &rows, updates).await;
    let updates = vec![
        delete(1, true),
        login(2, "login 1"),
        login(3, "login 2"),
        delete(7, true),
    ];
    same_as_one_by_one(databases, &rows, updates).await;
    let database = databases.migrated().await;
    let session = database.session();
    session.insert_many(&rows).await.unwrap();
    let wrong_order = [badge(1, 2), badge(2, 3), badge(3, 4), badge(4, 40)];
    let updates = wrong_order.map(|one| RowUpdate::new(&one.key, one.guard, one.changes));
    fails(
        session.update_each(updates).await,
        ErrorKind::UniqueViolation,
    );
    assert_eq!(matching(&*session, Filter::<Member>::all()).await, rows);
}

/// More updates than one statement holds.
pub(crate) async fn more_than_one_statement(databases: &Databases) {
    const ROWS: i64 = 2_300;
    let database = databases.migrated().await;
    let session = database.session();
    let rows: Vec<Account> = Account::many(0..ROWS)
        .into_iter()
        .map(|row| Account {
            small: i16::try_from(row.id % 3).unwrap(),
            ..row
        })
        .collect();
    session.insert_many(&rows).await.unwrap();
    // Neither in the order of the keys nor against it.
    let ids: Vec<i64> = (0..ROWS).map(|place| place * 7 % ROWS).collect();
    let updates = ids.iter().map(|id| {
        let guard = Account::SMALL.ne(1) & Account::VISITS.eq(0);
        RowUpdate::new(
            id,
            guard,
            [Account::VERSION.plus(*id), Account::VISITS.set(1)],
        )
    });
    let rows = session
        .update_each_returning(updates.clone())
        .await
        .unwrap();
    for (id, row) in ids.iter().zip(&rows) {
        let expected = (id % 3 != 1).then_some((*id, *id, 1));
        assert_eq!(
            row.as_ref().map(|row| (row.id, row.version, row.visits)),
            expected
        );
    }
    let matched = session.update_each(updates).await.unwrap();
    assert!(matched.len() == rows.len() && !matched.contains(&true));
    let stored = matching(&*session, Filter::<Account>::all()).await;
    assert!(
        stored
            .iter()
            .all(|row| row.version == if row.id % 3 == 1 { 0 } else { row.id })
    );
}

/// Long texts, of which only some fit into one statement.
pub(crate) async fn long_texts(databases: &Databases) {
    let database = databases.migrated().await;
    let session = database.session();
    let rows: Vec<Specimen> = (1..=12).map(Specimen::new).collect();
    session.insert_many(&rows).await.unwrap();
    let story = |number: i64| format!("{number}{}", "é".repeat(300_000));
    let updates = (1..=12).map(|number| {
        let key = ("acme".to_owned(), number);
        RowUpdate::new(&key, Filter::all(), [Specimen::STORY.set(story(number))])
    });
    let matched = session.update_each(updates).await.unwrap();
    assert_eq!(matched, [true; 12]);
    let stored = matching(&*session, Filter::<Specimen>::all()).await;
    assert!(
        (1..)
            .zip(&stored)
            .all(|(number, row)| row.values.story == story(number))
    );
}

/// A sum that does not fit has the same error as alone, with any other updates in the call.
pub(crate) async fn sums_out_of_range(databases: &Databases) {
    let database = databases.migrated().await;
    let session = database.session();
    session.insert_many(&Account::many(1..=4)).await.unwrap();
    let cases = [
        (Account::SMALL.plus(i16::MAX), Account::SMALL.plus(1)),
        (Account::VISITS.plus(i32::MAX), Account::VISITS.plus(1)),
        (Account::VERSION.plus(i64::MAX), Account::VERSION.plus(1)),
        (Account::PERCENT.plus(100), Account::PERCENT.plus(1)),
    ];
    for (most, more) in cases {
        session
            .update_where(Account::ID.eq(3), [most])
            .await
            .unwrap();
        let alone = session
            .update_if(&3, Filter::all(), [more.clone()])
            .await
            .unwrap_err();
        let updates = (1..=4).map(|id| RowUpdate::new(&id, Filter::all(), [more.clone()]));
        let together = fails(
            session.update_each(updates.clone()).await,
            ErrorKind::Invalid,
        );
        assert_eq!(together.violations(), alone.violations());
        assert_eq!(together.table(), alone.table());
        let together = session.update_each_returning(updates).await;
        assert_eq!(
            fails(together, ErrorKind::Invalid).violations(),
            alone.violations()
        );
    }
    // The sum is not computed if the guard does not hold.
    let least = Account::VISITS.lt(1);
    let updates = (1..=4).map(|id| RowUpdate::new(&id, least.clone(), [Account::VISITS.plus(1)]));
    let matched = session.update_each(updates).await.unwrap();
    assert_eq!(matched, [true, true, false, true]);
}

/// Of concurrent updates of the same rows, in opposite orders, exactly one wins each row.
pub(crate) async fn one_wins_each_row(databases: &Databases) {
    const ROWS: i64 = 40;
    let database = databases.migrated().await;
    database
        .session()
        .insert_many(&Account::many(0..ROWS))
        .await
        .unwrap();
    for version in 0..12 {
        let callers = (0..4).map(|caller: i64| {
            let session = database.session();
            async move {
                let mut ids: Vec<i64> = (0..ROWS).filter(|id| id % 5 != caller).collect();
                if caller % 2 == 1 {
                    ids.reverse();
                }
                let updates = ids.iter().map(|id| {
                    let changes = [Account::VERSION.plus(1), Account::BONUS.set(Some(caller))];
                    RowUpdate::new(id, Account::VERSION.eq(version), changes)
                });
                let updates: Vec<RowUpdate<Account>> = updates.collect();
                let matched = loop {
                    match session.update_each(updates.clone()).await {
                        Err(error) if error.is_retryable() => {}
                        matched => break matched.unwrap(),
                    }
                };
                let won = ids.into_iter().zip(matched).filter(|(_, won)| *won);
                won.map(|(id, _)| (id, caller)).collect::<Vec<_>>()
            }
        });
        let won: Vec<(i64, i64)> = join_all(callers).await.into_iter().flatten().collect();
        let rows: HashSet<i64> = won.iter().map(|(id, _)| *id).collect();
        assert_eq!((won.len(), rows.len()), (40, 40), "version {version}");
        let stored = matching(&*database.session(), Filter::<Account>::all()).await;
        for (id, caller) in won {
            let row = &stored[usize::try_from(id).unwrap()];
            assert_eq!((row.version, row.bonus), (version + 1, Some(caller)));
        }
    }
}

/// A guard that held when the call began is tested again once a transaction that changed the row has
/// committed.
pub(crate) async fn guards_see_committed_changes(databases: &Databases) {
    let database = databases.migrated().await;
    let session = database.session();
    session.insert_many(&Account::many(1..=4)).await.unwrap();
    let tx = database.store.begin().await.unwrap();
    assert!(
        tx.update_if(&2, Filter::all(), [Account::VERSION.plus(1)])
            .await
            .unwrap()
    );
    let call = || {
        let updates = (1..=4)
            .map(|id| RowUpdate::new(&id, Account::VERSION.eq(0), [Account::VERSION.plus(10)]));
        session.update_each(updates)
    };
    let commit = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        tx.commit().await
    };
    let (matched, committed) = tokio::join!(call(), commit);
    committed.unwrap();
    let mut matched = matched;
    while matched.as_ref().is_err_and(Error::is_retryable) {
        matched = call().await;
    }
    assert_eq!(matched.unwrap(), [true, false, true, true]);
    let stored = matching(&*session, Filter::<Account>::all()).await;
    let versions: Vec<i64> = stored.iter().map(|row| row.version).collect();
    assert_eq!(versions, [10, 1, 10, 10]);
}
