//! Checks the accounts, entries and records of a database, and prints what does not agree.
//!
//! ```text
//! cargo run --release --example audit -- URL [--marks] [--part P OF]
//! ```
//!
//! URL is anything that `genledger::connect` accepts; databases other than SQLite need their feature
//! (`--features postgres`). The tables must exist: nothing is migrated. With `--marks`, accounts that agree get a mark; with
//! `--part 3 30` only what is new since the marks is checked, and the fourth of 30 parts of the rest.
//!
//! The program fails if something differs, or cannot be read.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use genledger::accounting::{Audit, Audited, Discrepancy};
use genledger::contract::Store as _;

const USAGE: &str = "usage: audit URL [--marks] [--part P OF]";

/// The most discrepancies that are printed; the others are counted.
const PRINTED: u64 = 200;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("audit: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing differs.
async fn run(arguments: &[String]) -> Result<bool, Box<dyn Error>> {
    let (url, options) = arguments.split_first().ok_or(USAGE)?;
    let store = genledger::connect(url).await?;
    let audit = with_options(Audit::new(store.clone()), options)?;
    let mut report = Report::default();
    let audited = audit.run(|found| report.add(&found)).await?;
    report.end(audited)?;
    store.close().await;
    Ok(audited.discrepancies == 0)
}

fn with_options(audit: Audit, options: &[String]) -> Result<Audit, Box<dyn Error>> {
    let words: Vec<&str> = options.iter().map(String::as_str).collect();
    Ok(match *words.as_slice() {
        [] => audit,
        ["--marks"] => audit.marking(true),
        ["--part", part, of] => audit.incremental(part.parse()?, of.parse()?),
        _ => return Err(USAGE.into()),
    })
}

/// Prints discrepancies as they are found, and counts them.
#[derive(Default)]
struct Report {
    printed: u64,
    by_check: BTreeMap<(String, &'static str), u64>,
}

impl Report {
    fn add(&mut self, found: &Discrepancy) {
        if self.printed < PRINTED {
            // A closed pipe does not end the audit: its status still counts.
            let _ = writeln!(io::stdout(), "  {found}");
            self.printed += 1;
        }
        let check = (found.check.as_str().to_owned(), found.table);
        *self.by_check.entry(check).or_default() += 1;
    }

    fn end(&self, audited: Audited) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{:>9} accounts", audited.accounts)?;
        writeln!(out, "{:>9} entries", audited.entries)?;
        writeln!(out, "{:>9} records", audited.records)?;
        writeln!(out, "{:>9} discrepancies", audited.discrepancies)?;
        for ((check, table), count) in &self.by_check {
            writeln!(out, "{count:>9}   {check} in {table}")?;
        }
        Ok(())
    }
}
