//! Guards beside a key: any column, columns with columns, and updates that return the row.

use genledger_contract::query::{ClaimQuery, Guard, RowUpdate};
use genledger_contract::{ErrorKind, Filter, SessionExt};

use crate::ask::dec;
use crate::check::{breaks, fails};
use crate::databases::Databases;
use crate::model::{Account, Versioned};

/// Optimistic locking: a guard on a column that no index begins with.
pub(crate) async fn any_column(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert(&Versioned::new(1)).await.unwrap();
    let rename = |version: i64, name: &'static str| {
        session.update_if(
            &1,
            Versioned::VERSION.eq(version),
            [Versioned::NAME.set(name)],
        )
    };
    assert!(rename(0, "a").await.unwrap());
    assert!(!rename(0, "b").await.unwrap());
    let both: Guard<Versioned> = Versioned::VERSION.eq(1) & Versioned::NAME.eq("a");
    let changed = session.update_if(&1, both, [Versioned::NAME.set("c")]);
    assert!(changed.await.unwrap());
    assert_eq!(session.get::<Versioned>(&1).await.unwrap().name, "c");
}

/// `reserved + amount <= balance` is one guarded update.
pub(crate) async fn columns_with_columns(databases: &Databases) {
    let session = databases.migrated().await.session();
    let account = Account {
        version: 100,
        bonus: Some(0),
        ..Account::new(1)
    };
    session.insert(&account).await.unwrap();
    let reserve = |amount: i64| {
        let enough = Account::BONUS.offset(amount).le_column(Account::VERSION);
        session.update_if(&1, enough, [Account::BONUS.plus(amount)])
    };
    let mut reserved = 0;
    for amount in [40, 60, 1, -30, 31, 30] {
        let fits = reserved + amount <= 100;
        assert_eq!(reserve(amount).await.unwrap(), fits, "{amount}");
        reserved += if fits { amount } else { 0 };
    }
    let row = session.get::<Account>(&1).await.unwrap();
    assert_eq!(row.bonus, Some(reserved));
}

/// Every comparison of two columns; a comparison with NULL is unknown.
pub(crate) async fn every_comparison(databases: &Databases) {
    let session = databases.migrated().await.session();
    for (version, bonus) in [(1, Some(2)), (2, Some(2)), (3, Some(2)), (2, None)] {
        session
            .upsert(
                &[Account {
                    version,
                    bonus,
                    ..Account::new(1)
                }],
                [Account::VERSION.inserted(), Account::BONUS.inserted()],
            )
            .await
            .unwrap();
        let guards: [(Guard<Account>, fn(i64, i64) -> bool); 6] = [
            (Account::VERSION.eq_column(Account::BONUS), |left, right| {
                left == right
            }),
            (Account::VERSION.ne_column(Account::BONUS), |left, right| {
                left != right
            }),
            (Account::VERSION.lt_column(Account::BONUS), |left, right| {
                left < right
            }),
            (Account::VERSION.le_column(Account::BONUS), |left, right| {
                left <= right
            }),
            (Account::VERSION.gt_column(Account::BONUS), |left, right| {
                left > right
            }),
            (Account::VERSION.ge_column(Account::BONUS), |left, right| {
                left >= right
            }),
        ];
        for (guard, holds) in guards {
            let expected = bonus.is_some_and(|bonus| holds(version, bonus));
            let change = || [Account::VISITS.plus(1)];
            let found = session
                .update_if(&1, guard.clone(), change())
                .await
                .unwrap();
            assert_eq!(found, expected, "{version} {bonus:?} {guard:?}");
            let unknown = session.update_if(&1, !guard, change()).await.unwrap();
            assert_eq!(unknown, bonus.is_some() && !expected, "{version} {bonus:?}");
        }
    }
}

/// Sums in guards are exact: they do not overflow, and decimals keep their digits.
pub(crate) async fn exact_sums(databases: &Databases) {
    let session = databases.migrated().await.session();
    let account = Account {
        version: i64::MAX,
        bonus: Some(i64::MAX - 1),
        balance: dec("0.000001"),
        ..Account::new(1)
    };
    session.insert(&account).await.unwrap();
    let matches = async |guard: Guard<Account>| {
        let change = [Account::VISITS.plus(1)];
        session.update_if(&1, guard, change).await.unwrap()
    };
    assert!(!matches(Account::VERSION.offset(1).le_column(Account::BONUS)).await);
    assert!(matches(Account::VERSION.offset(1).gt_column(Account::BONUS)).await);
    assert!(matches(Account::VERSION.offset(-1).eq_column(Account::BONUS)).await);
    assert!(matches(Account::BONUS.offset(1).eq_column(Account::VERSION)).await);
    let tiny = Account::BALANCE.offset(dec("-0.000001"));
    assert!(matches(tiny.lt_column(Account::BALANCE)).await);
}

/// Columns of different kinds are not compared.
pub(crate) async fn different_kinds_are_refused(databases: &Databases) {
    let session = databases.migrated().await.session();
    let change = || [Account::VISITS.plus(1)];
    let mixed = Account::OWNER.eq_column(Account::VERSION);
    breaks(
        session.update_if(&1, mixed, change()).await,
        "not_comparable",
    );
    let mixed = Account::BALANCE.eq_column(Account::VERSION);
    breaks(
        session.update_if(&1, mixed, change()).await,
        "not_comparable",
    );
}

