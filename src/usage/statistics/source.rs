//! The tables that sums are read from.

use chrono::{DateTime, Utc};
use genledger_contract::query::{AggregateQuery, AggregateRow};
use genledger_contract::{Entity, Filter, Result};

use super::{UsageDimension, UsageTotals};
use crate::usage::{UsageLog, UsageLogType};

/// A table that sums are read from.
pub(in crate::usage) trait Source: Entity {
    /// Groups by a property.
    fn by(query: AggregateQuery<Self>, dimension: UsageDimension) -> AggregateQuery<Self>;

    /// Groups by spans of time.
    fn by_span(query: AggregateQuery<Self>, seconds: i64) -> AggregateQuery<Self>;

    /// The rows from a time (included) to another (excluded); `None` for no bound.
    fn within(from: Option<DateTime<Utc>>, before: Option<DateTime<Utc>>) -> Filter<Self>;

    /// Adds the sums that [`totals`](Self::totals) reads to a query.
    fn measured(query: AggregateQuery<Self>) -> AggregateQuery<Self>;

    /// Reads the sums, which begin at this position; `None` when no row was summed.
    fn totals(row: &AggregateRow, first: usize) -> Result<Option<UsageTotals>>;
}

/// The columns of the dimensions, which have the same names in every source.
macro_rules! by_dimension {
    () => {
        fn by(query: AggregateQuery<Self>, dimension: UsageDimension) -> AggregateQuery<Self> {
            match dimension {
                UsageDimension::Model => query.group_by(Self::MODEL_NAME),
                UsageDimension::User => query.group_by(Self::USER_ID),
                UsageDimension::Channel => query.group_by(Self::CHANNEL_ID),
                UsageDimension::Token => query.group_by(Self::TOKEN_ID),
                UsageDimension::Group => query.group_by(Self::GROUP),
            }
        }
    };
}

pub(in crate::usage) use by_dimension;

impl Source for UsageLog {
    by_dimension!();

    fn by_span(query: AggregateQuery<Self>, seconds: i64) -> AggregateQuery<Self> {
        query.bucket(Self::CREATED_AT, seconds)
    }

    fn within(from: Option<DateTime<Utc>>, before: Option<DateTime<Utc>>) -> Filter<Self> {
        Filter::all()
            .and_maybe(from.map(|time| Self::CREATED_AT.ge(time)))
            .and_maybe(before.map(|time| Self::CREATED_AT.lt(time)))
    }

    fn measured(query: AggregateQuery<Self>) -> AggregateQuery<Self> {
        query
            .group_by(Self::KIND)
            .count()
            .sum(Self::QUOTA)
            .sum(Self::PROMPT_TOKENS)
            .sum(Self::COMPLETION_TOKENS)
    }

    fn totals(row: &AggregateRow, first: usize) -> Result<Option<UsageTotals>> {
        let number = |at: usize, name: &'static str| {
            let number = row.integer(first + at);
            number.map_err(|error| error.with_column(name))
        };
        let (rows, quota) = (number(1, "id")?, number(2, "quota")?);
        if number(0, "type")? == i64::from(UsageLogType::Refund.code()) {
            return Ok(Some(UsageTotals {
                refunds: rows,
                refunded_quota: quota,
                ..UsageTotals::default()
            }));
        }
        Ok(Some(UsageTotals {
            requests: rows,
            quota,
            prompt_tokens: number(3, "prompt_tokens")?,
            completion_tokens: number(4, "completion_tokens")?,
            ..UsageTotals::default()
        }))
    }
}
