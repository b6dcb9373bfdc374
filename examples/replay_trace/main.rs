//! Replays a trace of real requests into the usage log and prints a summary.
//!
//! ```text
//! cargo run --release --example replay_trace -- TRACE.csv [--store URL] [--skip-malformed | --strict]
//! ```
//!
//! The file is a CSV with the columns TIMESTAMP (`2023-11-16 18:17:03.9799600`, in UTC),
//! `ContextTokens` and `GeneratedTokens`, in any order and among others: the form in which the Azure
//! LLM inference traces are published. A malformed line is reported with its number and
//! skipped, or with `--strict` ends the replay.
//!
//! URL is anything that `genledger::connect` accepts, `memory:` if it is left out; databases other than
//! SQLite need their feature (`--features postgres`). Ids are made of a row's time and line, so a
//! second run finds every row and adds none.

mod arguments;
mod outcome;
mod progress;
mod report;
mod table;
mod trace;

use std::fs::File;
use std::io::BufReader;
use std::process::ExitCode;

use genledger::contract::RowOutcome;
use genledger::prelude::*;
use genledger::usage::UsageLogRepository;

use arguments::Arguments;
use outcome::{Failure, say};
use progress::Progress;
use table::number;
use trace::{Line, Trace};

/// How many rows are appended at once.
const BATCH: usize = 1_000;

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => run(&arguments).await,
        Err(message) => Err(message.into()),
    };
    outcome::exit("replay_trace", outcome)
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    // The file is opened first: a wrong name should not create tables.
    let file = File::open(&arguments.file)
        .map_err(|error| format!("{}: {error}", arguments.file.display()))?;
    let model = arguments.model();
    let trace = Trace::new(BufReader::new(file), &model)?;

    let store = genledger::connect(&arguments.store).await?;
    store.migrate(genledger::schema::all()).await?;
    let backend = store.capability().backend;
    say!("\nReplaying {} into {backend}", arguments.file.display());

    replay(trace, &UsageLogs::new(store.clone()), arguments.strict).await?;
    report::print(&store.repository::<UsageLog>(), &model).await?;
    store.close().await;
    Ok(())
}

/// The outcomes of the rows.
#[derive(Default)]
struct Outcomes {
    new: u64,
    present: u64,
    different: u64,
    malformed: u64,
}

async fn replay(
    trace: Trace<BufReader<File>>,
    logs: &dyn UsageLogRepository,
    strict: bool,
) -> Result<(), Failure> {
    let mut outcomes = Outcomes::default();
    let mut progress = Progress::new(0);
    let mut batch = Vec::with_capacity(BATCH);
    for line in trace {
        match line? {
            Line::Row(log) => batch.push(*log),
            Line::Malformed { number, reason } if strict => {
                return Err(format!("line {number}: {reason}; nothing after it was read").into());
            }
            Line::Malformed { number, reason } => {
                eprintln!("  line {number} skipped: {reason}");
                outcomes.malformed += 1;
            }
        }
        if batch.len() == BATCH {
            append(logs, &mut batch, &mut outcomes, &mut progress).await?;
        }
    }
    append(logs, &mut batch, &mut outcomes, &mut progress).await?;
    let rate = number(progress.finish());
    let sent = outcomes.new + outcomes.present + outcomes.different;
    say!("  {:>9} rows sent, {rate} a second", number(sent));
    say!("  {:>9} were added", number(outcomes.new));
    say!("  {:>9} were there already", number(outcomes.present));
    if outcomes.different > 0 {
        say!(
            "  {:>9} were there with other content and were kept as they are",
            number(outcomes.different)
        );
    }
    if outcomes.malformed > 0 {
        say!(
            "  {:>9} lines were malformed and skipped",
            number(outcomes.malformed)
        );
    }
    Ok(())
}

async fn append(
    logs: &dyn UsageLogRepository,
    batch: &mut Vec<UsageLog>,
    outcomes: &mut Outcomes,
    progress: &mut Progress,
) -> Result<(), Failure> {
    for outcome in logs.append_many(batch).await? {
        match outcome {
            RowOutcome::New => outcomes.new += 1,
            RowOutcome::Present => outcomes.present += 1,
            RowOutcome::Different => outcomes.different += 1,
        }
    }
    progress.advance(batch.len());
    batch.clear();
    Ok(())
}
