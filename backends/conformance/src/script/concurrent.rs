//! Concurrent random scripts: the reported results add up to the stored rows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use genledger_contract::session::RetryPolicy;
use genledger_contract::{
    Error, ErrorKind, Filter, Result, RowOutcome, SessionExt, Store, StoreExt,
};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy};
use proptest::prop_oneof;
use proptest::test_runner::{TestCaseError, TestCaseResult};

use super::run::{Script, lines, run};
use crate::ask::matching;
use crate::databases::Databases;
use crate::harness::Applicable;
use crate::model::Account;

/// The number of concurrent scripts.
const SCRIPTS_AT_ONCE: usize = 4;

const NOT_MOVED: &str = "not moved";

/// With many attempts, since all scripts write to the same few accounts.
const POLICY: RetryPolicy = RetryPolicy {
    attempts: 200,
    first_wait: Duration::from_millis(1),
    longest_wait: Duration::from_millis(30),
    deadline: Duration::from_secs(120),
};

/// A transaction of a script; accounts are numbered from 0 to 5.
#[derive(Clone, Debug)]
pub(super) enum Transfer {
    /// Adds to one account.
    Add(i64, i64),
    /// Moves an amount from one account to another, and rolls back if the last field is `true`.
    Move(i64, i64, i64, bool),
    /// Opens accounts.
    Open(Vec<i64>),
    /// Closes an account that is empty.
    Close(i64),
}

/// The effects of a committed transaction: on the sums of accounts, and on whether they are open.
#[derive(Default)]
struct Effect {
    sums: Vec<(i64, i64)>,
    open: Vec<(i64, i64)>,
}

fn transfer() -> impl Strategy<Value = Transfer> {
    let amount = 1..20_i64;
    prop_oneof![
        4 => (0..6_i64, amount.clone()).prop_map(|(id, amount)| Transfer::Add(id, amount)),
        4 => (0..6_i64, 0..6_i64, amount, proptest::bool::weighted(0.2))
            .prop_map(|(from, to, amount, undo)| Transfer::Move(from, to, amount, undo)),
        2 => vec(0..6_i64, 1..5).prop_map(Transfer::Open),
        2 => (0..6_i64).prop_map(Transfer::Close),
        1 => Just(Transfer::Open((0..6).collect())),
    ]
}

impl Script for Vec<Vec<Transfer>> {
    fn show(&self) -> String {
        lines(self)
    }
}

/// Runs several scripts on two stores at the same time.
pub(crate) async fn run_concurrently(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let stores = [Arc::clone(&database.store), database.second().await?];
    let script = vec(vec(transfer(), 1..12), SCRIPTS_AT_ONCE);
    run(&script, |script| play(&stores, script));
    Ok(())
}

async fn play(stores: &[Arc<dyn Store>], script: Vec<Vec<Transfer>>) -> TestCaseResult {
    let session = stores[0].session();
    session
        .delete_where::<Account>(Filter::all())
        .await
        .expect("the table could not be emptied");
    let scripts = stores.iter().cycle().zip(script).map(|(store, transfers)| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            let mut effects = Vec::new();
            for transfer in transfers {
                effects.push(execute(&store, &transfer).await?);
            }
            Ok::<_, Error>(effects)
        })
    });
    let mut sums = BTreeMap::<i64, i64>::new();
    let mut open = BTreeMap::<i64, i64>::new();
    for outcome in join_all(scripts).await {
        let effects = outcome
            .map_err(|panic| TestCaseError::fail(panic.to_string()))?
            .map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
        for effect in effects {
            for (id, amount) in effect.sums {
                *sums.entry(id).or_default() += amount;
            }
            for (id, opened) in effect.open {
                *open.entry(id).or_default() += opened;
            }
        }
    }
    let rows = matching(&*session, Filter::<Account>::all()).await;
    let stored: BTreeMap<i64, i64> = rows.iter().map(|row| (row.id, row.version)).collect();
    for id in 0..6 {
        let expected = (open.get(&id) == Some(&1)).then(|| sums.get(&id).copied().unwrap_or(0));
        if stored.get(&id).copied() != expected || !matches!(open.get(&id), None | Some(0 | 1)) {
            return Err(TestCaseError::fail(format!(
                "account {id}: expected {:?} in {:?} openings, found {:?}",
                sums.get(&id),
                open.get(&id),
                stored.get(&id)
            )));
        }
    }
    Ok(())
}

async fn execute(store: &Arc<dyn Store>, transfer: &Transfer) -> Result<Effect> {
    let mut effect = Effect::default();
    match transfer {
        Transfer::Add(id, amount) => {
            let added = store.transaction_with(POLICY, |tx| async move {
                let change = [Account::VERSION.plus(*amount)];
                tx.update_if(id, Filter::all(), change).await
            });
            if added.await? {
                effect.sums.push((*id, *amount));
            }
        }
        Transfer::Move(from, to, amount, undo) => {
            let moved = store.transaction_with(POLICY, |tx| async move {
                let take = [Account::VERSION.plus(-amount)];
                let give = [Account::VERSION.plus(*amount)];
                let enough = Account::VERSION.ge(*amount);
                let taken = tx.update_if(from, enough, take).await?;
                if !taken || !tx.update_if(to, Filter::all(), give).await? || *undo {
                    return Err(Error::new(ErrorKind::Other, NOT_MOVED));
                }
                Ok(())
            });
            match moved.await {
                Ok(()) => effect.sums.extend([(*from, -amount), (*to, *amount)]),
                Err(error) if error.message() == NOT_MOVED => {}
                Err(error) => return Err(error),
            }
        }
        Transfer::Open(ids) => {
            let rows = &Account::many(ids.iter().copied());
            let outcomes =
                store.transaction_with(POLICY, |tx| async move { tx.insert_if_absent(rows).await });
            let outcomes = ids.iter().zip(outcomes.await?);
            let new = outcomes.filter(|(_, outcome)| *outcome == RowOutcome::New);
            effect.open.extend(new.map(|(id, _)| (*id, 1)));
        }
        Transfer::Close(id) => {
            let closed = store.transaction_with(POLICY, |tx| async move {
                let empty = Account::ID.eq(*id) & Account::VERSION.eq(0);
                tx.delete_where(empty).await
            });
            if closed.await? == 1 {
                effect.open.push((*id, -1));
            }
        }
    }
    Ok(effect)
}
