//! Logs that are written in the background: the request path never waits for the database.
//!
//! [`LogWriter`] collects the logs of many callers and writes them in groups. A log is acknowledged in one of two
//! ways, which the caller chooses for each:
//!
//! | verb | `Ok` means | a crash of the process |
//! |---|---|---|
//! | [`enqueue`](LogWriter::enqueue) | the log is in the queue (or in the spill) | loses what is in the queue |
//! | [`append_durable`](LogWriter::append_durable) | the log is in the database or in the spill | loses nothing |
//!
//! ```text
//! enqueue, append_durable ─▶ queue ─▶ groups ─▶ database
//!                              │         │          ▲
//!                              └▶ spill ◀┘ ──replay─┘
//! ```
//!
//! - A group that fails since the database is away is retried until it is written, or goes to the *spill*: a store on
//!   the local disk, whose logs are written to the database once it is back, also after a restart.
//! - A log that the database refuses is found by halving its group, so that all others are written. It is returned
//!   to its caller, or passed to the function that the [configuration](LogWriterConfig::new) names.
//! - Writing a log twice stores it once, since its id was fixed when it was created. So no retry and no replay
//!   doubles a log or a sum of the roll-ups.

mod config;
mod lane;
mod lane_settings;
mod replay;
mod spill;
mod stats;

use std::any::{TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use genledger_contract::{Entity, Error, ErrorKind, Result, RowOutcome};

pub use config::LogWriterConfig;
pub use lane_settings::{RejectedLog, WhenFull};
pub use stats::LogWriterStats;

use lane::{AnyLane, Lane};
use replay::Replaying;
use stats::Counters;

/// Verbs that append logs of one kind; [`UsageLogs`](crate::usage::UsageLogs) and
/// [`ActivityLogs`](crate::activity::ActivityLogs) implement it. Implement it for append-only entities of an
/// application, to write them through a [`LogWriter`] as well.
///
/// ```
/// use std::sync::Arc;
/// use genledger::contract::RowOutcome;
/// use genledger::log_writer::AppendLogs;
/// use genledger::prelude::*;
///
/// /// A message of a chat.
/// #[derive(Clone, Debug, Entity)]
/// #[entity(table = "chat_messages", key(id), append_only)]
/// struct ChatMessage {
///     id: i64,
///     #[column(max_chars = 255)]
///     text: String,
/// }
///
/// struct ChatMessages(Arc<dyn Store>);
///
/// #[genledger::async_trait]
/// impl AppendLogs for ChatMessages {
///     type Log = ChatMessage;
///
///     async fn append_logs(&self, logs: &[ChatMessage]) -> Result<Vec<RowOutcome>> {
///         self.0.session().insert_if_absent(logs).await
///     }
/// }
/// ```
#[async_trait]
pub trait AppendLogs: Send + Sync + 'static {
    /// The log: an entity that is append-only, with a key that its creator fixed.
    type Log: Entity;

    /// Checks the rules of a log when it is accepted, so that its caller gets the error. The columns are checked
    /// in any case.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) with every broken rule.
    fn check(&self, log: &Self::Log) -> Result<()> {
        let _ = log;
        Ok(())
    }

    /// Writes logs, each of which was [checked](Self::check), in one atomic step, and returns for each whether it was new, already present, or present with
    /// different content.
    ///
    /// # Errors
    /// Those of a write of a [`Session`](genledger_contract::Session); nothing was written then, or it is unknown.
    async fn append_logs(&self, logs: &[Self::Log]) -> Result<Vec<RowOutcome>>;
}

/// Where a log is after [`append_durable`](LogWriter::append_durable).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Appended {
    /// In the database, and it was new.
    New,
    /// In the database, where the same log was already present.
    Present,
    /// In the spill, from where it will be written to the database.
    Spilled,
}

