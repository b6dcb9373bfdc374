//! Counts that stop at a cap.

use genledger_contract::query::Count;
use genledger_contract::{Filter, SessionExt};

use crate::check::breaks;
use crate::databases::Databases;
use crate::model::Account;

/// Below the cap a count is exact; from the cap on it is a lower bound.
pub(crate) async fn stops_at_the_cap(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Account::many(0..10)).await.unwrap();
    for (cap, expected) in [
        (1, Count::AtLeast(1)),
        (9, Count::AtLeast(9)),
        (10, Count::AtLeast(10)),
        (11, Count::Exactly(10)),
        (1_000_000, Count::Exactly(10)),
    ] {
        let count = session.count(Filter::<Account>::all(), cap).await.unwrap();
        assert_eq!(count, expected);
    }
}

/// Only rows that the filter selects count.
pub(crate) async fn counts_what_is_selected(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Account::many(0..10)).await.unwrap();
    let count = async |filter, cap| session.count(filter, cap).await.unwrap();
    assert_eq!(count(Account::ID.lt(3), 100).await, Count::Exactly(3));
    assert_eq!(count(Account::ID.lt(3), 2).await, Count::AtLeast(2));
    assert_eq!(count(Filter::none(), 1).await, Count::Exactly(0));
    assert_eq!(count(Account::BONUS.ne(1), 1).await, Count::Exactly(0));
}

/// A cap of 0, or beyond 64 bits, is refused.
pub(crate) async fn impossible_caps(databases: &Databases) {
    let session = databases.migrated().await.session();
    for cap in [0, u64::MAX] {
        let count = session.count(Filter::<Account>::all(), cap).await;
        breaks(count, "out_of_range");
    }
    let most = u64::try_from(i64::MAX).unwrap();
    let count = session.count(Filter::<Account>::all(), most).await;
    assert_eq!(count.unwrap(), Count::Exactly(0));
}
