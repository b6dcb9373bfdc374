//! The number of logs per day of a time zone.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::activity::Activity;
use crate::contract::query::{AggregateQuery, AggregateRow};
use crate::contract::{Filter, Result, Session, SessionExt};
use crate::time::{Calendar, Period, stored_seconds};

/// The offsets of zones are whole quarters of an hour, with a few exceptions long ago, so days begin
/// at whole quarters; where one does not, the quarter is counted second by second.
const QUARTER: i64 = 900;

/// How many logs each day has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCounts {
    /// The days that have logs.
    pub days: BTreeMap<NaiveDate, i64>,
    /// Logs without a day: without a time, or with a time outside of the years −200,000 to 200,000, such as
    /// microseconds in place of milliseconds.
    pub unplaced: i64,
}

/// The number of logs on each day of a time zone.
pub(super) async fn count<L: Activity>(
    session: &dyn Session,
    filter: &Filter<L>,
    zone: Tz,
) -> Result<DayCounts> {
    let calendar = Calendar::new(Period::Day, zone);
    let mut counts = DayCounts::default();
    for (start, count) in buckets(session, filter.clone(), QUARTER).await? {
        let Some(start) = start else {
            counts.unplaced += count;
            continue;
        };
        if let Some(begin) = calendar.around(start, QUARTER) {
            *counts.days.entry(begin.date_naive()).or_insert(0) += count;
            continue;
        }
        let end = start + TimeDelta::seconds(QUARTER);
        let within = L::OCCURRED_AT.ge(start) & L::OCCURRED_AT.lt(end);
        for (start, count) in buckets(session, filter.clone().and(within), 1).await? {
            let day = start.map(|start| calendar.begin(start).date_naive());
            match day {
                Some(day) => *counts.days.entry(day).or_insert(0) += count,
                None => counts.unplaced += count,
            }
        }
    }
    Ok(counts)
}

/// The number of logs in each span of some seconds, without empty spans; `None` for a span that
/// is outside of the calendar.
async fn buckets<L: Activity>(
    session: &dyn Session,
    filter: Filter<L>,
    seconds: i64,
) -> Result<Vec<(Option<DateTime<Utc>>, i64)>> {
    let query = AggregateQuery::over(filter)
        .bucket(L::OCCURRED_AT, seconds)
        .count();
    let rows = session.aggregate(query).await?;
    let bucket = |row: &AggregateRow| {
        let start = row.value(0).as_i64().and_then(stored_seconds);
        Ok((start, row.integer(1)?))
    };
    rows.iter().map(bucket).collect()
}
