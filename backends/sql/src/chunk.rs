//! How the rows of a batch are cut into statements.

use genledger_contract::RowBatch;

use crate::dialect::Dialect;

/// Cuts rows into the statements that insert them.
///
/// A statement of values is another statement for every number of rows, so only some numbers are
/// used, four for each doubling: what was prepared once is used again. A statement of arrays, or of
/// one row that is run again and again, takes any number.
pub(crate) fn chunks<'r>(
    dialect: &Dialect,
    batch: &RowBatch,
    rows: &'r [usize],
) -> Vec<&'r [usize]> {
    let limits = dialect.limits();
    let width = batch.table().columns.len();
    let any_number = dialect.has_arrays() || dialect.row_by_row();
    let most = if any_number {
        limits.rows
    } else {
        limits.rows.min(limits.params / width).max(1)
    };
    let mut chunks = Vec::with_capacity(rows.len() / most + 4);
    let mut rest = rows;
    while !rest.is_empty() {
        let fitting = fitting(batch, &rest[..rest.len().min(most)], limits.bytes);
        let count = if any_number || fitting == most {
            fitting
        } else {
            round(fitting)
        };
        let (chunk, after) = rest.split_at(count);
        chunks.push(chunk);
        rest = after;
    }
    chunks
}

/// How many of the rows, at least one, have no more than so many bytes.
fn fitting(batch: &RowBatch, rows: &[usize], most: usize) -> usize {
    let mut bytes = 0_usize;
    let fitting = rows
        .iter()
        .take_while(|row| {
            bytes = bytes.saturating_add(batch.bytes(**row, **row + 1));
            bytes <= most
        })
        .count();
    fitting.max(1)
}

/// The greatest of the numbers that are used which is not greater than `count`.
fn round(count: usize) -> usize {
    // Numbers below 8 are all used; above, those whose bits after the third are zero.
    let bits = usize::BITS - count.leading_zeros();
    let low = bits.saturating_sub(3);
    count >> low << low
}

#[cfg(test)]
mod tests {
    use super::round;

    #[test]
    fn few_numbers_are_used() {
        let used: std::collections::BTreeSet<usize> = (1..=1_820).map(round).collect();
        assert!((1..=8).all(|count| used.contains(&count)));
        assert_eq!(round(100), 96);
        assert_eq!(round(1_819), 1_792);
        assert!(used.len() < 45, "{used:?}");
    }
}
