//! A custom backend: a small store that uses only the contract.
//!
//! It keeps every table as a map from primary keys to rows, clones a table for each write and lets
//! one transaction run at a time. That is slow, but correct: `cargo test --example custom_backend` runs the
//! conformance suite on it, which is all that a backend must pass.

#[cfg(test)]
mod harness;
mod reader;
mod scope;
mod store;
mod sums;
mod table;

use genledger_contract::{Entity, Error, MigrationSet, Result, SessionExt, Store, StoreExt};

use store::CustomStore;

/// A job that one worker claims.
#[derive(Clone, Debug, Entity)]
#[entity(crate = genledger_contract, table = "jobs", key(id))]
struct Job {
    /// Its number.
    id: i64,
    /// The number of attempts.
    #[column(filter)]
    tries: i32,
}

#[tokio::main]
async fn main() -> Result<()> {
    let store = CustomStore::open(None);
    let tables = MigrationSet::of("jobs", &[Job::TABLE]);
    println!("created {:?}", store.migrate(&[tables]).await?.applied);
    let outcomes = store
        .session()
        .insert_if_absent(&[Job { id: 1, tries: 0 }, Job { id: 1, tries: 3 }])
        .await?;
    println!("inserted {outcomes:?}");
    let kept = store
        .transaction(|tx| async move {
            tx.update_if(&1, Job::TRIES.eq(0), [Job::TRIES.plus(1)])
                .await?;
            Err::<(), _>(Error::invalid("changed my mind"))
        })
        .await;
    if let Err(error) = kept {
        println!("rolled back: {error}");
    }
    println!("unchanged: {:?}", store.session().get::<Job>(&1).await?);
    Ok(())
}

#[cfg(test)]
genledger_conformance::suite!(backend_custom, harness::CustomHarness);
