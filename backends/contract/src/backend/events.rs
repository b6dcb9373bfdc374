//! What a backend tells `tracing` of the statements that it executes: one event for each, the same from
//! every backend, and never a value.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::dispatcher::{self, Dispatch};
use tracing::{Level, Span};

use crate::error::{ErrorKind, Result};

/// The target of the event of a statement.
pub(crate) const STATEMENT: &str = "genledger::statement";

/// The target of what is told of transactions and of attempts.
pub(crate) const TRANSACTION: &str = "genledger::transaction";

/// What a store tells of its statements.
///
/// For each statement that is executed there is one event with the target `genledger::statement`, at the
/// level DEBUG, or WARN where the statement was slow:
///
/// | field | what |
/// |---|---|
/// | `dialect` | [`Capability::dialect`](crate::store::Capability::dialect) |
/// | `operation` | what the statement is a part of: `select`, `insert`, `upsert`, `update`, `update_each`, `delete`, `aggregate`, `claim`, `begin`, `savepoint`, `commit`, `rollback`, `migrate`, `verify`, `time`, `explain` |
/// | `table` | the table of the entity; absent where there is none |
/// | `sql` | the text that was sent, with placeholders; absent where there is none, and for scripts of migrations, which may hold values |
/// | `rows` | how many rows were matched, written or read; absent after an error |
/// | `micros` | the time it took, in microseconds |
/// | `outcome` | `ok`, the [kind](ErrorKind) of the error, or `dropped` where the future was dropped before its end |
///
/// No field holds a value, of a row, a filter or an error.
///
/// Where no subscriber wants these events, a statement costs two loads of an atomic number more. A text
/// is not copied, and a time is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Events {
    dialect: &'static str,
    slow: Option<Duration>,
}

impl Events {
    /// The time from which on a statement is slow, unless another one is chosen.
    pub const SLOW: Option<Duration> = Some(Duration::from_secs(1));

    /// The target of what is told of migrations: DEBUG where a step begins, INFO where it was taken.
    pub const MIGRATION: &'static str = "genledger::migration";

    /// The events of a store with this [dialect](crate::store::Capability::dialect).
    #[must_use]
    pub const fn new(dialect: &'static str) -> Self {
        Self {
            dialect,
            slow: Self::SLOW,
        }
    }

    /// With another time from which on a statement is slow; `None` for never.
    #[must_use]
    pub const fn with_slow(mut self, slow: Option<Duration>) -> Self {
        self.slow = slow;
        self
    }

    /// Looks whether a subscriber wants to know of the statements of an operation, and keeps which one it
    /// is and what the current span is: statements may be executed on another thread, which has neither.
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

    /// Does something that counts as one statement and has no text. `rows` says how many rows it was
    /// about.
    ///
    /// # Errors
    /// Those of the work.
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

/// A subscriber that wants to know of the statements of an operation.
#[derive(Debug)]
pub struct Listener {
    dialect: &'static str,
    operation: &'static str,
    table: Option<&'static str>,
    /// Whether of all statements, or of slow ones only.
    all: bool,
    slow: Option<Duration>,
    dispatch: Dispatch,
    span: Span,
}

impl Listener {
    /// A statement begins: its text, with placeholders and without a value.
    pub fn begin<'s>(&'s self, sql: Option<&'s str>) -> Running<'s> {
        Running {
            listener: self,
            sql,
            begun: Instant::now(),
            ended: None,
        }
    }
}

/// A statement that is being executed. The event comes when it ends, or is dropped before its end.
#[derive(Debug)]
#[must_use = "dropping it says that the statement was dropped"]
pub struct Running<'s> {
    listener: &'s Listener,
    sql: Option<&'s str>,
    begun: Instant,
    ended: Option<(Option<ErrorKind>, Option<u64>)>,
}

impl Running<'_> {
    /// The statement has ended, and was about so many rows.
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
