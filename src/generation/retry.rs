//! When a task is retried, on which account, and when it fails.

use chrono::{DateTime, TimeDelta, Utc};

use super::use_end::{UseEnd, later, with_jitter};

/// The waits before the retries of a task, in seconds; the last one repeats.
pub const RETRY_WAITS: [u32; 10] = [3, 5, 10, 15, 20, 30, 45, 60, 90, 120];

/// The greatest number of changes of the account in one run of a task, after failures of accounts.
pub const MAX_HOPS: i32 = 20;

/// The longest wait requested by the provider that counts for a task: an hour.
pub const MAX_TASK_RETRY_AFTER: TimeDelta = TimeDelta::hours(1);

/// How a task is continued after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Continuation {
    /// It fails.
    Final,
    /// It is retried at a time.
    At {
        /// `next_retry_at`.
        next_retry_at: DateTime<Utc>,
        /// The new `retry_count`.
        retry_count: i32,
        /// The new `hop_count`.
        hop_count: i32,
        /// Whether the account of the failure is to be avoided.
        avoids_account: bool,
    },
}

/// How often a task was tried, and how often it may be.
///
/// ```
/// use genledger::chrono::{DateTime, TimeDelta};
/// use genledger::generation::{Continuation, RetryState, UseEnd};
///
/// let now = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
/// let task = RetryState { retry_count: 3, hop_count: 0, max_retry_count: 4 };
/// let Continuation::At { next_retry_at, retry_count, .. } = task.retry(&UseEnd::at(now)) else {
///     panic!("a retry is left");
/// };
/// assert_eq!(next_retry_at, now + TimeDelta::seconds(15));
/// assert_eq!(RetryState { retry_count, ..task }.retry(&UseEnd::at(now)), Continuation::Final);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RetryState {
    /// The retries of this run; not negative.
    pub retry_count: i32,
    /// The changes of the account in this run; not negative.
    pub hop_count: i32,
    /// The retries that the account allows, 0 to 100.
    pub max_retry_count: i32,
}

impl RetryState {
    /// After a failure that may not happen again: the next wait of [`RETRY_WAITS`], or a longer one that the provider
    /// has requested. The random number of the end adds up to a quarter of the wait.
    #[must_use]
    pub fn retry(&self, end: &UseEnd) -> Continuation {
        if self.retry_count >= self.max_retry_count {
            return Continuation::Final;
        }
        let wait = with_jitter(retry_wait(self.retry_count), end.random);
        Continuation::At {
            next_retry_at: later(end.at, requested_or(wait, end.retry_after)),
            retry_count: self.retry_count.saturating_add(1),
            hop_count: self.hop_count,
            avoids_account: false,
        }
    }

    /// After a failure of the account: another one is used, after a wait. It is not counted as a retry.
    #[must_use]
    pub fn hop(&self, wait: TimeDelta, end: &UseEnd) -> Continuation {
        if self.hop_count >= MAX_HOPS {
            return Continuation::Final;
        }
        Continuation::At {
            next_retry_at: later(end.at, requested_or(wait, end.retry_after)),
            retry_count: self.retry_count,
            hop_count: self.hop_count.saturating_add(1),
            avoids_account: true,
        }
    }
}

/// The wait before a retry, by the number of retries before it: an entry of [`RETRY_WAITS`], the last one from 9 on.
#[must_use]
pub fn retry_wait(retries: i32) -> TimeDelta {
    let [.., last] = RETRY_WAITS;
    let index = usize::try_from(retries).unwrap_or(0);
    let seconds = RETRY_WAITS.get(index).copied().unwrap_or(last);
    TimeDelta::seconds(i64::from(seconds))
}

