//! Splits the rows of a batch into chunks, each inserted by one statement.

use std::cmp::Ordering;

use genledger_contract::Result;
use genledger_contract::row::{RowBatch, ValueRef};

use crate::dialect::{Dialect, Limits, Message};

/// How the rows of a statement are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// As the driver chooses: arrays by column, or values by row.
    Bulk,
    /// As values, after the values of the assignments.
    Values {
        /// The number of values of the assignments.
        others: usize,
        /// Their size.
        message: Message,
    },
}

impl Binding {
    /// The binding for an insert whose assignments have these values.
    pub(crate) fn with_values<'v>(
        dialect: &Dialect,
        values: impl Iterator<Item = ValueRef<'v>>,
    ) -> Self {
        let (mut others, mut message) = (0, Message::new(dialect.family()));
        for value in values {
            others += 1;
            message = message.with(value);
        }
        if others == 0 {
            Self::Bulk
        } else {
            Self::Values { others, message }
        }
    }
}

/// The most bytes of a value in a message beyond its bytes in the batch.
const MAX_OVERHEAD: usize = 40;

/// Splits rows into chunks.
///
/// The text of a statement with values depends on the number of rows, so only some numbers are used,
/// four for each doubling, and prepared statements are reused. A statement with arrays, or of one row
/// that is executed repeatedly, accepts any number.
///
/// # Errors
/// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a row that is too large even for a statement
/// of its own; nothing has been sent.
pub(crate) fn chunks<'r>(
    dialect: &Dialect,
    limits: &Limits,
    batch: &RowBatch,
    rows: &'r [usize],
    binding: Binding,
) -> Result<Vec<&'r [usize]>> {
    let any_number = dialect.row_by_row() || (dialect.has_arrays() && binding == Binding::Bulk);
    let width = batch.table().columns.len();
    let most = if any_number {
        limits.rows
    } else {
        most(limits, width, binding)
    };
    let text = if any_number {
        Text::default()
    } else {
        Text::of(batch)
    };
    let mut chunks = Vec::with_capacity(rows.len() / most + 4);
    let mut rest = rows;
    while !rest.is_empty() {
        let candidates = &rest[..rest.len().min(most)];
        let fitting = fitting(dialect, limits, batch, candidates, binding, text)?;
        let count = if any_number || fitting == most {
            fitting
        } else {
            round(fitting)
        };
        let (chunk, after) = rest.split_at(count);
        chunks.push(chunk);
        rest = after;
    }
    Ok(chunks)
}

