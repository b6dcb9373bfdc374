//! How the rows of a batch are cut into statements.

use genledger_contract::RowBatch;

use crate::dialect::{Dialect, Limits};

/// How the rows of a statement are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// As the driver does it fastest.
    Bulk,
    /// As values, beside so many other values.
    Values {
        /// The others.
        others: usize,
    },
}

/// Cuts rows into the statements that insert them.
///
/// A statement of values is another statement for every number of rows, so only some numbers are
/// used, four for each doubling: what was prepared once is used again. A statement of arrays, or of
/// one row that is run again and again, takes any number.
pub(crate) fn chunks<'r>(
    dialect: &Dialect,
    batch: &RowBatch,
    rows: &'r [usize],
    binding: Binding,
) -> Vec<&'r [usize]> {
    let limits = dialect.limits();
    let any_number = dialect.row_by_row() || (dialect.has_arrays() && binding == Binding::Bulk);
    let most = if any_number {
        limits.rows
    } else {
        most(limits, batch.table().columns.len(), binding)
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

/// The most rows of one statement of values.
fn most(limits: &Limits, width: usize, binding: Binding) -> usize {
    let others = match binding {
        Binding::Bulk => 0,
        Binding::Values { others } => others,
    };
    let params = limits.params.saturating_sub(others);
    limits.rows.min(params / width.max(1)).max(1)
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
    use super::{Binding, most, round};
    use crate::dialect::{MYSQL, POSTGRES};

    #[test]
    fn all_values_of_a_statement_are_counted() {
        let values = |others| Binding::Values { others };
        // The rows of a statement are fewer than its parameters would allow, up to 65 columns.
        assert_eq!(most(POSTGRES.limits(), 24, values(2)), 1_000);
        assert_eq!(most(POSTGRES.limits(), 66, values(2)), 992);
        // 257 rows of 255 columns leave no room for another value.
        assert_eq!(most(MYSQL.limits(), 255, Binding::Bulk), 257);
        assert_eq!(most(MYSQL.limits(), 255, values(0)), 257);
        assert_eq!(most(MYSQL.limits(), 255, values(1)), 256);
        assert_eq!(most(MYSQL.limits(), 70_000, values(1)), 1);
    }

    #[test]
    fn few_numbers_are_used() {
        let used: std::collections::BTreeSet<usize> = (1..=1_820).map(round).collect();
        assert!((1..=8).all(|count| used.contains(&count)));
        assert_eq!(round(100), 96);
        assert_eq!(round(1_819), 1_792);
        assert!(used.len() < 45, "{used:?}");
    }
}
