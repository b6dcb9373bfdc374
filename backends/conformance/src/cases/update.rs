//! Guarded updates, and updates of many rows.

use genledger_contract::query::Change;
use genledger_contract::{ErrorKind, Filter, Session, SessionExt};

use crate::ask::{dec, matching};
use crate::check::{breaks, fails};
use crate::databases::Databases;
use crate::model::{Account, Member};

/// An update whose guard holds changes the row and returns `true`.
pub(crate) async fn a_guard_that_holds(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Account::many([1, 2])).await.unwrap();
    let won = session
        .update_if(
            &1,
            Account::VERSION.eq(0),
            [
                Account::VERSION.plus(1),
                Account::OWNER.set("ann"),
                Account::NOTE.set("note"),
                Account::BALANCE.set(dec("1.5")),
            ],
        )
        .await
        .unwrap();
    assert!(won);
    let expected = Account {
        version: 1,
        owner: "ann".to_owned(),
        note: Some("note".to_owned()),
        balance: dec("1.5"),
        ..Account::new(1)
    };
    assert_eq!(session.get::<Account>(&1).await.unwrap(), expected);
    assert_eq!(session.get::<Account>(&2).await.unwrap(), Account::new(2));
}

/// An update whose guard does not hold, or whose row does not exist, changes nothing and returns `false`.
pub(crate) async fn a_guard_that_is_lost(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert(&Account::new(1)).await.unwrap();
    let update = async |id, guard| {
        session
            .update_if(&id, guard, [Account::VERSION.plus(1)])
            .await
            .unwrap()
    };
    assert!(!update(1, Account::VERSION.eq(7)).await);
    assert!(!update(1, Filter::none()).await);
    // Unknown is not true.
    assert!(!update(1, Account::BONUS.lt(7)).await);
    assert!(!update(1, !Account::BONUS.lt(7)).await);
    assert!(!update(2, Filter::all()).await);
    assert_eq!(session.get::<Account>(&1).await.unwrap(), Account::new(1));
}

/// The guard sees the row as it was before the update.
pub(crate) async fn a_guard_over_what_is_set(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert(&Account::new(1)).await.unwrap();
    for (expected, won) in [(0, true), (0, false), (1, true), (2, true)] {
        let changed = session
            .update_if(
                &1,
                Account::VERSION.eq(expected),
                [Account::VERSION.plus(1)],
            )
            .await
            .unwrap();
        assert_eq!(changed, won);
    }
}

/// The result counts the rows that matched, also those that already had the new values.
pub(crate) async fn counts_what_matched(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Account::many(0..10)).await.unwrap();
    let set = || [Account::VISITS.set(1)];
    let update = async |filter| session.update_where(filter, set()).await.unwrap();
    assert_eq!(update(Account::ID.lt(4)).await, 4);
    assert_eq!(update(Account::ID.lt(6)).await, 6);
    assert_eq!(update(Filter::all()).await, 10);
    assert_eq!(update(Filter::all()).await, 10);
    assert_eq!(update(Filter::none()).await, 0);
    assert_eq!(update(Account::ID.gt(100)).await, 0);
    assert!(session.update_if(&3, Filter::all(), set()).await.unwrap());
}

/// Values become NULL and back.
pub(crate) async fn null(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert(&Account::new(1)).await.unwrap();
    for (bonus, note) in [(Some(1), Some("x")), (None, None), (Some(0), Some(""))] {
        let changes = [
            Account::BONUS.set(bonus),
            Account::NOTE.set(note.map(str::to_owned)),
        ];
        assert_eq!(
            session.update_where(Filter::all(), changes).await.unwrap(),
            1
        );
        let found = session.get::<Account>(&1).await.unwrap();
        assert_eq!((found.bonus, found.note.as_deref()), (bonus, note));
    }
}

/// Additions add to what is stored, also negative numbers; NULL stays NULL.
pub(crate) async fn additions(databases: &Databases) {
    let session = databases.migrated().await.session();
    let rows = [
        Account {
            bonus: Some(40),
            small: -5,
            ..Account::new(1)
        },
        Account::new(2),
    ];
    session.insert_many(&rows).await.unwrap();
    let changes = [
        Account::BONUS.plus(2),
        Account::SMALL.plus(-3),
        Account::VISITS.plus(70_000),
        Account::VERSION.plus(1 << 40),
    ];
    session.update_where(Filter::all(), changes).await.unwrap();
    let rows = matching(&*session, Filter::<Account>::all()).await;
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.bonus, row.small, row.visits, row.version))
        .collect();
    assert_eq!(
        found,
        [(Some(42), -8, 70_000, 1 << 40), (None, -3, 70_000, 1 << 40)]
    );
}

