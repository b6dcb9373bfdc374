//! Deletes old logs in batches, next to writers at full speed.
//!
//! [`UsageLogs::delete_before`](crate::usage::UsageLogs::delete_before) and
//! [`ActivityLogs::delete_before`](crate::activity::ActivityLogs::delete_before) delete for a limited time and return
//! where the next call continues. So a service pauses, reports progress and stops between two calls; a process that
//! is killed loses nothing but the position, and the next one begins at the oldest log again.
//!
//! ```
//! use std::time::Duration;
//! use chrono::{TimeDelta, Utc};
//! use genledger::prelude::*;
//! use genledger::retention::Retention;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! let store = genledger::connect("memory:").await?;
//! store.migrate(genledger::schema::all()).await?;
//! let logs = UsageLogs::new(store).with_rollups();
//!
//! // Three months, but top-ups and what administrators did are kept.
//! let before = Utc::now() - TimeDelta::days(90);
//! let kept = [UsageLogType::Topup, UsageLogType::Manage];
//! let old = UsageLogFilter::new().and(!UsageLog::KIND.is_in(kept));
//!
//! let mut retention = Retention::new().with_budget(Duration::from_secs(1));
//! let mut rows = 0;
//! loop {
//!     let deleted = logs.delete_before(before, &old, &retention).await?;
//!     rows += deleted.rows; // report it, or stop here
//!     if deleted.next.is_none() {
//!         break;
//!     }
//!     retention = retention.after(deleted.next);
//! }
//! # assert_eq!(rows, 0);
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use genledger_contract::query::Order;
use genledger_contract::{
    Cursor, Entity, Error, Filter, Query, Result, Session, SessionExt, Violations,
};
use serde::Serialize;

/// How fast logs are deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// The most logs of a batch, 1 to 1,000. A batch is one transaction. Default: 100.
    pub batch_rows: u32,
    /// How long a batch may take, about: its size is halved when one takes longer, and doubled, up to `batch_rows`,
    /// when one takes less than half of it. Locks are held for no longer than a batch. Default: 100 ms.
    pub lock_time: Duration,
    /// The pause between two batches. Default: 10 ms.
    pub pause: Duration,
    /// No batch begins later than this after the call. Default: 1 s.
    pub budget: Duration,
    /// Whether the sums of usage logs stay in their [roll-ups](crate::usage::UsageRollups) when the logs are deleted.
    /// The time is recorded, so that `reconcile` does not compare sums before it with logs that are gone.
    /// Without effect for activity logs, which have no roll-ups. Default: false, sums are subtracted.
    pub keep_rollups: bool,
    /// Where to continue: the `next` of a call with the same time and filter.
    pub after: Option<Cursor>,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            batch_rows: 100,
            lock_time: Duration::from_millis(100),
            pause: Duration::from_millis(10),
            budget: Duration::from_secs(1),
            keep_rollups: false,
            after: None,
        }
    }
}

impl Retention {
    /// The default settings, from the oldest log on.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`batch_rows`](Self::batch_rows).
    #[must_use]
    pub const fn with_batch_rows(mut self, batch_rows: u32) -> Self {
        self.batch_rows = batch_rows;
        self
    }

    /// Sets [`lock_time`](Self::lock_time).
    #[must_use]
    pub const fn with_lock_time(mut self, lock_time: Duration) -> Self {
        self.lock_time = lock_time;
        self
    }

    /// Sets [`pause`](Self::pause).
    #[must_use]
    pub const fn with_pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Sets [`budget`](Self::budget).
    #[must_use]
    pub const fn with_budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// Sets [`keep_rollups`](Self::keep_rollups).
    #[must_use]
    pub const fn with_rollups_kept(mut self) -> Self {
        self.keep_rollups = true;
        self
    }

    /// Continues where a call with the same time and filter ended.
    #[must_use]
    pub fn after(mut self, cursor: Option<Cursor>) -> Self {
        self.after = cursor;
        self
    }

    fn check(&self) -> Result<()> {
        let mut found = Violations::new();
        found.check(
            !(1..=1_000).contains(&self.batch_rows),
            "batch_rows",
            "out_of_range",
            "must be from 1 to 1,000",
        );
        found.into_result().map_err(Error::from)
    }
}

/// What a call deleted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Deleted {
    /// The logs that were deleted.
    pub rows: u64,
    /// The batches that were deleted.
    pub batches: u64,
    /// The errors of rows whose keys cannot be read, which were not deleted.
    pub unreadable: Vec<Error>,
    /// Where the next call continues; `None` when there are no more logs to delete.
    pub next: Option<Cursor>,
}

/// Deletes the rows that a filter selects, in this order, with `delete`, which gets the keys of a batch.
pub(crate) async fn delete_in_batches<E, Fut>(
    session: Arc<dyn Session>,
    filter: Filter<E>,
    order: [Order<E>; 2],
    retention: &Retention,
    delete: impl Fn(Vec<E::Key>) -> Fut + Send,
) -> Result<Deleted>
where
    E: Entity,
    Fut: Future<Output = Result<u64>> + Send,
{
    retention.check()?;
    let begun = Instant::now();
    let mut deleted = Deleted {
        next: retention.after.clone(),
        ..Deleted::default()
    };
    let mut size = retention.batch_rows;
    loop {
        let query = Query::matching(filter.clone())
            .order_by(order)
            .page_size(size)
            .after_maybe(deleted.next.take());
        let page = session.page_lenient(&query).await?;
        let mut keys = Vec::with_capacity(page.items.len());
        for row in page.items {
            match row {
                Ok(row) => keys.push(row.key()),
                Err(row) => match row.key {
                    Some(key) => keys.push(key),
                    None => deleted.unreadable.push(row.error),
                },
            }
        }
        if !keys.is_empty() {
            let batch = Instant::now();
            deleted.rows += delete(keys).await?;
            deleted.batches += 1;
            size = next_size(size, batch.elapsed(), retention);
        }
        deleted.next = page.next;
        if deleted.next.is_none() || begun.elapsed() + retention.pause >= retention.budget {
            return Ok(deleted);
        }
        tokio::time::sleep(retention.pause).await;
    }
}

fn next_size(size: u32, took: Duration, retention: &Retention) -> u32 {
    if took > retention.lock_time {
        (size / 2).max(1)
    } else if took < retention.lock_time / 2 {
        size.saturating_mul(2).min(retention.batch_rows)
    } else {
        size
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Retention, next_size};

    #[test]
    fn batches_follow_the_time_that_they_take() {
        let retention = Retention::new().with_lock_time(Duration::from_millis(100));
        let size = |size, millis| next_size(size, Duration::from_millis(millis), &retention);
        assert_eq!(size(100, 101), 50);
        assert_eq!(size(1, 5_000), 1);
        assert_eq!(size(50, 100), 50);
        assert_eq!(size(50, 50), 50);
        assert_eq!(size(50, 49), 100);
        assert_eq!(size(100, 1), 100);
    }
}
