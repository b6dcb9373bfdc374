//! Five minutes with genledger: a database, a table, rows, pages and totals.
//!
//! ```text
//! cargo run --example quickstart                 # SQLite in a temporary folder
//! cargo run --example quickstart -- ledger.db    # SQLite in this file
//! cargo run --example quickstart -- memory:      # any URL that genledger::connect accepts
//! ```
//!
//! The sample is always the same, ids included: a second run on the same file finds every row
//! and adds none.

#[path = "support/outcome.rs"]
mod outcome;
#[path = "support/progress.rs"]
mod progress;
#[path = "quickstart/sample.rs"]
mod sample;
#[path = "support/table.rs"]
mod table;

use std::process::ExitCode;

use genledger::contract::RowOutcome;
use genledger::contract::query::{Count, TextMatch};
use genledger::prelude::*;
use genledger::usage::{
    GroupedUsage, UsageDimension, UsageGrouping, UsageLogRepository, UsageTotals,
};

use outcome::{Failure, say};
use progress::Progress;
use table::number;

/// The number of rows of the sample, and of one append.
const ROWS: u32 = 20_000;
const BATCH: usize = 1_000;

#[tokio::main]
async fn main() -> ExitCode {
    outcome::exit("quickstart", run().await)
}

async fn run() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let url = match std::env::args().nth(1) {
        None => format!("sqlite:{}", folder.path().join("ledger.db").display()),
        Some(url) if url.contains(':') => url,
        Some(file) => format!("sqlite:{file}"),
    };

    // 1. A store. Everything below is the same on every database.
    let store = genledger::connect(&url).await?;
    let capability = store.capability();
    say!(
        "\n1. Connected to {} {}",
        capability.backend,
        capability.version
    );

    // 2. The tables.
    let report = store.migrate(genledger::schema::all()).await?;
    match report.applied.len() {
        0 => say!("2. The tables are there already"),
        scripts => say!("2. Made the tables in {scripts} steps"),
    }

    // 3. Rows, a thousand at a time.
    let logs = UsageLogs::new(store.clone());
    append_sample(&logs).await?;

    // 4. Pages: newest first, as an administrator sees them.
    list(&logs).await?;

    // 5. Totals.
    totals(&logs).await?;
    store.close().await;
    Ok(())
}

async fn append_sample(logs: &dyn UsageLogRepository) -> Result<(), Failure> {
    let rows: Vec<UsageLog> = sample::rows(ROWS)?;
    let mut progress = Progress::new(u64::from(ROWS));
    let mut new = 0_u64;
    for batch in rows.chunks(BATCH) {
        // One outcome for each row: an existing row is recognised by its id.
        for outcome in logs.append_many(batch).await? {
            new += u64::from(outcome == RowOutcome::New);
        }
        progress.advance(batch.len());
    }
    let rate = number(progress.finish());
    let (new, known) = (number(new), number(u64::from(ROWS) - new));
    say!("3. Appended {new} rows at {rate} a second; {known} were there already");
    Ok(())
}

async fn list(logs: &dyn UsageLogRepository) -> Result<(), Failure> {
    let filter = UsageLogFilter::new().model_name(TextMatch::Prefix("claude".into()));
    say!("\n4. The newest calls of models whose name begins with \"claude\", two pages of four:\n");
    let mut paging = Paging::first(4);
    let mut shown = Vec::new();
    for _ in 0..2 {
        let page = logs.page(&filter, &paging).await?;
        shown.extend(page.items.iter().map(|item| {
            let log = &item.log;
            [
                log.created_at.format("%Y-%m-%d %H:%M:%S").to_string(),
                log.kind.to_string(),
                log.username.clone(),
                log.model_name.clone(),
                number(log.prompt_tokens),
                number(log.completion_tokens),
                number(log.quota),
            ]
        }));
        if page.next.is_none() {
            break;
        }
        paging = paging.after(page.next);
    }
    table::print(
        [
            "time",
            "type",
            "user",
            "model",
            "prompt",
            "completion",
            "quota",
        ],
        &shown,
    )?;
    let count = match logs.count(&filter, 10_000).await? {
        Count::Exactly(rows) => number(rows),
        Count::AtLeast(rows) => format!("{} or more", number(rows)),
    };
    say!("\n  {count} rows match.");
    Ok(())
}

async fn totals(logs: &dyn UsageLogRepository) -> Result<(), Failure> {
    say!("\n5. Totals by model:\n");
    let all = UsageLogFilter::new();
    let by_model = UsageGrouping::new().by(UsageDimension::Model);
    let mut models = logs.totals(&all, &by_model).await?;
    // The most expensive first.
    models.sort_by_key(|model| std::cmp::Reverse(model.totals.quota));
    let name = |model: &GroupedUsage| model.group.model_name.clone().unwrap_or_default();
    let mut rows: Vec<[String; 6]> = models
        .iter()
        .map(|model| line(&name(model), &model.totals))
        .collect();
    for sum in logs.totals(&all, &UsageGrouping::new()).await? {
        rows.push(line("all", &sum.totals));
    }
    let head = ["model", "requests", "prompt", "completion", "quota", "USD"];
    table::print(head, &rows)?;
    say!();
    Ok(())
}

fn line(model: &str, totals: &UsageTotals) -> [String; 6] {
    // 500,000 quota units are 1 USD; cents are enough for a table.
    let cents = totals.quota / 5_000;
    [
        model.to_owned(),
        number(totals.requests),
        number(totals.prompt_tokens),
        number(totals.completion_tokens),
        number(totals.quota),
        format!("{}.{:02}", number(cents / 100), cents % 100),
    ]
}
