//! Roll-ups as a source of sums.

use chrono::{DateTime, Utc};
use genledger_contract::query::{AggregateQuery, AggregateRow};
use genledger_contract::{Filter, Result};

use super::{UsageDimensionsColumns, UsageRollup, UsageRollupSet};
use crate::usage::statistics::{NUMBERS, Source, by_dimension};
use crate::usage::{UsageDimension, UsageTotals};

impl UsageRollup {
    /// The roll-ups of a set.
    pub(super) fn of_set(set: UsageRollupSet) -> Filter<Self> {
        Self::DIMENSION_SET.eq(set.code())
    }
}

impl Source for UsageRollup {
    by_dimension!();

    fn by_span(query: AggregateQuery<Self>, seconds: i64) -> AggregateQuery<Self> {
        query.bucket(Self::BUCKET, seconds)
    }

    fn within(from: Option<DateTime<Utc>>, before: Option<DateTime<Utc>>) -> Filter<Self> {
        Filter::all()
            .and_maybe(from.map(|time| Self::BUCKET.ge(time)))
            .and_maybe(before.map(|time| Self::BUCKET.lt(time)))
    }

    fn measured(query: AggregateQuery<Self>) -> AggregateQuery<Self> {
        let sums = UsageTotals::columns().into_iter();
        sums.fold(query.count(), AggregateQuery::sum)
    }

    fn totals(row: &AggregateRow, first: usize) -> Result<Option<UsageTotals>> {
        let mut numbers = [0; NUMBERS];
        for ((index, number), name) in numbers.iter_mut().enumerate().zip(UsageTotals::names()) {
            let read = row.integer(first + 1 + index);
            *number = read.map_err(|error| error.with_column(name))?;
        }
        let rows = row.integer(first)?;
        Ok((rows > 0).then(|| UsageTotals::of_numbers(numbers)))
    }
}
