//! Many guarded updates in one statement.

use genledger_contract::query::RowUpdate;
use genledger_contract::{ErrorKind, Filter, SessionExt};

use crate::ask::matching;
use crate::check::{breaks, fails};
use crate::databases::Databases;
use crate::model::{Account, Member};

fn add(id: i64, least: i32, amount: i32) -> RowUpdate<Account> {
    RowUpdate::new(
        &id,
        Account::VISITS.ge(least),
        [Account::VISITS.plus(amount)],
    )
}

/// Each update has its own result, and the same key may occur again.
pub(crate) async fn one_result_each(databases: &Databases) {
    let database = databases.migrated().await;
    let session = database.session();
    session.insert_many(&Account::many(1..=3)).await.unwrap();
    let updates = [
        add(1, 0, 5),
        add(2, 1, 5),
        add(9, 0, 5),
        // The first one makes this guard hold, and this one the next.
        add(1, 5, -3),
        add(1, 3, 1),
        add(3, 0, 1),
    ];
    let matched = session.update_each(updates.clone()).await.unwrap();
    assert_eq!(matched, [true, false, false, true, false, true]);
    let visits = async || -> Vec<i32> {
        let rows = matching(&*session, Filter::<Account>::all()).await;
        rows.iter().map(|row| row.visits).collect()
    };
    assert_eq!(visits().await, [2, 0, 1]);
    let tx = database.store.begin().await.unwrap();
    let rows = tx.update_each_returning(updates).await.unwrap();
    let seen: Vec<Option<(i64, i32)>> = rows
        .iter()
        .map(|row| row.as_ref().map(|row| (row.id, row.visits)))
        .collect();
    assert_eq!(
        seen,
        [
            Some((1, 7)),
            None,
            None,
            Some((1, 4)),
            Some((1, 5)),
            Some((3, 2))
        ]
    );
    tx.rollback().await.unwrap();
    assert_eq!(visits().await, [2, 0, 1]);
}

/// A thousand updates are one atomic step: if one fails, none takes effect.
pub(crate) async fn all_or_nothing(databases: &Databases) {
    let database = databases.migrated().await;
    let session = database.session();
    session.insert_many(&Account::many(0..1000)).await.unwrap();
    let updates = (0..1000).map(|id| add(id, 0, 1));
    let matched = session.update_each(updates).await.unwrap();
    assert!(matched.len() == 1000 && matched.iter().all(|matched| *matched));
    let overflow = RowUpdate::new(&500, Filter::all(), [Account::VISITS.plus(i32::MAX)]);
    let updates = (0..500).map(|id| add(id, 0, 1)).chain([overflow]);
    fails(session.update_each(updates).await, ErrorKind::Invalid);
    let rows = matching(&*session, Filter::<Account>::all()).await;
    assert!(rows.iter().all(|row| row.visits == 1));
    let stored = [Member::new(1, "ann"), Member::new(2, "bob")];
    session.insert_many(&stored).await.unwrap();
    let same = |id: i64| RowUpdate::new(&id, Filter::all(), [Member::LOGIN.set("cid")]);
    fails(
        session.update_each([same(1), same(2)]).await,
        ErrorKind::UniqueViolation,
    );
    assert_eq!(matching(&*session, Filter::<Member>::all()).await, stored);
}

/// A unique value that an earlier update has released is free for a later one, and one that it has taken is
/// not.
pub(crate) async fn unique_values_move(databases: &Databases) {
    let session = databases.migrated().await.session();
    let stored = [
        Member::new(1, "ann"),
        Member::new(2, "bob"),
        Member::new(3, "cid"),
    ];
    session.insert_many(&stored).await.unwrap();
    let login =
        |id: i64, login: &str| RowUpdate::new(&id, Filter::all(), [Member::LOGIN.set(login)]);
    for taken in [
        vec![login(1, "cid")],
        vec![login(1, "dan"), login(2, "ann"), login(3, "dan")],
        vec![
            login(1, "dan"),
            login(1, "eve"),
            login(2, "dan"),
            login(3, "eve"),
        ],
        // The last one would resolve the collision.
        vec![login(1, "dan"), login(2, "dan"), login(1, "eve")],
    ] {
        fails(session.update_each(taken).await, ErrorKind::UniqueViolation);
        assert_eq!(matching(&*session, Filter::<Member>::all()).await, stored);
    }
    let free = [
        login(1, "dan"),
        login(2, "ann"),
        login(1, "bob"),
        login(3, "dan"),
    ];
    assert_eq!(session.update_each(free).await.unwrap(), [true; 4]);
    let logins: Vec<String> = matching(&*session, Filter::<Member>::all())
        .await
        .into_iter()
        .filter_map(|member| member.login)
        .collect();
    assert_eq!(logins, ["bob", "ann", "dan"]);
}

/// An empty list of updates does nothing, and invalid updates are refused before anything is sent.
pub(crate) async fn what_is_refused(databases: &Databases) {
    let session = databases.migrated().await.session();
    let none: [RowUpdate<Account>; 0] = [];
    assert_eq!(session.update_each(none).await.unwrap(), [false; 0]);
    session.insert(&Account::new(1)).await.unwrap();
    let empty = RowUpdate::<Account>::new(&1, Filter::all(), []);
    breaks(session.update_each([add(1, 0, 1), empty]).await, "empty");
    let key = RowUpdate::new(&1, Filter::all(), [Account::ID.set(2)]);
    breaks(session.update_each([add(1, 0, 1), key]).await, "key_change");
    assert_eq!(session.get::<Account>(&1).await.unwrap(), Account::new(1));
}
