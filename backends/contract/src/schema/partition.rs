//! Tables in partitions, one for each month of UTC.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::error::{Error, Result, Violation};

/// The years whose months can be partitions.
const YEARS: std::ops::RangeInclusive<i32> = 1_000..=9_998;

/// A month of UTC.
///
/// ```
/// use genledger_contract::schema::Month;
///
/// let month = Month::new(2024, 2)?;
/// assert_eq!(month.start().to_rfc3339(), "2024-02-01T00:00:00+00:00");
/// assert_eq!(month.plus(1)?.start().to_rfc3339(), "2024-03-01T00:00:00+00:00");
/// assert_eq!(Month::of("2024-02-29T23:59:59Z".parse().unwrap())?, month);
/// assert_eq!(month.to_string(), "2024_02");
/// # Ok::<(), genledger_contract::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i32,
    /// 1 to 12.
    month: u32,
}

impl Month {
    /// The month of a year, 1 to 12 of 1000 to 9998.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for any other one.
    pub fn new(year: i32, month: u32) -> Result<Self> {
        if !YEARS.contains(&year) || !(1..=12).contains(&month) {
            let message = "must be a month of the years 1000 to 9998";
            return Err(Violation::new("month", "out_of_range", message).into());
        }
        Ok(Self { year, month })
    }

    /// The month of UTC that contains a time.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for a time outside of the years 1000 to 9998.
    pub fn of(time: DateTime<Utc>) -> Result<Self> {
        Self::new(time.year(), time.month())
    }

    /// The month this many months later, or earlier.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) outside of the years 1000 to 9998.
    pub fn plus(self, months: i32) -> Result<Self> {
        let all = i64::from(self.year) * 12 + i64::from(self.month) - 1 + i64::from(months);
        let year = i32::try_from(all.div_euclid(12)).unwrap_or(i32::MAX);
        let month = u32::try_from(all.rem_euclid(12)).unwrap_or(0);
        Self::new(year, month + 1)
    }

    /// Its first moment.
    #[must_use]
    pub fn start(self) -> DateTime<Utc> {
        first_of(self.year, self.month)
    }

    /// The first moment after it.
    #[must_use]
    pub fn end(self) -> DateTime<Utc> {
        match self.month {
            12 => first_of(self.year + 1, 1),
            month => first_of(self.year, month + 1),
        }
    }
}

fn first_of(year: i32, month: u32) -> DateTime<Utc> {
    // The first of a month of these years is always a date.
    let date = NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default();
    date.and_time(chrono::NaiveTime::MIN).and_utc()
}

/// As in the name of its partition: `2024_02`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}_{:02}", self.year, self.month)
    }
}

/// A partition of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Partition {
    /// Its name in the database: `logs_2024_02`.
    pub name: String,
    /// The earliest time that it accepts; `None` for all earlier ones.
    pub from: Option<DateTime<Utc>>,
    /// The first time after it; `None` for all later ones.
    pub before: Option<DateTime<Utc>>,
    /// Whether it holds the rows of months that were not created: on `PostgreSQL` all of them, on `MySQL` and
    /// `MariaDB` the later ones, while earlier ones are in the first partition.
    pub is_rest: bool,
}

impl Partition {
    /// A partition from one time (included) to another (excluded).
    #[must_use]
    pub const fn new(
        name: String,
        from: Option<DateTime<Utc>>,
        before: Option<DateTime<Utc>>,
        is_rest: bool,
    ) -> Self {
        Self {
            name,
            from,
            before,
            is_rest,
        }
    }

    /// Its month, if it is exactly one.
    #[must_use]
    pub fn month(&self) -> Option<Month> {
        let month = Month::of(self.from?).ok()?;
        (Some(month.start()) == self.from && Some(month.end()) == self.before).then_some(month)
    }

    /// Whether every row that it can hold is earlier than a time.
    #[must_use]
    pub fn is_before(&self, time: DateTime<Utc>) -> bool {
        !self.is_rest && self.before.is_some_and(|end| end <= time)
    }
}

