//! `ManualClock`, for tests and replays.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

use super::Clock;

/// A clock that stands still until it is set or advanced. It counts whole microseconds.
///
/// ```
/// use chrono::TimeDelta;
/// use genledger::time::{Clock, ManualClock};
///
/// let clock = ManualClock::at_unix_seconds(1_704_067_200);
/// clock.advance(TimeDelta::milliseconds(1_500));
/// assert_eq!(clock.now().to_rfc3339(), "2024-01-01T00:00:01.500+00:00");
/// ```
#[derive(Debug)]
pub struct ManualClock {
    micros: AtomicI64,
}

impl ManualClock {
    /// A clock that shows this time.
    #[must_use]
    pub const fn at(time: DateTime<Utc>) -> Self {
        Self {
            micros: AtomicI64::new(time.timestamp_micros()),
        }
    }

    /// A clock that shows this many seconds since 1970-01-01 UTC, at most ±9 × 10¹².
    #[must_use]
    pub const fn at_unix_seconds(seconds: i64) -> Self {
        Self {
            micros: AtomicI64::new(seconds.saturating_mul(1_000_000)),
        }
    }

    /// Shows another time, which may be earlier.
    pub fn set(&self, time: DateTime<Utc>) {
        self.micros.store(time.timestamp_micros(), Ordering::SeqCst);
    }

    /// Advances by a duration, or goes back by a negative one.
    pub fn advance(&self, by: TimeDelta) {
        let by = by.num_microseconds().unwrap_or(i64::MAX);
        self.micros.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        // Outside of chrono's range, ±262,000 years, the clock stops at its end.
        let micros = self.micros.load(Ordering::SeqCst);
        DateTime::from_timestamp_micros(micros).unwrap_or(if micros < 0 {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        })
    }
}
