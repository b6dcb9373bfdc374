//! Joined conditions, and NULL in them.

use genledger_contract::{Filter, Session, SessionExt};

use crate::ask::{dec, matching};
use crate::check::breaks;
use crate::databases::Databases;
use crate::model::Account;

/// Three accounts: without a bonus, with 1, with 2.
async fn three(session: &dyn Session) {
    let rows = [None, Some(1), Some(2)].map(|bonus| Account {
        bonus,
        ..Account::new(bonus.unwrap_or_default())
    });
    session.insert_many(&rows).await.unwrap();
}

async fn ids(session: &dyn Session, filter: Filter<Account>) -> Vec<i64> {
    let rows = matching(session, filter).await;
    rows.iter().map(|row| row.id).collect()
}

/// Expects each filter to select these accounts; 0 is the one without a bonus.
async fn select_ids<const N: usize>(
    session: &dyn Session,
    expectations: [(Filter<Account>, &[i64]); N],
) {
    for (filter, expected) in expectations {
        let about = format!("{filter:?}");
        assert_eq!(ids(session, filter).await, expected, "{about}");
    }
}

/// A comparison with NULL is unknown: neither it nor its negation selects a row.
pub(crate) async fn unknown_is_not_true(databases: &Databases) {
    let session = databases.migrated().await.session();
    three(&*session).await;
    let bonus = Account::BONUS;
    select_ids(
        &*session,
        [
            (bonus.eq(1), &[1]),
            (bonus.ne(1), &[2]),
            (!bonus.eq(1), &[2]),
            (!bonus.ne(1), &[1]),
            (!!bonus.eq(1), &[1]),
            (bonus.lt(9), &[1, 2]),
            (!bonus.lt(9), &[]),
            (bonus.is_null(), &[0]),
            (bonus.is_not_null(), &[1, 2]),
            (!bonus.is_not_null(), &[0]),
            (bonus.eq(None), &[]),
            (bonus.ne(None), &[]),
            (bonus.is_in([1, 3]), &[1]),
            (!bonus.is_in([1, 3]), &[2]),
            (bonus.is_in([Some(1), None]), &[1]),
            (bonus.is_in([None::<i64>]), &[]),
        ],
    )
    .await;
}

/// `and`, `or` and `not` follow three-valued logic at any depth.
pub(crate) async fn three_valued_logic(databases: &Databases) {
    let session = databases.migrated().await.session();
    three(&*session).await;
    let bonus = Account::BONUS;
    let one = || bonus.eq(1);
    select_ids(
        &*session,
        [
            (one() & bonus.eq(2), &[]),
            (!(one() & bonus.eq(2)), &[1, 2]),
            (one() | bonus.is_null(), &[0, 1]),
            (!(one() | bonus.is_null()), &[2]),
            (one() & bonus.is_null(), &[]),
            (!(one() & bonus.is_null()), &[1, 2]),
            // Unknown and false is false, so its negation is true.
            (!(one() & bonus.is_not_null()), &[0, 2]),
            // Unknown or true is true.
            (one() | !bonus.is_not_null(), &[0, 1]),
            (!(one() | bonus.eq(2)), &[]),
            (!(!one() | Account::ID.eq(0)), &[1]),
            (!(!(one() | Account::ID.eq(0)) & bonus.eq(2)), &[0, 1]),
        ],
    )
    .await;
}

/// The constant filters and the empty list, alone and in combinations.
pub(crate) async fn constants(databases: &Databases) {
    let session = databases.migrated().await.session();
    three(&*session).await;
    let empty = || Account::BONUS.is_in(Vec::<i64>::new());
    let all: fn() -> Filter<Account> = Filter::all;
    let none: fn() -> Filter<Account> = Filter::none;
    select_ids(
        &*session,
        [
            (all(), &[0, 1, 2]),
            (!all(), &[]),
            (none(), &[]),
            (!none(), &[0, 1, 2]),
            (empty(), &[]),
            (!empty(), &[0, 1, 2]),
            (all() & Account::BONUS.eq(1), &[1]),
            (none() & Account::BONUS.eq(1), &[]),
            (all() | Account::BONUS.eq(1), &[0, 1, 2]),
            (none() | Account::BONUS.eq(1), &[1]),
            (empty() | Account::BONUS.eq(1), &[1]),
            (Account::BONUS.eq(1) | all(), &[0, 1, 2]),
            (Account::BONUS.eq(1) & none(), &[]),
            (!(all() & none()), &[0, 1, 2]),
        ],
    )
    .await;
}

/// A list may hold ten thousand values, and the same value twice.
pub(crate) async fn long_lists(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Account::many(0..100)).await.unwrap();
    let list: Vec<i64> = (50..10_050).collect();
    let found = ids(&*session, Account::ID.is_in(list)).await;
    assert_eq!(found, (50..100).collect::<Vec<_>>());
    assert_eq!(ids(&*session, Account::ID.is_in([7, 7, 7])).await, [7]);
}

/// A filter may be a hundred conditions long and thirty deep.
pub(crate) async fn long_and_deep(databases: &Databases) {
    let session = databases.migrated().await.session();
    three(&*session).await;
    let long = (0..100).fold(Filter::none(), |filter, id| {
        filter | (Account::ID.eq(id * 2) & Account::VERSION.le(id))
    });
    assert_eq!(ids(&*session, long).await, [0, 2]);
    let deep = (0..30).fold(Account::BONUS.eq(1), |filter, round| {
        if round % 2 == 0 {
            !(filter & Account::VERSION.eq(0))
        } else {
            filter | Account::ID.eq(100)
        }
    });
    // An odd number of negations of `bonus = 1`, each of which leaves the unknown row unknown.
    let found = ids(&*session, deep).await;
    assert_eq!(found, [2]);
}

/// Numbers that the column cannot hold are compared as numbers all the same.
pub(crate) async fn operands_wider_than_the_column(databases: &Databases) {
    let session = databases.migrated().await.session();
    three(&*session).await;
    // A decimal operand may have more digits than the column; see also the topic `decimal`.
    let great = dec("79228162514264337593543950335");
    assert_eq!(ids(&*session, Account::BALANCE.lt(great)).await, [0, 1, 2]);
    assert_eq!(ids(&*session, Account::BALANCE.eq(great)).await, [0_i64; 0]);
}

/// An operand that is not valid is an error of the statement that uses the filter.
pub(crate) async fn impossible_operands(databases: &Databases) {
    let session = databases.migrated().await.session();
    three(&*session).await;
    let filter = || Account::OWNER.eq("\0") & Account::ID.eq(1);
    breaks(session.count(filter(), 10).await, "nul_character");
    breaks(session.delete_where(filter()).await, "nul_character");
    let change = [Account::VISITS.set(1)];
    breaks(
        session.update_if(&1, filter(), change).await,
        "nul_character",
    );
    assert_eq!(ids(&*session, Filter::all()).await, [0, 1, 2]);
}
