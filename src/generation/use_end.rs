//! The end of a use of an account, and what it decides about waits.

use chrono::{DateTime, TimeDelta, Utc};

use super::random::SplitMix64;

/// The end of a use of an account.
///
/// ```
/// use genledger::chrono::{DateTime, TimeDelta};
/// use genledger::generation::UseEnd;
///
/// let now = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
/// let end = UseEnd { retry_after: Some(TimeDelta::seconds(40)), ..UseEnd::at(now) };
/// assert_eq!((end.probe_until, end.random), (None, None));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UseEnd {
    /// When it was reported, by the clock of the store.
    pub at: DateTime<Utc>,
    /// `probe_until_at` of the attempt, if it was a probe.
    pub probe_until: Option<DateTime<Utc>>,
    /// The wait that the provider has requested; not negative.
    pub retry_after: Option<TimeDelta>,
    /// A random number that adds up to a quarter to a cool-down; `None` adds nothing.
    pub random: Option<u64>,
}

impl UseEnd {
    /// The end of a use that was not a probe, without a requested wait and without jitter.
    #[must_use]
    pub const fn at(at: DateTime<Utc>) -> Self {
        Self {
            at,
            probe_until: None,
            retry_after: None,
            random: None,
        }
    }

    /// The end with the next random number as its jitter.
    #[must_use]
    pub const fn jittered(self, random: &mut SplitMix64) -> Self {
        Self {
            random: Some(random.next_u64()),
            ..self
        }
    }
}

/// A wait and up to a quarter of it at random, in whole milliseconds; the wait itself without a random number. Of the
/// number, the upper 32 bits count.
#[must_use]
pub fn with_jitter(wait: TimeDelta, random: Option<u64>) -> TimeDelta {
    let millis = i128::from(wait.num_milliseconds());
    let added = (millis * i128::from(random.unwrap_or(0) >> 32)) >> 34;
    wait + TimeDelta::milliseconds(i64::try_from(added).unwrap_or(0))
}

/// A time after another one; the last possible one if the calendar ends before.
pub(super) fn later(time: DateTime<Utc>, length: TimeDelta) -> DateTime<Utc> {
    time.checked_add_signed(length)
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000, 0).unwrap()
    }

    #[test]
    fn jitter_can_be_repeated_with_a_seed() {
        let mut random = SplitMix64::new(7);
        let mut again = SplitMix64::new(7);
        let first = UseEnd::at(now()).jittered(&mut random);
        assert_eq!(first, UseEnd::at(now()).jittered(&mut again));
        assert_ne!(first.random, UseEnd::at(now()).jittered(&mut random).random);
        let wait = TimeDelta::seconds(120);
        assert_eq!(with_jitter(wait, None), wait);
        assert_eq!(with_jitter(wait, Some(0)), wait);
        assert_eq!(with_jitter(wait, Some(1 << 63)), TimeDelta::seconds(135));
        assert_eq!(
            with_jitter(wait, Some(u64::MAX)),
            TimeDelta::milliseconds(149_999)
        );
        // The lower bits do not count.
        assert_eq!(with_jitter(wait, Some(u64::from(u32::MAX))), wait);
    }

    proptest! {
        #[test]
        fn jitter_is_less_than_a_quarter(millis in 0_i64..100_000_000, random: u64) {
            let wait = TimeDelta::milliseconds(millis);
            let longer = with_jitter(wait, Some(random));
            prop_assert!(longer >= wait);
            prop_assert!((longer - wait).num_milliseconds() * 4 <= millis);
        }
    }
}
