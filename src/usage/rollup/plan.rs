//! Which sets a query is computed from.

use chrono_tz::Tz;
use genledger_contract::Filter;

use super::{UsageDimensionsColumns, UsageRollup, UsageRollupCoverage, UsageRollupSet};
use crate::time::Period;
use crate::usage::{UsageDimension, UsageGrouping, UsageLogFilter, UsageLogType};

/// The sets that a query is computed from, and the condition on their roll-ups.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// At most one per day and one per quarter of an hour, in this order.
    pub(super) sets: Vec<UsageRollupSet>,
    pub(super) condition: Filter<UsageRollup>,
}

impl Plan {
    /// The smallest sets that are complete for the time of the query and contain its dimensions; none for a
    /// filter with conditions that only logs can be compared with.
    pub(super) fn of(
        filter: &UsageLogFilter,
        grouping: &UsageGrouping,
        coverage: &[UsageRollupCoverage],
    ) -> Self {
        let Some((mut dimensions, condition)) = on_rollups(filter) else {
            return Self::default();
        };
        dimensions.extend(&grouping.dimensions);
        let usable = |row: &&UsageRollupCoverage| row.covers(filter.from, filter.before);
        let contains = |set: &UsageRollupSet| dimensions.iter().all(|one| set.contains(*one));
        let sets: Vec<UsageRollupSet> = coverage
            .iter()
            .filter(usable)
            .filter_map(UsageRollupCoverage::set)
            .filter(contains)
            .collect();
        let smallest = |per_day: bool| {
            let sets = sets.iter().filter(|set| set.is_per_day() == per_day);
            sets.min_by_key(|set| set.rank()).copied()
        };
        let quarters = smallest(false);
        let worthwhile = |days: &UsageRollupSet| {
            contains_days(grouping)
                && quarters.is_none_or(|set| days.rank() < set.rank() + QUARTERS)
        };
        let days = smallest(true).filter(worthwhile);
        Self {
            sets: days.into_iter().chain(quarters).collect(),
            condition,
        }
    }
}

/// The rank of the 96 quarters of an hour of a day.
const QUARTERS: u32 = 6;

/// Whether nearly all days of UTC lie in one period.
fn contains_days(grouping: &UsageGrouping) -> bool {
    grouping
        .calendar
        .is_none_or(|calendar| match calendar.period {
            Period::Hour => false,
            Period::Day => calendar.zone == Tz::UTC,
            Period::Month => true,
        })
}

/// The same conditions on roll-ups, and the dimensions that they compare; `None` when there is one that
/// roll-ups have no column for.
fn on_rollups(filter: &UsageLogFilter) -> Option<(Vec<UsageDimension>, Filter<UsageRollup>)> {
    let UsageLogFilter {
        kind,
        from: _,
        before: _,
        user_id,
        model_name,
        username: None,
        token_name: None,
        token_id,
        channel_id,
        group,
        request_id: None,
        content: None,
        keyword: None,
        further: None,
    } = filter
    else {
        return None;
    };
    if kind.is_some_and(|kind| kind != UsageLogType::Unknown) {
        return None;
    }
    let (mut dimensions, mut all) = (Vec::new(), Filter::all());
    let mut add = |dimension, condition: Option<Filter<UsageRollup>>| {
        if let Some(condition) = condition {
            dimensions.push(dimension);
            all = std::mem::take(&mut all).and_maybe(Some(condition));
        }
    };
    let models = model_name.as_ref();
    let groups = group.as_ref();
    let users = user_id.map(|id| UsageRollup::USER_ID.eq(id));
    add(UsageDimension::User, users);
    let models = models.map(|text| UsageRollup::MODEL_NAME.matches(text));
    add(UsageDimension::Model, models);
    let channels = channel_id.map(|id| UsageRollup::CHANNEL_ID.eq(id));
    add(UsageDimension::Channel, channels);
    let tokens = token_id.map(|id| UsageRollup::TOKEN_ID.eq(id));
    add(UsageDimension::Token, tokens);
    let groups = groups.map(|text| UsageRollup::GROUP.matches(text));
    add(UsageDimension::Group, groups);
    Some((dimensions, all))
}
