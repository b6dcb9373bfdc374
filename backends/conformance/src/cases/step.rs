//! Several statements of a transaction as one: `tx.step()`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use genledger_contract::{ErrorKind, Result, SessionExt, StoreExt, Tx};
use tokio::time::timeout;

use crate::ask::matching;
use crate::check::fails;
use crate::cut_short::{MOMENTS, cut_short};
use crate::lab::{Database, Lab};
use crate::model::Account;

/// Inserts two accounts; the second is there already for an odd one.
async fn pair(tx: &Tx, first: i64) -> Result<()> {
    let step = tx.step().await?;
    let outcome = async {
        let session = step.session();
        session.insert(&Account::new(first)).await?;
        session.insert(&Account::new(first + 1 - first % 2)).await
    };
    let outcome = outcome.await;
    step.end(outcome).await
}

async fn ids(database: &Database) -> Vec<i64> {
    let all = genledger_contract::Filter::<Account>::all();
    let rows = matching(&*database.session(), all).await;
    rows.iter().map(|row| row.id).collect()
}

/// A step that fails is undone, and the transaction goes on.
pub(crate) async fn is_kept_or_undone(lab: &Lab) {
    let database = lab.database().await;
    let work = |tx: Tx| async move {
        tx.insert(&Account::new(0)).await?;
        pair(&tx, 10).await?;
        fails(pair(&tx, 21).await, ErrorKind::Conflict);
        tx.insert(&Account::new(30)).await
    };
    database.store.transaction(work).await.unwrap();
    assert_eq!(ids(&database).await, [0, 10, 11, 30]);
}

/// A step inside of what a savepoint began leaves the point where it was.
pub(crate) async fn nests_in_a_savepoint(lab: &Lab) {
    let database = lab.database().await;
    let work = |tx: Tx| async move {
        tx.savepoint().await?;
        tx.insert(&Account::new(0)).await?;
        pair(&tx, 10).await?;
        fails(pair(&tx, 21).await, ErrorKind::Conflict);
        tx.rollback_to_savepoint().await?;
        pair(&tx, 30).await
    };
    database.store.transaction(work).await.unwrap();
    assert_eq!(ids(&database).await, [30, 31]);
}

/// Steps and statements of several handles at the same time do not come between each other.
pub(crate) async fn is_alone(lab: &Lab) {
    let database = lab.database().await;
    let work = |tx: Tx| async move {
        for round in (0..2_000).step_by(100) {
            let (kept, undone) = (round, round + 51);
            let single = Account::new(round + 80);
            let (first, second, third, fourth) = tokio::join!(
                pair(&tx, kept),
                pair(&tx, undone),
                tx.insert(&single),
                pair(&tx, undone + 10),
            );
            first?;
            fails(second, ErrorKind::Conflict);
            third?;
            fails(fourth, ErrorKind::Conflict);
        }
        Ok(())
    };
    database.store.transaction(work).await.unwrap();
    let expected: Vec<i64> = (0..2_000)
        .step_by(100)
        .flat_map(|round| [round, round + 1, round + 80])
        .collect();
    assert_eq!(ids(&database).await, expected);
}

/// A dropped step ends the transaction: nothing of it happens, and nobody waits for it.
pub(crate) async fn dropped(lab: &Lab) {
    let database = lab.database().await;
    for polls in 1..30 {
        for moment in MOMENTS {
            let completed = &AtomicBool::new(false);
            let work = |tx: Tx| async move {
                tx.insert(&Account::new(0)).await?;
                tx.savepoint().await?;
                tx.insert(&Account::new(1)).await?;
                let step = cut_short(pair(&tx, 10), polls, moment).await;
                completed.store(step.is_some(), Ordering::Relaxed);
                // Nothing that comes after it can bring back what was before.
                tx.rollback_to_savepoint().await
            };
            let work = database.store.transaction(work);
            let outcome = timeout(Duration::from_secs(20), work).await;
            let outcome = outcome.expect("a transaction waits for a dropped step");
            if completed.load(Ordering::Relaxed) {
                outcome.unwrap();
                assert_eq!(ids(&database).await, [0]);
                database.session().delete::<Account>(&0).await.unwrap();
            } else {
                fails(outcome, ErrorKind::Aborted);
                assert_eq!(ids(&database).await, [0; 0]);
            }
        }
    }
}
