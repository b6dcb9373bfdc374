//! Counts per day.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;

use super::Activities;
use crate::activity::{Activity, ActivityFilter};
use crate::contract::{AggregateQuery, Error, Filter, Result, SessionExt};

/// The offsets of all zones are whole quarters of an hour since 1973, so a span of that length
/// never lies in two days.
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
        let query = AggregateQuery::over(filter.of::<L>().and(further))
            .bucket(L::OCCURRED_AT, QUARTER)
            .count();
        let mut days = BTreeMap::new();
        for row in self.store.session().aggregate(query).await? {
            let start = DateTime::from_timestamp(row.integer(0)?, 0)
                .ok_or_else(|| Error::corrupt("the bucket is out of range"))?;
            *days
                .entry(start.with_timezone(&zone).date_naive())
                .or_insert(0) += row.integer(1)?;
        }
        Ok(days)
    }
}
