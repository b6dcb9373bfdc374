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

mod sample;

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use genledger::contract::RowOutcome;
use genledger::contract::query::{Count, TextMatch};
use genledger::prelude::*;
use genledger::usage::{UsageDimension, UsageGrouping, UsageLogRepository, UsageTotals};

/// The number of rows of the sample, and of one append.
const ROWS: u32 = 20_000;
const BATCH: usize = 1_000;

#[tokio::main]
async fn main() -> ExitCode {
    let Err(error) = run().await else {
        return ExitCode::SUCCESS;
    };
    eprintln!("quickstart: {error}");
    ExitCode::FAILURE
}

async fn run() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let url = match std::env::args().nth(1) {
        None => format!("sqlite:{}", folder.path().join("ledger.db").display()),
        Some(url) if url.contains(':') => url,
        Some(file) => format!("sqlite:{file}"),
    };

    // 1. A store. Everything below is the same on every database.
    let store = genledger::connect(&url).await?;
    let capability = store.capability();
    println!(
        "\n1. Connected to {} {}",
        capability.backend, capability.version
    );

    // 2. The tables.
    let report = store.migrate(genledger::schema::all()).await?;
    match report.applied.len() {
        0 => println!("2. The tables are there already"),
        scripts => println!("2. Made the tables in {scripts} steps"),
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

async fn append_sample(logs: &dyn UsageLogRepository) -> Result<(), Box<dyn Error>> {
    let rows: Vec<UsageLog> = sample::rows(ROWS)?;
    let begun = Instant::now();
    let mut new = 0_u32;
    for batch in rows.chunks(BATCH) {
        // One outcome for each row: an existing row is recognised by its id.
        for outcome in logs.append_many(batch).await? {
            new += u32::from(outcome == RowOutcome::New);
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let (new, known) = (number(new), number(ROWS - new));
    println!("3. Appended {new} rows in {seconds:.2} s; {known} were there already");
    Ok(())
}

async fn list(logs: &dyn UsageLogRepository) -> Result<(), Box<dyn Error>> {
    let filter = UsageLogFilter::new().model_name(TextMatch::Prefix("claude".into()));
    println!(
        "\n4. The newest calls of models whose name begins with \"claude\", two pages of four:\n"
    );
    println!(
        "  time                 type     user     model             prompt  completion   quota"
    );
    let mut paging = Paging::first(4);
    for _ in 0..2 {
        let page = logs.page(&filter, &paging).await?;
        for item in &page.items {
            let log = &item.log;
            println!(
                "  {}  {:<7}  {:<7}  {:<16}  {:>6}  {:>10}  {:>6}",
                log.created_at.format("%Y-%m-%d %H:%M:%S"),
                log.kind.to_string(),
                log.username,
                log.model_name,
                number(log.prompt_tokens),
                number(log.completion_tokens),
                number(log.quota),
            );
        }
        if page.next.is_none() {
            break;
        }
        paging = paging.after(page.next);
    }
    match logs.count(&filter, 10_000).await? {
        Count::Exactly(rows) => println!("\n  {} rows match.", number(rows)),
        Count::AtLeast(rows) => println!("\n  {} rows or more match.", number(rows)),
    }
    Ok(())
}

async fn totals(logs: &dyn UsageLogRepository) -> Result<(), Box<dyn Error>> {
    println!("\n5. Totals by model:\n");
    let all = UsageLogFilter::new();
    let by_model = UsageGrouping::new().by(UsageDimension::Model);
    let mut models = logs.totals(&all, &by_model).await?;
    // The most expensive first.
    models.sort_by_key(|model| std::cmp::Reverse(model.totals.quota));
    println!("  model             requests      prompt  completion        quota     USD");
    for model in &models {
        let name = model.group.model_name.as_deref().unwrap_or_default();
        print_totals(name, &model.totals);
    }
    for sum in logs.totals(&all, &UsageGrouping::new()).await? {
        print_totals("all", &sum.totals);
    }
    println!();
    Ok(())
}

fn print_totals(model: &str, totals: &UsageTotals) {
    // 500,000 quota units are 1 USD; cents are enough for a table.
    let cents = totals.quota / 5_000;
    println!(
        "  {model:<16}  {:>8}  {:>10}  {:>10}  {:>11}  {:>3}.{:02}",
        number(totals.requests),
        number(totals.prompt_tokens),
        number(totals.completion_tokens),
        number(totals.quota),
        cents / 100,
        cents % 100,
    );
}

/// A number in groups of three digits: `1,234,567`.
fn number(value: impl TryInto<u64>) -> String {
    // The sample has no negative numbers.
    let digits = value.try_into().unwrap_or_default().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
