//! The `tracing` events of executed statements: one for each, the same on every backend, and never with a
//! value.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::dispatcher::{self, Dispatch};
use tracing::{Level, Span};

use crate::error::{ErrorKind, Result};

/// The target of the event of a statement.
pub(crate) const STATEMENT: &str = "genledger::statement";

/// The target of the events and spans of transactions and their attempts.
pub(crate) const TRANSACTION: &str = "genledger::transaction";

/// Emits the `tracing` events of a store's statements.
///
/// For each statement that is executed there is one event with the target `genledger::statement`, at the
/// level DEBUG, or WARN where the statement was slow:
///
/// | field | meaning |
/// |---|---|
/// | `dialect` | [`Capability::dialect`](crate::store::Capability::dialect) |
/// | `operation` | the operation that the statement is a part of: `select`, `insert`, `upsert`, `update`, `update_each`, `delete`, `aggregate`, `claim`, `begin`, `savepoint`, `commit`, `rollback`, `migrate`, `verify`, `time`, `explain` |
/// | `table` | the table of the entity; absent where there is none |
/// | `sql` | the text that was sent, with placeholders; absent where there is none, and for scripts of migrations, which may hold values |
/// | `rows` | how many rows were matched, written or read; absent after an error |
/// | `micros` | the time it took, in microseconds |
/// | `outcome` | `ok`, the [kind](ErrorKind) of the error, or `dropped` where the future was dropped before its end |
///
/// No field holds a value, of a row, a filter or an error.
///
/// When no subscriber is interested in these events, a statement costs two more atomic loads: no text is
/// copied and no time is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Events {
    dialect: &'static str,
    slow: Option<Duration>,
}

impl Events {
    /// The default duration from which a statement counts as slow.
    pub const SLOW: Option<Duration> = Some(Duration::from_secs(1));

    /// The target of the events of migrations: DEBUG when a step begins, INFO when it is done.
    pub const MIGRATION: &'static str = "genledger::migration";

    /// The target of warnings about pools of connections.
    pub const POOL: &'static str = "genledger::pool";

    /// The events of a store with this [dialect](crate::store::Capability::dialect).
    #[must_use]
    pub const fn new(dialect: &'static str) -> Self {
        Self {
            dialect,
            slow: Self::SLOW,
        }
    }

    /// Sets the duration from which a statement counts as slow; `None` for never.
    #[must_use]
    pub const fn with_slow(mut self, slow: Option<Duration>) -> Self {
        self.slow = slow;
        self
    }

    /// Returns a listener when a subscriber is interested in the statements of an operation. It keeps the
    /// subscriber and the current span, since a statement may be executed on another thread, which has
    /// neither.
    #[must_use]
    pub fn of(
        &self,
        operation: &'static str,
        table: Option<&'static str>,
    ) -> Option<Arc<Listener>> {
        let all = tracing::enabled!(target: STATEMENT, Level::DEBUG);
        let slow = self
            .slow
            .filter(|_| all || tracing::enabled!(target: STATEMENT, Level::WARN));
        if !all && slow.is_none() {
            return None;
        }
        Some(Arc::new(Listener {
            dialect: self.dialect,
            operation,
            table,
            all,
            slow,
            dispatch: dispatcher::get_default(Dispatch::clone),
            span: Span::current(),
        }))
    }

    /// Runs work that counts as one statement without a text. `rows` returns the number of its rows.
    ///
    /// # Errors
    /// Returns the errors of the work.
    pub async fn during<T>(
        &self,
        operation: &'static str,
        table: Option<&'static str>,
        work: impl Future<Output = Result<T>> + Send,
        rows: impl FnOnce(&T) -> Option<u64> + Send,
    ) -> Result<T> {
        let Some(listener) = self.of(operation, table) else {
            return work.await;
        };
        let running = listener.begin(None);
        let outcome = work.await;
        running.end(&outcome, outcome.as_ref().ok().and_then(rows));
        outcome
    }
}

/// A subscriber that is interested in the statements of an operation.
#[derive(Debug)]
pub struct Listener {
    dialect: &'static str,
    operation: &'static str,
    table: Option<&'static str>,
    /// Whether all statements are reported, or slow ones only.
    all: bool,
    slow: Option<Duration>,
    dispatch: Dispatch,
    span: Span,
}

impl Listener {
    /// Begins a statement; its text has placeholders and no values.
    pub fn begin<'s>(&'s self, sql: Option<&'s str>) -> Running<'s> {
        Running {
            listener: self,
            sql,
            begun: Instant::now(),
            ended: None,
        }
    }
}

/// A statement that is being executed. The event is emitted when it ends, or is dropped before its end.
#[derive(Debug)]
#[must_use = "dropping it reports the statement as dropped"]
pub struct Running<'s> {
    listener: &'s Listener,
    sql: Option<&'s str>,
    begun: Instant,
    ended: Option<(Option<ErrorKind>, Option<u64>)>,
}

impl Running<'_> {
    /// Ends the statement, which matched, wrote or read this many rows.
    pub fn end<T>(mut self, outcome: &Result<T>, rows: Option<u64>) {
        let error = outcome.as_ref().err().map(crate::Error::kind);
        self.ended = Some((error, rows.filter(|_| error.is_none())));
    }
}

/// An event with the fields of a statement; a macro, since its level is a constant of the program.
macro_rules! event {
    ($running:ident, $level:expr, $micros:ident, $message:literal) => {{
        let listener = $running.listener;
        let (error, rows) = $running.ended.unwrap_or_default();
        let outcome = error.map(|kind| kind.to_string());
        let ended = if $running.ended.is_some() { "ok" } else { "dropped" };
        tracing::event!(
            target: STATEMENT,
            parent: &listener.span,
            $level,
            dialect = listener.dialect,
            operation = listener.operation,
            table = listener.table,
            sql = $running.sql,
            rows,
            micros = $micros,
            outcome = outcome.as_deref().unwrap_or(ended),
            $message
        );
    }};
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let took = self.begun.elapsed();
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let slow = self.listener.slow.is_some_and(|slow| took >= slow);
        dispatcher::with_default(&self.listener.dispatch, || {
            if slow {
                event!(self, Level::WARN, micros, "slow statement");
            } else if self.listener.all {
                event!(self, Level::DEBUG, micros, "statement");
            }
        });
    }
}
