//! How long an account is not used after the provider has refused it.

use chrono::TimeDelta;

use crate::generation::use_end::with_jitter;

/// The greatest number of strikes.
pub(super) const MAX_STRIKES: i16 = 16;

/// Cool-downs that double from one to the next.
///
/// ```
/// use genledger::chrono::TimeDelta;
/// use genledger::generation::CoolDown;
///
/// let cool_down = CoolDown::RATE_LIMIT;
/// assert_eq!(cool_down.after(0), TimeDelta::seconds(15));
/// assert_eq!(cool_down.after(2), TimeDelta::seconds(60));
/// assert_eq!(cool_down.after(7), TimeDelta::seconds(900));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CoolDown {
    /// The first cool-down; not negative.
    pub base: TimeDelta,
    /// The longest one; not negative.
    pub cap: TimeDelta,
}

impl CoolDown {
    /// 15 seconds to 15 minutes.
    pub const RATE_LIMIT: Self = Self {
        base: TimeDelta::seconds(15),
        cap: TimeDelta::seconds(900),
    };

    /// 10 minutes to 6 hours.
    pub const RISK_CONTROL: Self = Self {
        base: TimeDelta::seconds(600),
        cap: TimeDelta::hours(6),
    };

    /// The cool-down after a number of strikes, of which 0 to 16 count: `base` doubled that many times, at most `cap`;
    /// whole milliseconds.
    #[must_use]
    pub fn after(&self, strikes: i16) -> TimeDelta {
        let doubled = 1_i64 << strikes.clamp(0, MAX_STRIKES);
        let millis = self.base.num_milliseconds().saturating_mul(doubled);
        TimeDelta::milliseconds(millis.clamp(0, self.cap.num_milliseconds().max(0)))
    }
}

/// The cool-downs of a pool of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CoolDowns {
    /// After too many requests.
    pub rate_limit: CoolDown,
    /// After the provider has distrusted the account.
    pub risk_control: CoolDown,
}

impl CoolDowns {
    /// The longest requested wait of the provider that counts: a day.
    pub const MAX_RETRY_AFTER: TimeDelta = TimeDelta::hours(24);
}

impl Default for CoolDowns {
    fn default() -> Self {
        Self {
            rate_limit: CoolDown::RATE_LIMIT,
            risk_control: CoolDown::RISK_CONTROL,
        }
    }
}

/// A new cool-down: the longer one of `length` and the requested wait, and up to a quarter of `length` at random.
pub(super) fn new_cool_down(
    length: TimeDelta,
    retry_after: Option<TimeDelta>,
    random: Option<u64>,
) -> TimeDelta {
    let requested = retry_after
        .unwrap_or_default()
        .min(CoolDowns::MAX_RETRY_AFTER);
    let jitter = with_jitter(length, random) - length;
    length.max(requested) + jitter
}
