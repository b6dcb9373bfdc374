//! In which order rows are written.

use std::cmp::Ordering;

use genledger_contract::row::RowBatch;

/// The rows by key, so that two writes of the same keys never deadlock. Rows
/// with the same key stay in the caller's order.
pub(super) fn in_key_order(batch: &RowBatch) -> Vec<usize> {
    let key = batch.table().key_positions();
    let mut rows: Vec<usize> = (0..batch.len()).collect();
    rows.sort_by(|left, right| {
        key.iter()
            .map(|column| {
                batch
                    .value(*left, *column)
                    .order(batch.value(*right, *column))
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    });
    rows
}
