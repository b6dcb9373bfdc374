//! The configuration of a writer.

use std::any::TypeId;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use genledger_contract::session::RetryPolicy;
use genledger_contract::{Error, Result, Store};

use super::lane::{AnyLane, Lane};
use super::lane_settings::{LaneSettings, OnRejected, RejectedLog, WhenFull};
use super::replay::Replaying;
use super::stats::Counters;
use super::{AppendLogs, LogWriter};
use crate::group_commit::{Budget, GroupLimits};

/// The upper bound of the wait after the first failed attempt.
const FIRST_WAIT: Duration = Duration::from_millis(10);

/// The settings of a [`LogWriter`].
pub struct LogWriterConfig {
    /// What is done with a log while the queue is full.
    pub when_full: WhenFull,
    /// The most logs in the queue, at least 1. Default: 100,000.
    pub queue_rows: usize,
    /// The most bytes in the queue, at least 1: about what its logs take on the wire. Default: 64 MiB.
    pub queue_bytes: usize,
    /// The most logs of a group, 1 to 10,000. Default: 1,000.
    pub group_rows: usize,
    /// The bytes from which a group is not extended. Default: 4 MiB.
    pub group_bytes: usize,
    /// How long a log may wait for others before its group is written, if no caller waits for it. Default: 100 ms.
    pub group_age: Duration,
    /// The most groups of one kind of log that are written at the same time, at least 1; each uses a connection. Default: 2.
    pub writes: usize,
    /// How long an attempt to write a group may take. Default: 10 s.
    pub attempt_timeout: Duration,
    /// The upper bound of the wait between two attempts, which grows from 10 ms. Default: 2 s.
    pub retry_wait: Duration,
    /// How long the database may be away before logs go to the spill. Default: 1 s.
    pub spill_after: Duration,
    /// The time between two attempts to write what is in the spill to the database. Default: 1 s.
    pub replay_interval: Duration,
    on_rejected: OnRejected,
    spill: Option<Arc<dyn Store>>,
    logs: Vec<Box<dyn Start>>,
}

impl fmt::Debug for LogWriterConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogWriterConfig")
            .field("when_full", &self.when_full)
            .field("queue_rows", &self.queue_rows)
            .field("queue_bytes", &self.queue_bytes)
            .field("group_rows", &self.group_rows)
            .field("group_bytes", &self.group_bytes)
            .field("group_age", &self.group_age)
            .field("writes", &self.writes)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("retry_wait", &self.retry_wait)
            .field("spill_after", &self.spill_after)
            .field("replay_interval", &self.replay_interval)
            .field("spill", &self.spill)
            .finish_non_exhaustive()
    }
}

impl LogWriterConfig {
    /// The default settings.
    ///
    /// `on_rejected` is called with each log that was accepted, cannot be written, and whose caller does not wait: the
    /// database refuses it, or the writer was shut down while the database was away and there was no spill. It is
    /// called by the task that writes, so it must not block.
    pub fn new(
        when_full: WhenFull,
        on_rejected: impl Fn(RejectedLog) + Send + Sync + 'static,
    ) -> Self {
        Self {
            when_full,
            queue_rows: 100_000,
            queue_bytes: 64 << 20,
            group_rows: 1_000,
            group_bytes: 4 << 20,
            group_age: Duration::from_millis(100),
            writes: 2,
            attempt_timeout: Duration::from_secs(10),
            retry_wait: Duration::from_secs(2),
            spill_after: Duration::from_secs(1),
            replay_interval: Duration::from_secs(1),
            on_rejected: Arc::new(on_rejected),
            spill: None,
            logs: Vec::new(),
        }
    }

    /// Accepts logs of one more kind, which are written by these verbs: `UsageLogs::new(store).with_rollups()`,
    /// `ActivityLogs::<SearchLog>::new(store)`.
    #[must_use]
    pub fn with_logs(mut self, logs: impl AppendLogs) -> Self {
        self.logs.push(Box::new(Logs(logs)));
        self
    }

    /// Puts logs in this store while the database is away, or while the queue is full with [`WhenFull::Spill`]. It
    /// should be a file on the local disk, of this process alone, with a bound on its size:
    /// `sqlite:spill.db?max_size_kib=1048576` (`?synchronous=full` as well, if a crash of the machine must lose nothing). The
    /// tables that it needs are made in it.
    #[must_use]
    pub fn with_spill(mut self, store: Arc<dyn Store>) -> Self {
        self.spill = Some(store);
        self
    }

    /// Sets [`queue_rows`](Self::queue_rows) and [`queue_bytes`](Self::queue_bytes).
    #[must_use]
    pub const fn with_queue(mut self, rows: usize, bytes: usize) -> Self {
        self.queue_rows = rows;
        self.queue_bytes = bytes;
        self
    }

    /// Sets [`group_rows`](Self::group_rows), [`group_bytes`](Self::group_bytes) and [`group_age`](Self::group_age).
    #[must_use]
    pub const fn with_groups(mut self, rows: usize, bytes: usize, age: Duration) -> Self {
        self.group_rows = rows;
        self.group_bytes = bytes;
        self.group_age = age;
        self
    }