/// An update returns the row as it is afterwards, and nothing if the guard does not hold.
pub(crate) async fn returning(databases: &Databases) {
    let database = databases.migrated().await;
    let session = database.session();
    session.insert(&Account::new(1)).await.unwrap();
    let add = || [Account::VISITS.plus(2), Account::NOTE.set("n")];
    let expected = Account {
        visits: 2,
        note: Some("n".to_owned()),
        ..Account::new(1)
    };
    // The guard holds before, and no longer afterwards.
    let first = session
        .update_returning(&1, Account::VISITS.eq(0), add())
        .await;
    assert_eq!(first.unwrap(), Some(expected.clone()));
    let second = session
        .update_returning(&1, Account::VISITS.eq(0), add())
        .await;
    assert_eq!(second.unwrap(), None);
    let absent = session.update_returning(&9, Filter::all(), add()).await;
    assert_eq!(absent.unwrap(), None);
    let tx = database.store.begin().await.unwrap();
    let inside = tx
        .update_returning(&1, Filter::all(), [Account::SMALL.set(7)])
        .await;
    let row = inside.unwrap().unwrap();
    assert_eq!((row.small, row.visits), (7, 2));
    tx.rollback().await.unwrap();
    assert_eq!(session.get::<Account>(&1).await.unwrap(), expected);
}

/// Storing a whole entity increments its version, and an outdated version is a version conflict.
pub(crate) async fn versions(databases: &Databases) {
    let session = databases.migrated().await.session();
    let first = Versioned::new(1);
    session.insert(&first).await.unwrap();
    let mine = Versioned {
        name: "mine".to_owned(),
        ..first.clone()
    };
    let stored = session.update_version(&mine).await.unwrap();
    assert_eq!(stored.version, 1);
    assert_eq!(session.get::<Versioned>(&1).await.unwrap(), stored);
    fails(
        session.update_version(&first).await,
        ErrorKind::VersionConflict,
    );
    assert_eq!(session.get::<Versioned>(&1).await.unwrap(), stored);
    session.delete::<Versioned>(&1).await.unwrap();
    fails(session.update_version(&stored).await, ErrorKind::NotFound);
}

/// Every way to change a row increments its version, so that an entity that was read before cannot overwrite
/// the change; changes that name the version decide it themselves.
pub(crate) async fn every_update_increments_the_version(databases: &Databases) {
    let database = databases.migrated().await;
    let session = database.session();
    session.insert(&Versioned::new(1)).await.unwrap();
    let read = session.get::<Versioned>(&1).await.unwrap();
    let to = |name: &'static str| [Versioned::NAME.set(name)];
    let expect = |version: i64| {
        let session = database.session();
        async move {
            let stored = session.get::<Versioned>(&1).await.unwrap();
            assert_eq!(stored.version, version);
        }
    };
    assert!(
        session
            .update_if(&1, Filter::all(), to("if"))
            .await
            .unwrap()
    );
    expect(1).await;
    let row = session.update_returning(&1, Versioned::VERSION.eq(1), to("returning"));
    assert_eq!(row.await.unwrap().unwrap().version, 2);
    let twice = || [(); 2].map(|()| RowUpdate::new(&1, Filter::all(), to("each")));
    assert_eq!(session.update_each(twice()).await.unwrap(), [true; 2]);
    expect(4).await;
    let rows = session.update_each_returning(twice()).await.unwrap();
    let versions = rows.into_iter().map(|row| row.unwrap().version);
    assert_eq!(versions.collect::<Vec<_>>(), [5, 6]);
    let every = session.update_where(Versioned::ID.eq(1), to("where"));
    assert_eq!(every.await.unwrap(), 1);
    expect(7).await;
    let rows = [Versioned::new(1), Versioned::new(2)];
    let upserted = session.upsert(&rows, [Versioned::NAME.inserted()]);
    upserted.await.unwrap();
    expect(8).await;
    assert_eq!(session.get::<Versioned>(&2).await.unwrap().version, 0);
    let claim = ClaimQuery::new(Versioned::ID.eq(1), Versioned::NAME, "claimed");
    let claimed = session.claim(claim).await.unwrap();
    assert_eq!(claimed.rows[0].version, 9);
    expect(9).await;
    fails(
        session.update_version(&read).await,
        ErrorKind::VersionConflict,
    );
    let named = [Versioned::NAME.set("named"), Versioned::VERSION.set(40)];
    assert!(session.update_if(&1, Filter::all(), named).await.unwrap());
    expect(40).await;
    let named = session.update_if(&1, Filter::all(), [Versioned::VERSION.plus(2)]);
    assert!(named.await.unwrap());
    expect(42).await;
    breaks(
        session.update_if::<Versioned>(&1, Filter::all(), []).await,
        "empty",
    );
    expect(42).await;
}

/// The greatest version has no next one.
pub(crate) async fn the_greatest_version(databases: &Databases) {
    let session = databases.migrated().await.session();
    let last = Versioned {
        version: i64::MAX,
        ..Versioned::new(1)
    };
    session.insert(&last).await.unwrap();
    fails(session.update_version(&last).await, ErrorKind::Invalid);
    let rename = session.update_if(&1, Filter::all(), [Versioned::NAME.set("next")]);
    assert!(rename.await.is_err());
    assert_eq!(session.get::<Versioned>(&1).await.unwrap(), last);
}

/// Concurrent withdrawals under guards of columns never overdraw an account.
pub(crate) async fn never_overdrawn(databases: &Databases) {
    let database = databases.migrated().await;
    let account = Account {
        version: 10,
        bonus: Some(0),
        ..Account::new(1)
    };
    database.session().insert(&account).await.unwrap();
    let withdrawals = (0..25).map(|_| {
        let session = database.session();
        async move {
            let enough = Account::BONUS.offset(1).le_column(Account::VERSION);
            let take = RowUpdate::new(&1, enough, [Account::BONUS.plus(1)]);
            session.update_each([take]).await.unwrap() == [true]
        }
    });
    let taken = futures_util::future::join_all(withdrawals).await;
    assert_eq!(taken.iter().filter(|taken| **taken).count(), 10);
}
