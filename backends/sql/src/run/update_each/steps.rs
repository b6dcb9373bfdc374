//! Decides which updates share a statement.

use std::cmp::Ordering;
use std::collections::HashSet;

use genledger_contract::row::Value;
use genledger_contract::statement::{KeyedUpdate, UpdateEach};
use genledger_contract::table::TableDef;

use crate::dialect::{Dialect, Limits, Message};
use crate::lower::update_row::UpdateRow;
use crate::values;

/// The most values of an update that shares a statement: `PostgreSQL` allows 1,664 columns.
const WIDEST: usize = 200;

/// The most updates in a statement without arrays: for each row, the server searches the values of all.
const MOST_CASES: usize = 128;

/// Updates that run together, by their numbers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    One(usize),
    /// Of different rows and of one shape, in the order of their keys, so that two calls do not
    /// deadlock.
    Many(Vec<usize>),
}

/// Splits updates into steps. The order inside a step does not matter.
pub(super) fn steps(
    dialect: &'static Dialect,
    limits: &Limits,
    each: &UpdateEach,
    rows: &[UpdateRow<'_>],
) -> Vec<Step> {
    let updates = &each.updates;
    let least = least(dialect, each);
    let table = dialect.place(each.table);
    let mut steps = Vec::new();
    let mut start = 0;
    while start < updates.len() {
        let mut keys = HashSet::new();
        let count = (start..updates.len())
            .take_while(|next| {
                rows[*next].same_shape(&rows[start]) && keys.insert(key(&updates[*next]))
            })
            .count();
        let mut run: Vec<usize> = (start..start + count).collect();
        if count >= least && shares(dialect, table, &updates[start], &rows[start]) {
            run.sort_by(|left, right| in_key_order(&updates[*left], &updates[*right]));
            cut(dialect, limits, &run, rows, least, &mut steps);
        } else {
            steps.extend(run.into_iter().map(Step::One));
        }
        start += count;
    }
    steps
}

/// The fewest updates for which sharing a statement is faster.
fn least(dialect: &Dialect, each: &UpdateEach) -> usize {
    if dialect.has_arrays() {
        2
    } else if dialect.row_by_row() || !dialect.locks() {
        // A statement costs no round trip, or rows could change between the select and the update.
        usize::MAX
    } else if each.returning {
        2
    } else {
        3
    }
}

/// Whether the order of updates like this one does not matter, and the database compares their keys as
/// the library does.
fn shares(dialect: &Dialect, table: &TableDef, update: &KeyedUpdate, row: &UpdateRow<'_>) -> bool {
    let assigned = |name: &str| {
        let mut columns = update.assignments.iter().map(|one| one.column);
        columns.any(|column| table.columns[column].name == name)
    };
    let moves = table.unique.iter().any(|key| {
        key.columns.iter().any(|column| assigned(column))
            || (key.live_only && table.soft_delete.is_some_and(assigned))
    });
    // A type that the application chose may compare differently.
    let own = table.key_positions().into_iter();
    let own = own
        .map(|key| dialect.chosen_type(&table.columns[key]))
        .any(|own| own.is_some());
    !moves && !own && row.width() <= WIDEST
}

/// Splits updates of one shape into statements that fit into a message.
fn cut(
    dialect: &Dialect,
    limits: &Limits,
    run: &[usize],
    rows: &[UpdateRow<'_>],
    least: usize,
    steps: &mut Vec<Step>,
) {
    let most = if dialect.has_arrays() {
        limits.rows
    } else {
        MOST_CASES
    };
    // A statement without arrays contains keys several times, and the text takes space too.
    let room = limits.bytes.min(limits.packet / 8);
    let mut rest = run;
    while !rest.is_empty() {
        let mut message = Message::new(dialect.family());
        let fitting = rest
            .iter()
            .take(most)
            .take_while(|update| {
                message = message.and(rows[**update].message(dialect));
                message.bytes(0) <= room
            })
            .count();
        let (piece, after) = rest.split_at(fitting.max(1));
        if piece.len() < least {
            steps.extend(piece.iter().copied().map(Step::One));
        } else {
            steps.push(Step::Many(piece.to_vec()));
        }
        rest = after;
    }
}

fn key(update: &KeyedUpdate) -> Vec<Value> {
    let values = update.key.iter();
    values
        .map(|value| values::key_value(value.as_ref()))
        .collect()
}

fn in_key_order(left: &KeyedUpdate, right: &KeyedUpdate) -> Ordering {
    let values = left.key.iter().zip(&right.key);
    values
        .map(|(left, right)| left.as_ref().order(right.as_ref()))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
