//! The state of an open transaction and of the transactions nested in it.

use std::sync::Arc;

use crate::backend::OpenTransaction;
use crate::error::{Error, ErrorKind, Result};

#[derive(Debug)]
pub(super) struct State {
    /// Gone once the outermost transaction has ended.
    open: Option<Arc<dyn OpenTransaction>>,
    /// The outermost transaction and those nested in it; the last one executes statements. The position is
    /// the number of its savepoint.
    levels: Vec<Level>,
    /// A statement is under way.
    busy: bool,
    /// The least number of a savepoint whose nested transaction was dropped and is still to be rolled back.
    dropped: Option<usize>,
    next_id: u64,
    /// Why all of them have ended.
    lost: Option<Error>,
}

#[derive(Debug)]
struct Level {
    id: u64,
    /// The error of the statement that ended it.
    failed: Option<Error>,
}

fn ended() -> Error {
    Error::new(ErrorKind::Aborted, "the transaction has ended")
}

impl State {
    /// The state of a transaction that has just begun, and its id.
    pub(super) fn new(open: Arc<dyn OpenTransaction>) -> (Self, u64) {
        let mut state = Self {
            open: Some(open),
            levels: Vec::new(),
            busy: false,
            dropped: None,
            next_id: 0,
            lost: None,
        };
        let id = state.nest();
        (state, id)
    }

    /// Adds a nested transaction and returns its id.
    pub(super) fn nest(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.levels.push(Level { id, failed: None });
        id
    }

    fn position(&self, id: u64) -> Option<usize> {
        self.levels.iter().position(|level| level.id == id)
    }

    /// Begins a statement of the transaction with this id.
    pub(super) fn begin_statement(&mut self, id: u64) -> Result<(Arc<dyn OpenTransaction>, usize)> {
        let depth = self.position(id);
        let (Some(open), Some(depth)) = (&self.open, depth) else {
            return Err(self.lost.as_ref().map_or_else(ended, Error::aborted));
        };
        if let Some(failed) = self.lost.as_ref().or(self.levels[depth].failed.as_ref()) {
            return Err(Error::aborted(failed));
        }
        if depth + 1 < self.levels.len() {
            return Err(Error::invalid(
                "a nested transaction is open: use that one, or end it first",
            ));
        }
        if self.busy {
            return Err(Error::invalid(
                "another statement of this transaction is under way: a transaction executes one at a time",
            ));
        }
        self.busy = true;
        Ok((Arc::clone(open), depth))
    }

    /// Begins to roll back the transaction with this id, and all nested in it, in any state. `None` when
    /// there is nothing to roll back.
    pub(super) fn begin_rollback(&mut self, id: u64) -> Option<(Arc<dyn OpenTransaction>, usize)> {
        let depth = self.position(id)?;
        if self.busy || (self.lost.is_some() && depth > 0) {
            // It is rolled back when it is dropped.
            return None;
        }
        self.busy = true;
        self.open.as_ref().map(|open| (Arc::clone(open), depth))
    }

    pub(super) const fn dropped(&self) -> Option<usize> {
        self.dropped
    }

    pub(super) const fn dropped_rolled_back(&mut self) {
        self.dropped = None;
    }

    pub(super) const fn done(&mut self) {
        self.busy = false;
    }

    /// A statement of the last transaction failed.
    pub(super) fn failed(&mut self, error: Error) -> Error {
        self.busy = false;
        if let Some(level) = self.levels.last_mut() {
            level.failed.get_or_insert_with(|| error.clone());
        }
        error
    }

    /// A statement was dropped before it ended.
    pub(super) fn cancelled(&mut self) {
        self.busy = false;
        if self.lost.is_none() {
            self.lost = Some(Error::new(
                ErrorKind::Aborted,
                "a statement of the transaction was cancelled before it ended",
            ));
        }
    }

    /// The connection cannot be used any more: all transactions have ended. Returns the cause: the error of
    /// the statement that failed first, if one did.
    pub(super) fn lost(&mut self, error: Error) -> Error {
        let first = self
            .levels
            .iter_mut()
            .rev()
            .find_map(|level| level.failed.take());
        let why = match first {
            Some(first) => first,
            None => error,
        };
        let aborted = Error::aborted(&why);
        self.lost = Some(why);
        aborted
    }

    /// The transaction at this depth has ended, with all that are nested in it.
    pub(super) fn end(&mut self, depth: usize) -> Option<Arc<dyn OpenTransaction>> {
        self.busy = false;
        self.levels.truncate(depth);
        self.dropped = self.dropped.filter(|dropped| *dropped < depth);
        if depth == 0 { self.open.take() } else { None }
    }

    /// The transaction with this id was dropped.
    pub(super) fn abandon(&mut self, id: u64) -> Option<Arc<dyn OpenTransaction>> {
        let depth = self.position(id)?;
        self.levels.truncate(depth);
        if depth == 0 {
            return self.open.take();
        }
        let earliest = self.dropped.map_or(depth, |dropped| dropped.min(depth));
        self.dropped = Some(earliest);
        None
    }

    /// Whether the transaction ended with an error after which it may be run again.
    pub(super) fn is_retryable(&self) -> bool {
        let first = self.levels.first().and_then(|level| level.failed.as_ref());
        self.lost
            .as_ref()
            .or(first)
            .is_some_and(Error::is_retryable)
    }
}
