//! The daily reset of quotas: when it is, in any time zone.

use std::iter::successors;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

use crate::time::clamped_to_calendars;

/// Half past twelve at night, local time, when the provider renews quotas.
const RESET: NaiveTime = match NaiveTime::from_hms_opt(0, 30, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// The daily resets in a time zone: the first instant of each local date at or after 00:30.
///
/// Where clocks skip 00:30, it is the end of the gap; where 00:30 comes twice, the first; a date that a zone has
/// skipped entirely has no reset. Times beyond the years −200,000 to 200,000 count as the first or last of them.
///
/// ```
/// use chrono_tz::Asia::Shanghai;
/// use genledger::generation::DailyResets;
///
/// let resets = DailyResets::new(Shanghai);
/// // Created on January 16 at 10:00 in Shanghai: reset on January 17 at 00:30.
/// let first = resets.after_creation("2025-01-16T02:00:00Z".parse()?);
/// assert_eq!(first.to_string(), "2025-01-16 16:30:00 UTC");
/// // After days without a refresh, the next reset is the first one in the future.
/// let next = resets.next_after("2025-01-20T04:00:00Z".parse()?);
/// assert_eq!(next.to_string(), "2025-01-20 16:30:00 UTC");
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DailyResets {
    /// The time zone of the account.
    pub zone: Tz,
}

impl DailyResets {
    /// The resets of a zone.
    #[must_use]
    pub const fn new(zone: Tz) -> Self {
        Self { zone }
    }

    /// The reset of a local date; `None` if the zone has skipped the date, or the part of it from 00:30 on.
    #[must_use]
    pub fn on(self, date: NaiveDate) -> Option<DateTime<Utc>> {
        let local = date.and_time(RESET);
        if let Some(reset) = self.zone.from_local_datetime(&local).earliest() {
            return Some(reset.to_utc());
        }
        let end = GapInfo::new(&local, &self.zone)?.end?;
        (end.date_naive() == date).then(|| end.to_utc())
    }

    /// The first reset of an account that is created at a time: that of the next local date that has one.
    /// [`DateTime::MAX_UTC`] if the calendar has no such date.
    #[must_use]
    pub fn after_creation(self, created: DateTime<Utc>) -> DateTime<Utc> {
        let mut later = successors(self.local_date(created).succ_opt(), NaiveDate::succ_opt);
        later
            .find_map(|date| self.on(date))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The first reset after a time, not at it. [`DateTime::MAX_UTC`] if the calendar has none.
    #[must_use]
    pub fn next_after(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let now = clamped_to_calendars(now);
        // A zone that was moved across the date line repeats a date: the local date may lie one ahead.
        let first = self.local_date(now).pred_opt();
        let mut dates = successors(first, NaiveDate::succ_opt);
        dates
            .find_map(|date| self.on(date).filter(|reset| *reset > now))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The last reset at or before a time. [`DateTime::MIN_UTC`] if the calendar has none.
    #[must_use]
    pub fn last_until(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let now = clamped_to_calendars(now);
        let last = self.local_date(now).succ_opt();
        let mut dates = successors(last, NaiveDate::pred_opt);
        dates
            .find_map(|date| self.on(date).filter(|reset| *reset <= now))
            .unwrap_or(DateTime::<Utc>::MIN_UTC)
    }

    /// Before which time something must have become unavailable to be restored at `now`: at the reset that was due
    /// (`quota_reset_at`), or at the last one if days were missed. `now` if none was known.
    #[must_use]
    pub fn boundary(
        self,
        quota_reset_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> DateTime<Utc> {
        match quota_reset_at {
            Some(due) => due.max(self.last_until(now)),
            None => now,
        }
    }

    /// The date on the clocks of the zone.
    fn local_date(self, moment: DateTime<Utc>) -> NaiveDate {
        clamped_to_calendars(moment)
            .with_timezone(&self.zone)
            .date_naive()
    }
}

#[cfg(test)]
mod tests;
