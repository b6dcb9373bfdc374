//! Totals of a trace, computed by the database, the same on all of them.

use std::cmp::Reverse;

use chrono::DateTime;
use genledger::contract::Repository;
use genledger::contract::query::AggregateQuery;
use genledger::contract::query::AggregateRow;
use genledger::prelude::*;

use super::outcome::{Failure, say};
use super::table::{self, number};

/// How many of the busiest minutes are shown.
const BUSIEST: usize = 5;

pub(crate) async fn print(logs: &dyn Repository<UsageLog>, model: &str) -> Result<(), Failure> {
    let minutes = AggregateQuery::over(UsageLog::MODEL_NAME.eq(model))
        .bucket(UsageLog::CREATED_AT, 60)
        .count()
        .sum(UsageLog::PROMPT_TOKENS)
        .sum(UsageLog::COMPLETION_TOKENS);
    let mut minutes: Vec<Minute> = logs
        .aggregate(minutes)
        .await?
        .iter()
        .map(Minute::read)
        .collect::<Result<_, _>>()?;

    let sum = |field: fn(&Minute) -> i64| minutes.iter().map(field).sum::<i64>();
    say!("\n{model}");
    say!("  {:>9} requests", number(sum(|minute| minute.requests)));
    say!("  {:>9} prompt tokens", number(sum(|minute| minute.prompt)));
    say!(
        "  {:>9} completion tokens",
        number(sum(|minute| minute.completion))
    );
    say!(
        "  {:>9} minutes with requests",
        number(i64::try_from(minutes.len())?)
    );

    minutes.sort_by_key(|minute| (Reverse(minute.requests), minute.start));
    say!("\nThe busiest minutes:\n");
    let rows: Vec<[String; 4]> = minutes
        .iter()
        .take(BUSIEST)
        .map(|minute| {
            let start = DateTime::from_timestamp(minute.start, 0).unwrap_or_default();
            [
                start.format("%Y-%m-%d %H:%M").to_string(),
                number(minute.requests),
                number(minute.prompt),
                number(minute.completion),
            ]
        })
        .collect();
    table::print(["minute (UTC)", "requests", "prompt", "completion"], &rows)?;
    say!();
    Ok(())
}

struct Minute {
    start: i64,
    requests: i64,
    prompt: i64,
    completion: i64,
}

impl Minute {
    fn read(row: &AggregateRow) -> Result<Self> {
        Ok(Self {
            start: row.integer(0)?,
            requests: row.integer(1)?,
            prompt: row.integer(2)?,
            completion: row.integer(3)?,
        })
    }
}