fn requested_or(wait: TimeDelta, retry_after: Option<TimeDelta>) -> TimeDelta {
    wait.max(retry_after.unwrap_or_default().min(MAX_TASK_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000, 0).unwrap()
    }

    fn state(retry_count: i32, max_retry_count: i32) -> RetryState {
        RetryState {
            retry_count,
            hop_count: 0,
            max_retry_count,
        }
    }

    /// The wait in milliseconds and the new counts, `None` at the end.
    fn next(continuation: Continuation) -> Option<(i64, i32, i32)> {
        match continuation {
            Continuation::Final => None,
            Continuation::At {
                next_retry_at,
                retry_count,
                hop_count,
                ..
            } => Some((
                (next_retry_at - now()).num_milliseconds(),
                retry_count,
                hop_count,
            )),
        }
    }

    #[test]
    fn the_waits_of_the_retries() {
        let end = UseEnd::at(now());
        assert_eq!(next(state(0, 4).retry(&end)), Some((3_000, 1, 0)));
        assert_eq!(next(state(3, 4).retry(&end)), Some((15_000, 4, 0)));
        assert_eq!(next(state(4, 4).retry(&end)), None);
        assert_eq!(next(state(12, 20).retry(&end)), Some((120_000, 13, 0)));
        assert_eq!(next(state(0, 0).retry(&end)), None);
        let mut task = state(0, 12);
        let mut waits = Vec::new();
        while let Some((wait, retry_count, _)) = next(task.retry(&end)) {
            waits.push(wait / 1_000);
            task.retry_count = retry_count;
        }
        assert_eq!(waits, [3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 120, 120]);
    }

    #[test]
    fn another_account_is_used_at_most_twenty_times() {
        let end = UseEnd::at(now());
        let mut task = state(2, 4);
        let mut hops = 0;
        while let Continuation::At {
            next_retry_at,
            retry_count,
            hop_count,
            avoids_account,
        } = task.hop(TimeDelta::zero(), &end)
        {
            assert_eq!(
                (next_retry_at, retry_count, avoids_account),
                (now(), 2, true)
            );
            task.hop_count = hop_count;
            hops += 1;
        }
        assert_eq!(hops, 20);
        // Hops and retries are counted separately.
        assert_eq!(next(task.retry(&end)), Some((10_000, 3, 20)));
        let risk_control = state(4, 4).hop(TimeDelta::seconds(30), &end);
        assert_eq!(next(risk_control), Some((30_000, 4, 1)));
    }

    #[test]
    fn a_longer_wait_of_the_provider_counts_up_to_an_hour() {
        for (seconds, wait) in [
            (2, 3_000),
            (40, 40_000),
            (3_600, 3_600_000),
            (86_400, 3_600_000),
        ] {
            let retry_after = Some(TimeDelta::seconds(seconds));
            let end = UseEnd {
                retry_after,
                ..UseEnd::at(now())
            };
            assert_eq!(next(state(0, 4).retry(&end)), Some((wait, 1, 0)));
        }
        let end = UseEnd {
            retry_after: Some(TimeDelta::seconds(40)),
            ..UseEnd::at(now())
        };
        assert_eq!(
            next(state(0, 4).hop(TimeDelta::seconds(30), &end)),
            Some((40_000, 0, 1))
        );
        assert_eq!(
            next(state(0, 4).hop(TimeDelta::zero(), &end)),
            Some((40_000, 0, 1))
        );
    }

    proptest! {
        #[test]
        fn no_task_is_retried_more_often_than_its_account_allows(
            retry_count in 0..200, max_retry_count in 0..=100, hop_count in 0..40, random: Option<u64>,
        ) {
            let task = RetryState { retry_count, hop_count, max_retry_count };
            let end = UseEnd { random, ..UseEnd::at(now()) };
            match next(task.retry(&end)) {
                None => prop_assert!(retry_count >= max_retry_count),
                Some((wait, count, hops)) => {
                    prop_assert!(retry_count < max_retry_count);
                    prop_assert_eq!((count, hops), (retry_count + 1, hop_count));
                    prop_assert!((3_000..=150_000).contains(&wait));
                }
            }
            match next(task.hop(TimeDelta::zero(), &end)) {
                None => prop_assert!(hop_count >= MAX_HOPS),
                Some((wait, count, hops)) => {
                    prop_assert_eq!((wait, count, hops), (0, retry_count, hop_count + 1));
                }
            }
        }
    }
}
