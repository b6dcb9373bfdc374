//! Random scripts, run on memory and on the backend: every result is the same.

use crate::databases::Databases;
use crate::harness::Applicable;
use crate::model::{Account, Entry, Job, Member, Specimen};
use crate::script::{run_concurrently, run_reads, run_writes};

/// Inserts, upserts, guarded updates and transactions on a table of numbers.
pub(crate) async fn numbers(databases: &Databases) {
    run_writes::<Account>(databases).await;
}

/// Inserts, updates and transactions on a table with unique keys and soft deletion.
pub(crate) async fn unique_keys(databases: &Databases) {
    run_writes::<Member>(databases).await;
}

/// Claims among inserts, updates and transactions on a queue.
pub(crate) async fn queues(databases: &Databases) {
    run_writes::<Job>(databases).await;
}

/// Inserts, updates and transactions on a table with every kind of column.
pub(crate) async fn every_kind(databases: &Databases) {
    run_writes::<Specimen>(databases).await;
}

/// Filters, pages and aggregates over every kind of column.
pub(crate) async fn reads_of_every_kind(databases: &Databases) {
    run_reads::<Specimen>(databases).await;
}

/// Filters, pages and aggregates over a log.
pub(crate) async fn reads_of_a_log(databases: &Databases) {
    run_reads::<Entry>(databases).await;
}

/// Concurrent scripts: the reported results add up to the rows that are stored in the end.
pub(crate) async fn concurrent(databases: &Databases) -> Applicable<()> {
    run_concurrently(databases).await
}
