//! Counts per day.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use super::Activities;
use crate::activity::{Activity, ActivityFilter};
use crate::contract::{AggregateQuery, Error, Filter, Result, SessionExt};

/// The offsets of zones are whole quarters of an hour, with a few exceptions long ago, so days begin
/// at whole quarters; where one does not, the quarter is counted minute by minute.
const QUARTER: i64 = 900;

/// Clocks are changed at whole minutes, sometimes at 00:01: then a minute of one day comes before
/// the last hour of the day before it.
const MINUTE: i64 = 60;

impl Activities {
    /// The number of logs on each day of a time zone, days without logs left out. A day may have 23
    /// or 25 hours.
    ///
    /// # Errors
    /// Those of [`Session`](crate::contract::Session).
    pub async fn count_per_day<L: Activity>(
        &self,
        filter: &ActivityFilter,
        further: Filter<L>,
        zone: Tz,
    ) -> Result<BTreeMap<NaiveDate, i64>> {
        let filter = filter.of::<L>().and(further);
        let day = |moment: DateTime<Utc>| moment.with_timezone(&zone).date_naive();
        let mut days = BTreeMap::new();
        for (start, count) in self.buckets(filter.clone(), QUARTER).await? {
            let end = start + TimeDelta::seconds(QUARTER);
            if day(start) == day(end - TimeDelta::milliseconds(1)) {
                *days.entry(day(start)).or_insert(0) += count;
                continue;
            }
            let within = L::OCCURRED_AT.ge(start) & L::OCCURRED_AT.lt(end);
            for (start, count) in self.buckets(filter.clone().and(within), MINUTE).await? {
                *days.entry(day(start)).or_insert(0) += count;
            }
        }
        Ok(days)
    }

    /// How many logs each span of some seconds has, those without any left out.
    async fn buckets<L: Activity>(
        &self,
        filter: Filter<L>,
        seconds: i64,
    ) -> Result<Vec<(DateTime<Utc>, i64)>> {
        let query = AggregateQuery::over(filter)
            .bucket(L::OCCURRED_AT, seconds)
            .count();
        let rows = self.store.session().aggregate(query).await?;
        let bucket = |row: &crate::contract::AggregateRow| {
            let start = DateTime::from_timestamp(row.integer(0)?, 0)
                .ok_or_else(|| Error::corrupt("the bucket is out of range"))?;
            Ok((start, row.integer(1)?))
        };
        rows.iter().map(bucket).collect()
    }
}
