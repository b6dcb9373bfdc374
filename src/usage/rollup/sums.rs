//! Sums from roll-ups, and from logs where there are none.

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::{Result, Session};
use serde::Serialize;

use super::coverage::{kept_before, registered};
use super::plan::Plan;
use super::{UsageRollup, UsageRollupSet};
use crate::time::stored_seconds;
use crate::usage::statistics::{Groups, Source, add_logs, add_sums, finished};
use crate::usage::{GroupedUsage, UsageGrouping, UsageLog, UsageLogFilter};

/// Sums, and the tables that they were computed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UsageSums {
    /// The sums of each group, ordered by time and then by the other parts of the group.
    pub groups: Vec<GroupedUsage>,
    /// What they were computed from: one set, a set per day and what completes its days, or the logs.
    pub sources: Vec<UsageSource>,
    /// Set when logs were read of times before which logs were deleted and only
    /// [their sums kept](crate::retention::Retention::keep_rollups): for times before it the sums are incomplete.
    pub incomplete_before: Option<DateTime<Utc>>,
}

/// What sums were computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UsageSource {
    /// The roll-ups of a set.
    Rollups(UsageRollupSet),
    /// The logs, for a part of the time or for all of it.
    Logs,
}

/// The sums of the logs that a filter selects.
pub(super) async fn totals(
    session: &dyn Session,
    filter: &UsageLogFilter,
    grouping: &UsageGrouping,
) -> Result<UsageSums> {
    let plan = Plan::of(filter, grouping, &registered(session).await?);
    let (mut groups, mut sources) = (Groups::new(), Vec::new());
    let mut rest = vec![Span {
        from: filter.from,
        before: filter.before,
    }];
    for set in plan.sets {
        let seconds = set.seconds();
        for span in std::mem::take(&mut rest) {
            let Some((inner, edges)) = span.whole_buckets(seconds) else {
                rest.push(span);
                continue;
            };
            rest.extend(edges);
            let rows = UsageRollup::of_set(set) & inner.of::<UsageRollup>();
            let rows = rows.and_maybe(Some(plan.condition.clone()));
            let split = add_sums(session, rows, grouping, seconds, &mut groups).await?;
            rest.extend(split.into_iter().map(|start| Span::bucket(start, seconds)));
            let source = UsageSource::Rollups(set);
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
    }
    for span in &rest {
        let logs = filter.condition() & span.of::<UsageLog>();
        add_logs(session, logs, grouping, &mut groups).await?;
    }
    let mut incomplete_before = None;
    if !rest.is_empty() {
        sources.push(UsageSource::Logs);
        let kept = kept_before(session).await?.and_then(stored_seconds);
        let reads_earlier = |kept: &DateTime<Utc>| {
            rest.iter()
                .any(|span| span.from.is_none_or(|from| from < *kept))
        };
        incomplete_before = kept.filter(reads_earlier);
    }
    Ok(UsageSums {
        groups: finished(groups)?,
        sources,
        incomplete_before,
    })
}

/// From a time (included) to another (excluded); `None` for no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    from: Option<DateTime<Utc>>,
    before: Option<DateTime<Utc>>,
}

impl Span {
    fn bucket(start: DateTime<Utc>, seconds: i64) -> Self {
        Self {
            from: Some(start),
            before: Some(start + TimeDelta::seconds(seconds)),
        }
    }

    fn of<S: Source>(self) -> genledger_contract::Filter<S> {
        S::within(self.from, self.before)
    }

    /// The part that consists of whole buckets of some seconds, and what is left at its ends; `None` when it
    /// contains no whole bucket.
    fn whole_buckets(self, seconds: i64) -> Option<(Self, Vec<Self>)> {
        let floor = |second: i64| second.div_euclid(seconds) * seconds;
        let moment = |second: i64| DateTime::from_timestamp(second, 0);
        let from = match self.from {
            Some(from) => {
                let part = i64::from(from.timestamp_subsec_nanos() > 0);
                Some(moment(floor(from.timestamp() + part + seconds - 1))?)
            }
            None => None,
        };
        let before = match self.before {
            Some(before) => Some(moment(floor(before.timestamp()))?),
            None => None,
        };
        if from
            .zip(before)
            .is_some_and(|(from, before)| from >= before)
        {
            return None;
        }
        let ends = [(self.from, from), (before, self.before)];
        let edges = ends.into_iter().filter(|(from, before)| from != before);
        let edges = edges.map(|(from, before)| Self { from, before });
        Some((Self { from, before }, edges.collect()))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::Span;

    fn at(millis: i64) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(millis)
    }

    fn span(from: Option<DateTime<Utc>>, before: Option<DateTime<Utc>>) -> Span {
        Span { from, before }
    }

    #[test]
    fn a_span_is_whole_buckets_and_its_ends() {
        let (quarter, day) = (900_000, 86_400_000);
        let whole = span(at(quarter), at(3 * quarter));
        assert_eq!(whole.whole_buckets(900), Some((whole, vec![])));
        assert_eq!(whole.whole_buckets(86_400), None);
        let all = span(None, None);
        assert_eq!(all.whole_buckets(900), Some((all, vec![])));
        let ragged = span(at(1), at(3 * quarter - 1));
        let inner = span(at(quarter), at(2 * quarter));
        let ends = vec![
            span(at(1), at(quarter)),
            span(at(2 * quarter), at(3 * quarter - 1)),
        ];
        assert_eq!(ragged.whole_buckets(900), Some((inner, ends)));
        let open = span(None, at(day + quarter));
        let edges = vec![span(at(day), at(day + quarter))];
        assert_eq!(
            open.whole_buckets(86_400),
            Some((span(None, at(day)), edges))
        );
        let before_1970 = span(at(-day - 1), at(0));
        let edges = vec![span(at(-day - 1), at(-day))];
        assert_eq!(
            before_1970.whole_buckets(86_400),
            Some((span(at(-day), at(0)), edges))
        );
        assert_eq!(span(at(1), at(2)).whole_buckets(900), None);
        assert_eq!(span(at(day), at(0)).whole_buckets(900), None);
    }
}