    /// Sets [`writes`](Self::writes).
    #[must_use]
    pub const fn with_writes(mut self, writes: usize) -> Self {
        self.writes = writes;
        self
    }

    /// Sets [`attempt_timeout`](Self::attempt_timeout).
    #[must_use]
    pub const fn with_attempt_timeout(mut self, attempt_timeout: Duration) -> Self {
        self.attempt_timeout = attempt_timeout;
        self
    }

    /// Sets [`retry_wait`](Self::retry_wait).
    #[must_use]
    pub const fn with_retry_wait(mut self, retry_wait: Duration) -> Self {
        self.retry_wait = retry_wait;
        self
    }

    /// Sets [`spill_after`](Self::spill_after).
    #[must_use]
    pub const fn with_spill_after(mut self, spill_after: Duration) -> Self {
        self.spill_after = spill_after;
        self
    }

    /// Sets [`replay_interval`](Self::replay_interval).
    #[must_use]
    pub const fn with_replay_interval(mut self, replay_interval: Duration) -> Self {
        self.replay_interval = replay_interval;
        self
    }

    /// Starts the writer, and begins to write what an earlier process left in the spill. Needs a Tokio runtime.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for a setting out of its range, [`WhenFull::Spill`] without a spill, logs of
    /// one type twice, and logs that are not append-only; the errors of [`Store::migrate`] on the spill.
    pub async fn start(mut self) -> Result<LogWriter> {
        self.check()?;
        let settings = self.lanes();
        let mut lanes: HashMap<TypeId, Arc<dyn AnyLane>> = HashMap::new();
        for logs in std::mem::take(&mut self.logs) {
            let (id, lane) = logs.start(&settings).await?;
            match lanes.entry(id) {
                Entry::Vacant(vacant) => drop(vacant.insert(lane)),
                Entry::Occupied(_) => {
                    return Err(Error::invalid("logs of one type were configured twice"));
                }
            }
        }
        let replayed = lanes.values().cloned().collect();
        Ok(LogWriter {
            lanes: Arc::new(lanes),
            budget: settings.budget,
            counters: settings.counters,
            replaying: Arc::new(Replaying::start(replayed, self.replay_interval)),
        })
    }

    fn lanes(&self) -> LaneSettings {
        LaneSettings {
            when_full: self.when_full,
            groups: GroupLimits {
                requests: self.group_rows,
                bytes: self.group_bytes,
                age: self.group_age,
                gather: Duration::ZERO,
                batches: self.writes,
            },
            waits: RetryPolicy {
                first_wait: FIRST_WAIT,
                longest_wait: self.retry_wait,
                ..RetryPolicy::default()
            },
            attempt_timeout: self.attempt_timeout,
            spill_after: self.spill_after,
            budget: Budget::new(self.queue_rows, self.queue_bytes),
            counters: Arc::new(Counters::default()),
            spill: self.spill.clone(),
            on_rejected: Arc::clone(&self.on_rejected),
        }
    }

    fn check(&self) -> Result<()> {
        let mut found = genledger_contract::Violations::new();
        let at_least_one = "must be at least 1";
        for (setting, path) in [
            (self.queue_rows, "queue_rows"),
            (self.queue_bytes, "queue_bytes"),
            (self.group_bytes, "group_bytes"),
            (self.writes, "writes"),
        ] {
            found.check(setting == 0, path, "out_of_range", at_least_one);
        }
        let rows = 1..=10_000;
        found.check(
            !rows.contains(&self.group_rows),
            "group_rows",
            "out_of_range",
            "must be from 1 to 10,000",
        );
        for (setting, path) in [
            (self.attempt_timeout, "attempt_timeout"),
            (self.replay_interval, "replay_interval"),
        ] {
            found.check(setting.is_zero(), path, "out_of_range", "must not be 0");
        }
        found.check(
            self.when_full == WhenFull::Spill && self.spill.is_none(),
            "spill",
            "required",
            "must be given if logs go to it when the queue is full",
        );
        found.check(
            self.logs.is_empty(),
            "logs",
            "required",
            "must not be empty",
        );
        found.into_result().map_err(Error::from)
    }
}

/// Verbs of any kind of log, from which a lane is made.
#[async_trait]
trait Start: Send + Sync {
    async fn start(self: Box<Self>, settings: &LaneSettings) -> Result<(TypeId, Arc<dyn AnyLane>)>;
}

struct Logs<A>(A);

#[async_trait]
impl<A: AppendLogs> Start for Logs<A> {
    async fn start(self: Box<Self>, settings: &LaneSettings) -> Result<(TypeId, Arc<dyn AnyLane>)> {
        let lane = Lane::<A::Log>::start(Arc::new(self.0), settings).await?;
        Ok((TypeId::of::<A::Log>(), Arc::new(lane)))
    }
}
