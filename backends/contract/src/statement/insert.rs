//! Inserting rows.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::row::batch::RowBatch;

/// What to do with a row whose primary key is present already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// Refuse the whole batch with [`UniqueViolation`](crate::ErrorKind::UniqueViolation).
    Refuse,
    /// Keep the stored row, and report whether it is the same.
    Keep,
}

/// Inserts rows in one atomic step.
///
/// A collision on a unique key other than the primary key is always
/// [`UniqueViolation`](crate::ErrorKind::UniqueViolation) and nothing is written.
#[derive(Clone, Debug)]
pub struct Insert {
    /// The rows, any number of them.
    pub rows: Arc<RowBatch>,
    /// What to do with primary keys that are present.
    pub duplicates: Duplicates,
}

/// The outcome of one row of a batch. In JSON `"new"`, `"present"` or `"different"`.
#[must_use = "a row that is `Different` was not stored"]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// The row was written. Of equal keys inside a batch the first is new.
    New,
    /// A row with this key and the same content in every column was present already.
    Present,
    /// A row with this key but other content was present already, and was kept.
    Different,
}
