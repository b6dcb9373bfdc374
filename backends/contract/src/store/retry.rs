//! How often, and after which wait, a transaction is tried again.

use std::time::Duration;

/// Bounded attempts with full jitter: the wait before attempt n + 1 is drawn evenly from nothing to
/// `first_wait × 2^(n-1)`, at most `longest_wait`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// All attempts, the first included; 0 counts as 1.
    pub attempts: u32,
    /// The upper bound of the first wait.
    pub first_wait: Duration,
    /// The upper bound of every wait.
    pub longest_wait: Duration,
}

impl Default for RetryPolicy {
    /// Eight attempts, waits from 10 milliseconds to 1 second.
    fn default() -> Self {
        Self {
            attempts: 8,
            first_wait: Duration::from_millis(10),
            longest_wait: Duration::from_secs(1),
        }
    }
}

impl RetryPolicy {
    /// Never tries again.
    #[must_use]
    pub const fn never() -> Self {
        Self {
            attempts: 1,
            first_wait: Duration::ZERO,
            longest_wait: Duration::ZERO,
        }
    }

    /// Waits after a number of failed attempts, the last of which failed with `error`.
    ///
    /// # Errors
    /// That error when there are no attempts left.
    pub(crate) async fn pause<E>(&self, failed: u32, error: E) -> Result<(), E> {
        if failed >= self.attempts {
            return Err(error);
        }
        tokio::time::sleep(self.wait(failed)).await;
        Ok(())
    }

    /// The wait after a number of failed attempts.
    fn wait(&self, failed: u32) -> Duration {
        let bound = self
            .first_wait
            .saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1)))
            .min(self.longest_wait);
        let micros = u64::try_from(bound.as_micros()).unwrap_or(u64::MAX - 1);
        Duration::from_micros(fastrand::u64(0..=micros))
    }
}
