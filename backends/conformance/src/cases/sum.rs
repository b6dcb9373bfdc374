//! Sums: exact, or refused.

use genledger_contract::{Filter, Session, SessionExt};

use crate::ask::{aggregated, integers, over};
use crate::check::breaks;
use crate::databases::Databases;
use crate::model::Account;

/// Sums of integers of every width are exact 64-bit integers.
pub(crate) async fn of_every_width(databases: &Databases) {
    let session = databases.migrated().await.session();
    let rows = [1, 2, 3].map(|id| Account {
        version: (1 << 60) + 1,
        visits: i32::MAX,
        small: i16::MIN,
        bonus: (id != 2).then_some(id),
        ..Account::new(id)
    });
    session.insert_many(&rows).await.unwrap();
    let query = over()
        .sum(Account::VERSION)
        .sum(Account::VISITS)
        .sum(Account::SMALL)
        .sum(Account::BONUS);
    let sums = integers(&aggregated(&*session, query).await, 4);
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
    session.insert_many(&rows).await.unwrap();
}

/// A sum that fits 64 bits is exact, also when intermediate sums do not fit.
pub(crate) async fn that_just_fit(databases: &Databases) {
    let session = databases.migrated().await.session();
    for (versions, expected) in [
        (vec![i64::MAX, 1, -1], i64::MAX),
        (vec![i64::MAX, i64::MAX, -i64::MAX], i64::MAX),
        (vec![i64::MIN, -1, 1], i64::MIN),
        (vec![i64::MIN, i64::MAX], -1),
        (vec![i64::MIN, i64::MIN, i64::MAX, i64::MAX, 2], 0),
    ] {
        account_versions(&*session, &versions).await;
        let rows = aggregated(&*session, over().sum(Account::VERSION)).await;
        assert_eq!(rows[0].integer(0).unwrap(), expected, "{versions:?}");
    }
}

/// A sum that does not fit 64 bits is refused, in a group as well.
pub(crate) async fn that_overflow(databases: &Databases) {
    let session = databases.migrated().await.session();
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
        let sums = integers(&aggregated(&*session, apart).await, 2);
        assert_eq!(sums[0][1], Some(versions[0]));
    }
}
