//! Counts per day.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use super::Activities;
use crate::activity::{Activity, ActivityFilter};
use crate::contract::{AggregateQuery, Filter, Result, SessionExt};
use crate::time::{Calendar, Period, stored_seconds};

/// The offsets of zones are whole quarters of an hour, with a few exceptions long ago, so days begin
/// at whole quarters; where one does not, the quarter is counted second by second.
const QUARTER: i64 = 900;

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
        let calendar = Calendar::new(Period::Day, zone);
        let mut days = BTreeMap::new();
        for (start, count) in self.buckets(filter.clone(), QUARTER).await? {
            if let Some(begin) = calendar.around(start, QUARTER) {
                *days.entry(begin.date_naive()).or_insert(0) += count;
                continue;
            }
            let end = start + TimeDelta::seconds(QUARTER);
            let within = L::OCCURRED_AT.ge(start) & L::OCCURRED_AT.lt(end);
            for (start, count) in self.buckets(filter.clone().and(within), 1).await? {
                *days.entry(calendar.begin(start).date_naive()).or_insert(0) += count;
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
            Ok((stored_seconds(row.integer(0)?)?, row.integer(1)?))
        };
        rows.iter().map(bucket).collect()
    }
}
