//! Hours, days and months of a time zone.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::json::value_free_json;

/// The range in which times can be calculated with in every zone.
static FIRST: LazyLock<DateTime<Utc>> = LazyLock::new(|| new_year(-200_000));
static LAST: LazyLock<DateTime<Utc>> = LazyLock::new(|| new_year(200_000));

/// Whether a time can be calculated with in every zone.
pub(crate) fn in_calendars(moment: DateTime<Utc>) -> bool {
    (*FIRST..=*LAST).contains(&moment)
}

/// The time, or the first or last one that can be calculated with in every zone.
pub(crate) fn clamped_to_calendars(moment: DateTime<Utc>) -> DateTime<Utc> {
    moment.clamp(*FIRST, *LAST)
}

fn new_year(year: i32) -> DateTime<Utc> {
    let date = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
    date.and_time(NaiveTime::MIN).and_utc()
}

/// A span of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Period {
    /// From one full hour to the next. Where clocks are put back, an hour of the clock that comes
    /// twice is two periods.
    Hour,
    /// A date; 23 or 25 hours where clocks are changed.
    Day,
    /// A month of the Gregorian calendar.
    Month,
}

value_free_json!(Period);

/// The periods of one kind in a time zone.
///
/// ```
/// use chrono_tz::Asia::Kolkata;
/// use genledger::time::{Calendar, Period};
///
/// // Half past six in the evening in London is midnight in Kolkata.
/// let days = Calendar::new(Period::Day, Kolkata);
/// let before = days.begin("2025-01-31T18:29:59Z".parse()?);
/// let after = days.begin("2025-01-31T18:30:00Z".parse()?);
/// assert_eq!(before.to_string(), "2025-01-31 00:00:00 IST");
/// assert_eq!(after.to_string(), "2025-02-01 00:00:00 IST");
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Calendar {
    /// How long a period is.
    pub period: Period,
    /// The zone whose clocks decide where a period begins.
    pub zone: Tz,
}

impl Calendar {
    /// The periods of this kind in a zone.
    #[must_use]
    pub const fn new(period: Period, zone: Tz) -> Self {
        Self { period, zone }
    }

    /// The first second of the period that a moment lies in. Moments beyond the years −200,000 to
    /// 200,000 count as the first or last of them.
    #[must_use]
    pub fn begin(self, moment: DateTime<Utc>) -> DateTime<Tz> {
        let local = clamped_to_calendars(moment).with_timezone(&self.zone);
        let date = local.date_naive();
        match self.period {
            Period::Hour => hour(&local),
            Period::Day => self.midnight(date).unwrap_or(local),
            Period::Month => {
                let first = date.with_day(1).and_then(|first| self.midnight(first));
                first.unwrap_or(local)
            }
        }
    }

    /// The beginning of the period that a span of whole seconds lies in, unless one begins within.
    pub(crate) fn around(self, start: DateTime<Utc>, seconds: i64) -> Option<DateTime<Tz>> {
        let begin = self.begin(start);
        let last = start + TimeDelta::seconds(seconds - 1);
        (self.begin(last) == begin).then_some(begin)
    }

    /// The first second of a date: midnight, or what the clocks jump to from there.
    fn midnight(self, date: NaiveDate) -> Option<DateTime<Tz>> {
        let midnight = date.and_time(NaiveTime::MIN);
        let after = |seconds: i64| {
            let local = midnight + TimeDelta::seconds(seconds);
            self.zone.from_local_datetime(&local).earliest()
        };
        let quarters = (0..24 * 4).map(|quarter| quarter * 900);
        let mut exists = quarters
            .into_iter()
            .find(|seconds| after(*seconds).is_some())?;
        // They jump within the quarter of an hour before.
        let mut missing = exists - 900;
        while exists > 0 && exists - missing > 1 {
            let between = missing.midpoint(exists);
            match after(between) {
                Some(_) => exists = between,
                None => missing = between,
            }
        }
        after(exists)
    }
}

/// The full hour before, or the change of the clocks if that came later.
fn hour(local: &DateTime<Tz>) -> DateTime<Tz> {
    let offset = |moment: &DateTime<Tz>| moment.naive_local() - moment.naive_utc();
    let passed = i64::from(local.minute() * 60 + local.second());
    let whole = local.with_nanosecond(0).unwrap_or(*local);
    let begins = |passed: &i64| {
        let begin = whole - TimeDelta::seconds(*passed);
        offset(&begin) == offset(local)
    };
    // Clocks are rarely changed within an hour, so the first try is nearly always right.
    let longest = (0..=passed).rev().find(begins).unwrap_or(0);
    whole - TimeDelta::seconds(longest)
}

#[cfg(test)]
mod tests;
