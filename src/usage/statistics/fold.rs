//! Folds the rows of an aggregate query into the requested groups.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::query::{AggregateQuery, AggregateRow};
use genledger_contract::{Error, Filter, Result, Session, SessionExt};

use super::{
    ExactTotals, GroupedUsage, Source, UsageDimension, UsageGroup, UsageGrouping, UsageTotals,
};
use crate::time;
use crate::usage::{UsageLog, UsageLogType};

/// Databases sum by quarters of an hour, which are then assigned to the periods of a calendar: the
/// offsets of nearly all zones are whole quarters.
pub(in crate::usage) const QUARTER: i64 = 900;

/// The sums of groups.
pub(in crate::usage) type Groups = BTreeMap<UsageGroup, ExactTotals>;

/// The sums of the logs that a filter selects, by group.
pub(in crate::usage) async fn grouped(
    session: &dyn Session,
    filter: Filter<UsageLog>,
    grouping: &UsageGrouping,
) -> Result<Vec<GroupedUsage>> {
    let mut groups = Groups::new();
    add_logs(session, filter, grouping, &mut groups).await?;
    finished(groups)
}

/// The groups in their order.
pub(in crate::usage) fn finished(groups: Groups) -> Result<Vec<GroupedUsage>> {
    let group = |(group, sums): (UsageGroup, ExactTotals)| {
        let totals = sums.totals()?;
        Ok(GroupedUsage { group, totals })
    };
    groups.into_iter().map(group).collect()
}

/// Logs of the kinds that are summed up: `Consume` and `Refund`.
fn charged(filter: Filter<UsageLog>) -> Filter<UsageLog> {
    filter & UsageLog::KIND.is_in([UsageLogType::Consume, UsageLogType::Refund])
}

/// Adds the sums of logs to groups.
pub(in crate::usage) async fn add_logs(
    session: &dyn Session,
    filter: Filter<UsageLog>,
    grouping: &UsageGrouping,
    groups: &mut Groups,
) -> Result<()> {
    let filter = charged(filter);
    let split = add_sums(session, filter.clone(), grouping, QUARTER, groups).await?;
    for start in split {
        let end = start + TimeDelta::seconds(QUARTER);
        let within = filter.clone() & UsageLog::within(Some(start), Some(end));
        add_sums(session, within, grouping, 1, groups).await?;
    }
    Ok(())
}

/// Adds sums to groups, and returns the spans in which a period begins, which it leaves out.
pub(in crate::usage) async fn add_sums<E: Source>(
    session: &dyn Session,
    filter: Filter<E>,
    grouping: &UsageGrouping,
    seconds: i64,
    groups: &mut Groups,
) -> Result<BTreeSet<DateTime<Utc>>> {
    let mut split = BTreeSet::new();
    // Many groups share few spans, and calendars are slow.
    let mut periods = HashMap::new();
    let span = grouping.calendar.map(|_| seconds);
    for mut sum in sums(session, filter, &grouping.dimensions, span).await? {
        // A time outside of the calendar has no period, and is counted without one.
        if let (Some(calendar), Some(start)) = (grouping.calendar, sum.start) {
            let period = periods.entry(start);
            sum.group.begin = *period.or_insert_with(|| calendar.around(start, seconds));
            if sum.group.begin.is_none() {
                split.insert(start);
                continue;
            }
        }
        groups.entry(sum.group).or_default().add(&sum.totals);
    }
    Ok(split)
}

/// A part of the sums of a group.
pub(in crate::usage) struct Sum {
    /// The beginning of the time span, if sums are by spans and it is within the calendar.
    pub(in crate::usage) start: Option<DateTime<Utc>>,
    /// Without the period, which the database does not know.
    pub(in crate::usage) group: UsageGroup,
    pub(in crate::usage) totals: UsageTotals,
}

/// The sums of the database, by properties and spans of some seconds.
pub(in crate::usage) async fn sums<E: Source>(
    session: &dyn Session,
    filter: Filter<E>,
    dimensions: &BTreeSet<UsageDimension>,
    span: Option<i64>,
) -> Result<Vec<Sum>> {
    let mut query = AggregateQuery::over(filter);
    for dimension in dimensions {
        query = E::by(query, *dimension);
    }
    if let Some(seconds) = span {
        query = E::by_span(query, seconds);
    }
    // A property that cannot be read counts as one that is missing.
    let rows = session.aggregate_lenient(E::measured(query)).await?;
    let read = |row: &AggregateRow| {
        let mut group = UsageGroup::default();
        let mut position = 0;
        for dimension in dimensions {
            group.set(*dimension, row, position)?;
            position += 1;
        }
        let mut start = None;
        if span.is_some() {
            start = row.value(position).as_i64().and_then(time::stored_seconds);
            position += 1;
        }
        let totals = E::totals(row, position).map_err(|error| error.with_table(E::TABLE.name))?;
        Ok(totals.map(|totals| Sum {
            start,
            group,
            totals,
        }))
    };
    rows.iter()
        .filter_map(|row| read(row).transpose())
        .collect()
}

impl UsageGroup {
    fn set(&mut self, dimension: UsageDimension, row: &AggregateRow, at: usize) -> Result<()> {
        let text = || Ok::<_, Error>(row.text(at)?.map(str::to_owned));
        match dimension {
            UsageDimension::Model => self.model_name = text()?,
            UsageDimension::User => self.user_id = row.value(at).as_i64(),
            UsageDimension::Channel => self.channel_id = row.value(at).as_i64(),
            UsageDimension::Token => self.token_id = row.value(at).as_i64(),
            UsageDimension::Group => self.group = text()?,
        }
        Ok(())
    }
}