/// Writes logs in the background; see the [module](self). Clones share one queue.
///
/// End it with [`shutdown`](Self::shutdown). When the last clone is dropped without that, what is in the queue is
/// still written in the background, and goes to the spill when the Tokio runtime ends before.
///
/// ```
/// use std::time::Duration;
/// use genledger::log_writer::{LogWriterConfig, WhenFull};
/// use genledger::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(genledger::schema::all()).await?;
/// let spill = genledger::connect("sqlite::memory:").await?; // a file: sqlite:spill.db?max_size_kib=1048576
/// let writer = LogWriterConfig::new(WhenFull::Spill, |rejected| eprintln!("{rejected}"))
///     .with_logs(UsageLogs::new(store.clone()).with_rollups())
///     .with_spill(spill)
///     .start()
///     .await?;
///
/// let ids = UsageLogIdGenerator::system(NodeId::ZERO);
/// let call = NewUsageLog::new(UsageLogType::Consume, 42).quota(900).into_log(&ids)?;
/// writer.enqueue(call).await?; // does not wait for the database
/// let topup = NewUsageLog::new(UsageLogType::Topup, 42).quota(500_000).into_log(&ids)?;
/// writer.append_durable(topup).await?; // is in the database, or in the spill
///
/// writer.shutdown(Duration::from_secs(10)).await?;
/// assert_eq!(writer.stats().written, 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LogWriter {
    lanes: Arc<HashMap<TypeId, Arc<dyn AnyLane>>>,
    budget: crate::group_commit::Budget,
    counters: Arc<Counters>,
    replaying: Arc<Replaying>,
}

impl fmt::Debug for LogWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogWriter")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

impl LogWriter {
    /// Accepts a log, which is then written in the background. If the queue is full, it does what the
    /// [configuration](WhenFull) says.
    ///
    /// # Errors
    /// - [`Invalid`](ErrorKind::Invalid): a rule is broken, or no logs of this type were
    ///   [configured](LogWriterConfig::with_logs), or the log is larger than the whole queue.
    /// - [`Unavailable`](ErrorKind::Unavailable): the queue is full and refuses logs, the spill cannot be written
    ///   (the disk or the spill is full), or the writer is shut down.
    /// - [`UniqueViolation`](ErrorKind::UniqueViolation): the queue is full, and the spill has another log with this
    ///   key.
    pub async fn enqueue<L: Entity>(&self, log: L) -> Result<()> {
        self.lane::<L>()?.enqueue(log).await
    }

    /// Writes a log together with those of other callers, and returns once it is in the database or in the spill.
    ///
    /// If the future is dropped, the log is written or not; append it again to be certain.
    ///
    /// # Errors
    /// Those of [`enqueue`](Self::enqueue), and the error of the database for a log that it refuses:
    /// [`UniqueViolation`](ErrorKind::UniqueViolation) when a log with this key and different content is present.
    /// Without a spill it waits as long as the database is away.
    pub async fn append_durable<L: Entity>(&self, log: L) -> Result<Appended> {
        self.lane::<L>()?.append_durable(log).await
    }

    /// Waits until every log that was accepted before is written, in the spill, or returned with its error.
    pub async fn flush(&self) {
        join_all(self.lanes.values().map(|lane| lane.flush())).await;
    }

    /// Refuses further logs and writes those in the queue. Those that are not written within `limit` go to the spill;
    /// without one they are passed to the function for [rejected](LogWriterConfig::new) logs.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when logs were neither written nor put in the spill.
    pub async fn shutdown(&self, limit: Duration) -> Result<()> {
        let before = self.counters.abandoned();
        join_all(self.lanes.values().map(|lane| lane.shut_down(limit))).await;
        self.replaying.stop();
        match self.counters.abandoned() - before {
            0 => Ok(()),
            lost => Err(Error::new(
                ErrorKind::Unavailable,
                format!("{lost} logs were neither written nor put in the spill in time"),
            )),
        }
    }

    /// What was done so far, and what waits.
    #[must_use]
    pub fn stats(&self) -> LogWriterStats {
        let lanes = self.lanes.values();
        let unfinished = lanes.clone().map(|lane| lane.unfinished());
        let queue_age = unfinished.filter_map(|(_, age)| age).max();
        let spill_rows = lanes.map(|lane| lane.spill_rows()).sum();
        let (queued_rows, queued_bytes) = self.budget.used();
        self.counters
            .stats(queued_rows, queued_bytes, queue_age, spill_rows)
    }

    fn lane<L: Entity>(&self) -> Result<&Lane<L>> {
        let lane = self.lanes.get(&TypeId::of::<L>());
        lane.and_then(|lane| lane.as_any().downcast_ref())
            .ok_or_else(|| {
                let name = type_name::<L>();
                Error::invalid(format!("the log writer has no logs of type {name}"))
            })
    }
}