/// The rows by key, so that two writes of the same keys never deadlock. Rows
/// with the same key stay in the caller's order.
pub(crate) fn in_key_order(batch: &RowBatch) -> Vec<usize> {
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

/// The maximum length of the SQL of an insert with values.
#[derive(Clone, Copy, Debug, Default)]
struct Text {
    head: usize,
    row: usize,
}

impl Text {
    fn of(batch: &RowBatch) -> Self {
        let table = batch.table();
        let names = |times: usize| -> usize {
            let columns = table.columns.iter();
            columns.map(|column| times * (column.name.len() + 8)).sum()
        };
        Self {
            // Each column is named once, and up to three more times in the assignments of an upsert.
            head: 128 + table.name.len() + names(4),
            // `$65535, `
            row: 4 + table.columns.len() * 8,
        }
    }

    const fn bytes(self, rows: usize) -> usize {
        self.head + rows * self.row
    }
}

/// The most rows of one statement with values.
fn most(limits: &Limits, width: usize, binding: Binding) -> usize {
    let others = match binding {
        Binding::Bulk => 0,
        Binding::Values { others, .. } => others,
    };
    let params = limits.params.saturating_sub(others);
    limits.rows.min(params / width.max(1)).max(1)
}

/// How many of the rows, at least one, fit into the limits of a statement and of a message.
fn fitting(
    dialect: &Dialect,
    limits: &Limits,
    batch: &RowBatch,
    rows: &[usize],
    binding: Binding,
    text: Text,
) -> Result<usize> {
    let mut message = match binding {
        Binding::Bulk => Message::new(dialect.family()),
        Binding::Values { message, .. } => message,
    };
    let width = batch.table().columns.len();
    let rough = message.bytes(text.bytes(rows.len()));
    let mut exact = false;
    let mut bytes = 0_usize;
    for (count, row) in rows.iter().enumerate() {
        bytes = bytes.saturating_add(batch.bytes(*row, row + 1));
        // Values are only counted one by one near the limit.
        let most = (count + 1).saturating_mul(width * MAX_OVERHEAD);
        if !exact && rough.saturating_add(bytes).saturating_add(most) > limits.packet {
            exact = true;
            message = rows[..count].iter().fold(message, |message, row| {
                message.and(of_row(dialect, batch, *row))
            });
        }
        if exact {
            message = message.and(of_row(dialect, batch, *row));
        }
        let fits = !exact || message.bytes(text.bytes(count + 1)) <= limits.packet;
        if count == 0 && !fits {
            let path = if batch.len() == 1 {
                "row".to_owned()
            } else {
                format!("[{row}]")
            };
            return Err(Limits::too_large(path).with_table(batch.table().name));
        }
        if count > 0 && (!fits || bytes > limits.bytes) {
            return Ok(count);
        }
    }
    Ok(rows.len())
}

fn of_row(dialect: &Dialect, batch: &RowBatch, row: usize) -> Message {
    (0..batch.table().columns.len()).fold(Message::new(dialect.family()), |message, column| {
        message.with(batch.value(row, column))
    })
}

/// Rounds down to a number of rows that is used.
fn round(count: usize) -> usize {
    // All numbers below 8 are used; above, those whose bits after the third are zero.
    let bits = usize::BITS - count.leading_zeros();
    let low = bits.saturating_sub(3);
    count >> low << low
}

#[cfg(test)]
mod tests {
    use genledger_contract::row::{RowBatch, ValueRef};
    use genledger_contract::{Entity, ErrorKind};

    use super::{Binding, chunks, in_key_order, most, round};
    use crate::dialect::{Dialect, Limits, MYSQL, Message, POSTGRES, SQLITE};

    /// A row of any length.
    #[derive(Clone, Debug, Entity)]
    #[entity(crate = genledger_contract, table = "texts", key(id))]
    struct Long {
        /// Its number.
        id: i64,
        /// Its text.
        text: String,
    }

    fn batch(lengths: &[usize]) -> RowBatch {
        let rows: Vec<Long> = (0..)
            .zip(lengths)
            .map(|(id, length)| Long {
                id,
                text: "x".repeat(*length),
            })
            .collect();
        RowBatch::of(&rows).unwrap()
    }

    fn lengths(dialect: &Dialect, limits: &Limits, batch: &RowBatch) -> Vec<usize> {
        let rows: Vec<usize> = (0..batch.len()).collect();
        let chunks = chunks(dialect, limits, batch, &rows, Binding::Bulk).unwrap();
        chunks.iter().map(|chunk| chunk.len()).collect()
    }

    #[test]
    fn all_values_of_a_statement_are_counted() {
        let limits = Limits::of(MYSQL.family());
        let values = |others| Binding::Values {
            others,
            message: Message::new(MYSQL.family()),
        };
        // Up to 65 columns, the limit of rows is lower than that of parameters.
        assert_eq!(most(&limits, 24, values(2)), 1_000);
        assert_eq!(most(&limits, 66, values(2)), 992);
        // 257 rows of 255 columns use all parameters.
        assert_eq!(most(&limits, 255, Binding::Bulk), 257);
        assert_eq!(most(&limits, 255, values(0)), 257);
        assert_eq!(most(&limits, 255, values(1)), 256);
        assert_eq!(most(&limits, 70_000, values(1)), 1);
    }

    /// A row with a key of two columns.
    #[derive(Clone, Debug, Entity)]
    #[entity(crate = genledger_contract, table = "pairs", key(region, number))]
    struct Pair {
        /// The second column of the key.
        number: i64,
        /// The first column of the key.
        #[column(max_chars = 8)]
        region: String,
    }

    #[test]
    fn rows_are_written_in_the_order_of_their_keys() {
        let pair = |region: &str, number| Pair {
            number,
            region: region.to_owned(),
        };
        let rows = [
            pair("b", 1),
            pair("a", 10),
            pair("b", 0),
            pair("a", 9),
            pair("b", 1),
        ];
        let order = in_key_order(&RowBatch::of(&rows).unwrap());
        assert_eq!(order, [3, 1, 2, 0, 4]);
    }

    #[test]
    fn few_numbers_are_used() {
        let used: std::collections::BTreeSet<usize> = (1..=1_820).map(round).collect();
        assert!((1..=8).all(|count| used.contains(&count)));
        assert_eq!(round(100), 96);
        assert_eq!(round(1_819), 1_792);
        assert!(used.len() < 45, "{used:?}");
    }

    #[test]
    fn rows_that_fit_one_by_one_are_cut_to_the_packet() {
        let rows = batch(&[30_000; 10]);
        let limits = Limits::of(MYSQL.family());
        assert_eq!(lengths(&MYSQL, &limits, &rows), [10]);
        let small = limits.with_packet(100_000);
        assert_eq!(lengths(&MYSQL, &small, &rows), [3, 3, 3, 1]);
        let small = Limits::of(POSTGRES.family()).with_packet(100_000);
        assert_eq!(lengths(&POSTGRES, &small, &rows), [3, 3, 3, 1]);
        // A single row may exceed the bytes of a chunk, but not the packet.
        let limits = Limits {
            bytes: 20_000,
            ..limits
        };
        assert_eq!(lengths(&MYSQL, &limits, &rows), [1; 10]);
        assert_eq!(lengths(&SQLITE, &Limits::of(SQLITE.family()), &rows), [10]);
    }

    #[test]
    fn a_row_that_cannot_be_sent_is_named_before_any_is() {
        let rows = batch(&[10, 10, 200_000]);
        let limits = Limits::of(MYSQL.family()).with_packet(100_000);
        let error = chunks(&MYSQL, &limits, &rows, &[0, 1, 2], Binding::Bulk).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.violations()[0].path(), "[2]");
        // The values beside the rows count as well.
        let other = "y".repeat(99_000);
        let with_values = Binding::with_values(&MYSQL, [ValueRef::Text(&other)].into_iter());
        let rows = batch(&[10, 2_000]);
        let cut = chunks(&MYSQL, &limits, &rows, &[0], with_values).unwrap();
        assert_eq!(cut, [[0]]);
        assert!(chunks(&MYSQL, &limits, &rows, &[1], with_values).is_err());
    }

    #[test]
    fn the_text_of_many_rows_is_no_longer_than_a_packet() {
        let rows = batch(&[0; 1_000]);
        let limits = Limits::of(MYSQL.family()).with_packet(8_000);
        assert!(
            lengths(&MYSQL, &limits, &rows)
                .iter()
                .all(|rows| *rows < 400)
        );
    }
}
