//! Random scripts, run on memory and on the backend: every result is the same.

use crate::harness::Applicable;
use crate::lab::Lab;
use crate::model::{Account, Entry, Job, Member, Specimen};
use crate::script::{run_concurrently, run_reads, run_writes};

/// Inserts, upserts, guarded updates and transactions on a table of numbers.
pub(crate) async fn numbers(lab: &Lab) {
    run_writes::<Account>(lab).await;
}

/// Inserts, updates and transactions on a table with unique keys and soft deletion.
pub(crate) async fn unique_keys(lab: &Lab) {
    run_writes::<Member>(lab).await;
}

/// Claims among inserts, updates and transactions on a queue.
pub(crate) async fn queues(lab: &Lab) {
    run_writes::<Job>(lab).await;
}

/// Inserts, updates and transactions on a table with every kind of column.
pub(crate) async fn every_kind(lab: &Lab) {
    run_writes::<Specimen>(lab).await;
}

/// Filters, pages and aggregates over every kind of column.
pub(crate) async fn reads_of_every_kind(lab: &Lab) {
    run_reads::<Specimen>(lab).await;
}

/// Filters, pages and aggregates over a log.
pub(crate) async fn reads_of_a_log(lab: &Lab) {
    run_reads::<Entry>(lab).await;
}

/// Concurrent scripts: the reported results add up to the rows that are stored in the end.
pub(crate) async fn concurrent(lab: &Lab) -> Applicable<()> {
    run_concurrently(lab).await
}