/// The partitions of a table that a [`Layout`](crate::schema::Layout) partitions by month, from
/// [`Store::partitions`](crate::Store::partitions).
///
/// Every verb can be called at any time, by several processes at once, and again after an error or a killed
/// process.
///
/// ```no_run
/// use chrono::{TimeDelta, Utc};
/// use genledger_contract::{Entity, Result, Store};
/// # async fn example<L: Entity>(store: &dyn Store) -> Result<()> {
/// let partitions = store.partitions(L::TABLE)?;
/// partitions.create_ahead(Utc::now(), 3).await?;
/// partitions.drop_before(Utc::now() - TimeDelta::days(400)).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every verb returns the kinds listed at it, and:
/// [`Schema`](crate::ErrorKind::Schema) when the table is missing or is not partitioned in the database;
/// [`SerializationFailure`](crate::ErrorKind::SerializationFailure) when other sessions kept it locked for about
/// half a minute; [`Denied`](crate::ErrorKind::Denied) when the user may not change it;
/// and those of any statement (see [`Session`](crate::Session)).
#[async_trait]
pub trait Partitions: Send + Sync + fmt::Debug + 'static {
    /// The partitions, the earliest first, and the one for the rest last.
    ///
    /// # Errors
    /// Those of every verb.
    async fn list(&self) -> Result<Vec<Partition>>;

    /// Creates a partition for each month from one (included) to another (excluded) that has none, and returns the
    /// created ones. Rows of such a month that are in the partition for the rest are moved, in one step of the database
    /// for each month on `PostgreSQL` and for all of them on `MySQL` and `MariaDB`: a reader finds them before and
    /// after it, and writers of these rows wait for it.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for more than 1,200 months; and those of every verb, after which the
    /// months before the error exist.
    async fn create(&self, from: Month, before: Month) -> Result<Vec<Month>>;

    /// Creates the month that contains a time, and this many after it.
    ///
    /// # Errors
    /// Those of [`create`](Self::create).
    async fn create_ahead(&self, now: DateTime<Utc>, months: u32) -> Result<Vec<Month>> {
        let from = Month::of(now)?;
        let after = i32::try_from(months)
            .ok()
            .and_then(|months| months.checked_add(1));
        let before = after.ok_or_else(|| Error::invalid("too many months"))?;
        self.create(from, from.plus(before)?).await
    }

    /// Drops the partitions all of whose rows are before a time, with their rows, and returns them. A month that contains
    /// the time is kept as a whole, and so are rows in the partition for the rest.
    ///
    /// # Errors
    /// Those of every verb.
    async fn drop_before(&self, time: DateTime<Utc>) -> Result<Vec<Partition>>;

    /// Moves a table that has rows and no partitions over, next to readers and writers, and returns whether there was
    /// something to do. Rows before `first` stay together in one partition; later months are
    /// [created](Self::create) afterwards. A call that ended early, also with its process, is continued by the
    /// next one with the same month.
    ///
    /// `docs/guide/partitions.md` has its steps, and what is locked for how long.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) on `PostgreSQL` when there are rows of `first` or later;
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a table with another unique key, and on `MySQL` and `MariaDB`
    /// for one with triggers; and those of every verb.
    async fn partition(&self, first: Month) -> Result<bool>;
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::{Month, Partition};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let month = |year, month| Month::new(year, month).unwrap();
        for (time, expected) in [
            ("2024-01-31T23:59:59Z", month(2024, 1)),
            ("2024-02-29T00:00:00Z", month(2024, 2)),
            ("2024-12-31T23:59:59.999999Z", month(2024, 12)),
            ("2025-01-01T00:00:00Z", month(2025, 1)),
            // The last hours of a month in China are of the next month there, but not here.
            ("2025-03-01T02:00:00+08:00", month(2025, 2)),
        ] {
            assert_eq!(Month::of(at(time)).unwrap(), expected, "{time}");
        }
        assert_eq!(month(2023, 2).end(), at("2023-03-01T00:00:00Z"));
        assert_eq!(
            (month(2024, 2).end() - month(2024, 2).start()).num_days(),
            29
        );
        assert_eq!(
            (month(1900, 2).end() - month(1900, 2).start()).num_days(),
            28
        );
        assert_eq!(month(2024, 12).end(), month(2025, 1).start());
        assert_eq!(month(2024, 11).plus(14).unwrap(), month(2026, 1));
        assert_eq!(month(2024, 1).plus(-1).unwrap(), month(2023, 12));
        assert_eq!(month(9_998, 12).end(), at("9999-01-01T00:00:00Z"));
        assert!(month(9_998, 12).plus(1).is_err() && month(1_000, 1).plus(-1).is_err());
        for (year, number) in [(2024, 0), (2024, 13), (999, 1), (9_999, 1)] {
            assert!(Month::new(year, number).is_err());
        }
    }

    #[test]
    fn a_partition_may_be_a_month() {
        let part = |from: Option<&str>, before: Option<&str>| {
            Partition::new("a".into(), from.map(at), before.map(at), false)
        };
        let february = part(Some("2024-02-01T00:00:00Z"), Some("2024-03-01T00:00:00Z"));
        assert_eq!(february.month(), Some(Month::new(2024, 2).unwrap()));
        assert!(february.is_before(at("2024-03-01T00:00:00Z")));
        assert!(!february.is_before(at("2024-02-29T23:59:59Z")));
        let older = part(None, Some("2024-03-01T00:00:00Z"));
        assert_eq!(older.month(), None);
        let quarter = part(Some("2024-02-01T00:00:00Z"), Some("2024-05-01T00:00:00Z"));
        assert_eq!(quarter.month(), None);
        let rest = Partition {
            is_rest: true,
            ..older
        };
        assert!(!rest.is_before(at("2030-01-01T00:00:00Z")));
    }
}
