//! Clocks as parameters, the only access to the system's clock, and calendars of time zones.

mod calendar;
mod manual;
pub(crate) mod optional;
pub mod unix_micros;
pub mod unix_seconds;

use std::fmt::Debug;
use std::time::SystemTime;

use chrono::{DateTime, Utc};

pub use calendar::{Calendar, Period};
pub(crate) use calendar::{clamped_to_calendars, in_calendars};
pub use manual::ManualClock;

/// Returns the current time, in UTC.
///
/// Everything in this crate that needs the time accepts a clock, so that tests and replays control
/// the time, and no SQL contains `now()`.
///
/// ```
/// use genledger::time::{Clock, ManualClock, SystemClock};
///
/// fn age_in_seconds(clock: &dyn Clock, birth: i64) -> i64 {
///     clock.now().timestamp() - birth
/// }
///
/// assert!(age_in_seconds(&SystemClock, 0) > 1_700_000_000);
/// assert_eq!(age_in_seconds(&ManualClock::at_unix_seconds(90), 30), 60);
/// ```
pub trait Clock: Debug + Send + Sync {
    /// The current time.
    fn now(&self) -> DateTime<Utc>;
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> DateTime<Utc> {
        (**self).now()
    }
}

/// The time of a number of seconds in a database, if calendars can calculate with it; `None` if it is
/// out of range, since rows of other programs may hold any number.
pub(crate) fn stored_seconds(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0).filter(|moment| in_calendars(*moment))
}

/// The clock of the operating system. It may jump, also backwards, when it is corrected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "everything else accepts a Clock; this one reads the system's clock"
    )]
    fn now(&self) -> DateTime<Utc> {
        SystemTime::now().into()
    }
}
