//! The policy of retries: how many attempts, and the waits between them.

use std::time::{Duration, Instant};

use crate::backend::TRANSACTION;

/// Bounded attempts with full jitter: the wait before attempt n + 1 is uniformly random from 0 to `first_wait
/// × 2^(n-1)`, at most `longest_wait`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// All attempts, the first included; 0 counts as 1.
    pub attempts: u32,
    /// The upper bound of the first wait.
    pub first_wait: Duration,
    /// The upper bound of every wait.
    pub longest_wait: Duration,
    /// No attempt begins later than this after the first one, since an attempt may itself take long, as when
    /// it waits for a lock.
    pub deadline: Duration,
}

impl Default for RetryPolicy {
    /// Eight attempts, waits from 10 milliseconds to 1 second, within 30 seconds.
    fn default() -> Self {
        Self {
            attempts: 8,
            first_wait: Duration::from_millis(10),
            longest_wait: Duration::from_secs(1),
            deadline: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// Never retries.
    #[must_use]
    pub const fn never() -> Self {
        Self {
            attempts: 1,
            first_wait: Duration::ZERO,
            longest_wait: Duration::ZERO,
            deadline: Duration::ZERO,
        }
    }

    /// The attempts of one piece of work, the first of which begins now.
    pub(crate) fn start(self) -> Retries {
        Retries {
            policy: self,
            begun: Instant::now(),
            failed: 0,
        }
    }

    /// The wait after a number of failed attempts, for loops of an application: random each time.
    #[must_use]
    pub fn wait(&self, failed: u32) -> Duration {
        let bound = self
            .first_wait
            .saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1)))
            .min(self.longest_wait);
        let micros = u64::try_from(bound.as_micros()).unwrap_or(u64::MAX - 1);
        Duration::from_micros(fastrand::u64(0..=micros))
    }
}

/// The attempts of one piece of work.
pub(crate) struct Retries {
    policy: RetryPolicy,
    begun: Instant,
    failed: u32,
}

impl Retries {
    /// The number of the attempt that is made now, from 1.
    pub(crate) const fn number(&self) -> u32 {
        self.failed.saturating_add(1)
    }

    /// Waits after an attempt that failed with `error`.
    ///
    /// # Errors
    /// Returns that error when no attempts or no time are left.
    pub(crate) async fn pause<E>(&mut self, error: E) -> Result<(), E> {
        self.failed += 1;
        let wait = self.policy.wait(self.failed);
        if self.failed >= self.policy.attempts || self.begun.elapsed() + wait > self.policy.deadline
        {
            return Err(error);
        }
        let wait_micros = u64::try_from(wait.as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(
            target: TRANSACTION,
            attempt = self.failed,
            wait_micros,
            "an attempt failed and is retried"
        );
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::RetryPolicy;

    fn policy(attempts: u32, deadline: Duration) -> RetryPolicy {
        RetryPolicy {
            attempts,
            first_wait: Duration::from_millis(1),
            longest_wait: Duration::from_millis(2),
            deadline,
        }
    }

    #[tokio::test]
    async fn attempts_and_time_are_bounded() {
        let long = Duration::from_secs(60);
        let mut retries = policy(3, long).start();
        assert_eq!(retries.pause(1).await, Ok(()));
        assert_eq!(retries.pause(2).await, Ok(()));
        assert_eq!(retries.pause(3).await, Err(3));
        let mut retries = policy(1_000_000, Duration::from_millis(50)).start();
        let begun = std::time::Instant::now();
        while retries.pause(()).await.is_ok() {
            // An attempt that itself takes long.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(begun.elapsed() < Duration::from_secs(5));
        for attempts in [0, 1] {
            assert_eq!(policy(attempts, long).start().pause(4).await, Err(4));
        }
        assert_eq!(RetryPolicy::never().start().pause(5).await, Err(5));
    }
}
