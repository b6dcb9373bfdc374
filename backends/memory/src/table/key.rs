//! Rows, and the keys that order them.

use std::cmp::Ordering;
use std::sync::Arc;

use genledger_contract::row::Value;

/// The values of a row in the order of its table's columns. A change makes a new row, so one that was
/// returned is never modified.
pub(crate) type Row = Arc<[Value]>;

/// The values of some columns, ordered as the contract orders values.
#[derive(Clone)]
pub(crate) struct Key(Arc<[Value]>);

impl Key {
    pub(crate) fn new(values: impl IntoIterator<Item = Value>) -> Self {
        Self(values.into_iter().collect())
    }

    /// The values of the columns at these positions.
    pub(crate) fn of(row: &[Value], positions: &[usize]) -> Self {
        Self::new(positions.iter().map(|position| row[*position].clone()))
    }

    pub(crate) fn values(&self) -> &[Value] {
        &self.0
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0
            .iter()
            .zip(other.0.iter())
            .map(|(left, right)| left.as_ref().order(right.as_ref()))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}