/// Expects the changes to be refused and nothing to be changed.
async fn overflows(session: &dyn Session, change: fn() -> Change<Account>) {
    let before = matching(session, Filter::<Account>::all()).await;
    let changes = || [change(), Account::NOTE.set("changed")];
    for id in [3, 4] {
        let one = session.update_if(&id, Filter::all(), changes()).await;
        if let Ok(changed) = one {
            // Only one of the two rows is at the bound.
            assert!(changed);
            let undo = before.iter().find(|row| row.id == id).expect("the row");
            session.delete::<Account>(&id).await.unwrap();
            session.insert(undo).await.unwrap();
        } else {
            fails(one, ErrorKind::Invalid);
        }
    }
    let all = session.update_where(Filter::all(), changes()).await;
    fails(all, ErrorKind::Invalid);
    assert_eq!(matching(session, Filter::<Account>::all()).await, before);
}

/// An addition that exceeds the width of its column is refused, and no row is changed, not even those for
/// which it would fit.
pub(crate) async fn overflows_change_nothing(databases: &Databases) {
    let session = databases.migrated().await.session();
    let rows = [
        Account::new(1),
        Account::new(2),
        Account {
            version: i64::MAX,
            visits: i32::MAX,
            small: i16::MAX,
            bonus: Some(i64::MAX),
            percent: 100,
            ..Account::new(3)
        },
        Account {
            version: i64::MIN,
            visits: i32::MIN,
            small: i16::MIN,
            bonus: Some(i64::MIN),
            percent: 0,
            ..Account::new(4)
        },
    ];
    session.insert_many(&rows).await.unwrap();
    for change in [
        || Account::VERSION.plus(1),
        || Account::VERSION.plus(-1),
        || Account::VISITS.plus(1),
        || Account::VISITS.plus(-1),
        || Account::SMALL.plus(1),
        || Account::SMALL.plus(-1),
        || Account::BONUS.plus(i64::MAX),
        || Account::BONUS.plus(-1),
    ] as [fn() -> Change<Account>; 8]
    {
        overflows(&*session, change).await;
    }
}

/// An addition that exceeds the declared range of its column is refused, and no row is changed.
pub(crate) async fn a_range_is_not_left(databases: &Databases) {
    let session = databases.migrated().await.session();
    let rows = [
        Account {
            percent: 100,
            ..Account::new(3)
        },
        Account::new(4),
    ];
    session.insert_many(&rows).await.unwrap();
    overflows(&*session, || Account::PERCENT.plus(1)).await;
    overflows(&*session, || Account::PERCENT.plus(-1)).await;
    breaks(
        session
            .update_where(Filter::all(), [Account::PERCENT.set(101)])
            .await,
        "out_of_range",
    );
    breaks(
        session
            .insert(&Account {
                percent: -1,
                ..Account::new(5)
            })
            .await,
        "out_of_range",
    );
}

/// Invalid updates are refused before anything is sent.
pub(crate) async fn what_is_refused(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert(&Account::new(1)).await.unwrap();
    let update =
        async |changes: Vec<Change<Account>>| session.update_if(&1, Filter::all(), changes).await;
    breaks(update(vec![]).await, "empty");
    breaks(update(vec![Account::ID.set(2)]).await, "key_change");
    breaks(
        update(vec![Account::OWNER.inserted()]).await,
        "not_an_upsert",
    );
    breaks(
        update(vec![Account::VISITS.add_inserted()]).await,
        "not_an_upsert",
    );
    breaks(
        update(vec![Account::VISITS.set(1), Account::VISITS.plus(1)]).await,
        "twice",
    );
    breaks(update(vec![Account::OWNER.plus("x")]).await, "not_a_number");
    let long = "x".repeat(33);
    breaks(
        update(vec![Account::OWNER.set(long.as_str())]).await,
        "too_long",
    );
    assert_eq!(session.get::<Account>(&1).await.unwrap(), Account::new(1));
}

/// An update that would take another row's unique key is a unique violation and changes nothing; one that
/// keeps its own key is not.
pub(crate) async fn a_taken_unique_key(databases: &Databases) {
    let session = databases.migrated().await.session();
    let rows = [
        Member::new(1, "ann").with_badge(1),
        Member::new(2, "bob").with_badge(2),
    ];
    session.insert_many(&rows).await.unwrap();
    let set = [Member::BADGE.set(1), Member::VERSION.plus(1)];
    let taken = session.update_if(&2, Filter::all(), set).await;
    let error = fails(taken, ErrorKind::UniqueViolation);
    assert_eq!(error.table(), Some("suite_members"));
    let set = [Member::VERSION.plus(1), Member::LOGIN.set("ann")];
    fails(
        session.update_where(Member::ID.eq(2), set).await,
        ErrorKind::UniqueViolation,
    );
    let set = [Member::BADGE.set(9), Member::VERSION.plus(1)];
    fails(
        session.update_where(Filter::all(), set).await,
        ErrorKind::UniqueViolation,
    );
    assert_eq!(matching(&*session, Filter::<Member>::all()).await, rows);
    let own = [Member::BADGE.set(2), Member::LOGIN.set("bob")];
    assert!(session.update_if(&2, Filter::all(), own).await.unwrap());
}
