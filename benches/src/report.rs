//! Raw results, and the tables that are made of them.
//!
//! Each benchmark has one raw file per database, so a run on one database keeps the results of the
//! others; the Markdown is always made of all raw files.

mod markdown;
mod targets;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::args::{Args, Benchmark};
use crate::database::Database;
use crate::machine::{self, Machine};
use crate::measure::Sample;
use crate::target::Target;

/// The first line of a raw file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) benchmark: String,
    pub(crate) database: Database,
    pub(crate) date: String,
    pub(crate) server: String,
    pub(crate) loader: String,
    pub(crate) rows: usize,
    pub(crate) rounds: usize,
    pub(crate) load_before: f64,
    pub(crate) load_after: f64,
    pub(crate) machine: Machine,
}

/// A run on one database.
pub(crate) struct Results {
    pub(crate) header: Header,
    pub(crate) samples: Vec<Sample>,
}

/// Starts the description of a run.
pub(crate) async fn header(args: &Args, database: Database, target: &dyn Target) -> Result<Header> {
    let loader = match database {
        Database::Postgres => "psql",
        Database::Mariadb | Database::Mysql => "mariadb",
        Database::Sqlite => "sqlite3",
    };
    Ok(Header {
        benchmark: args.benchmark.name().to_owned(),
        database,
        date: chrono::Utc::now().format("%Y-%m-%d %H:%M UTC").to_string(),
        server: target.describe().await?,
        loader: machine::version_of(loader),
        rows: args.rows,
        rounds: args.rounds,
        load_before: machine::load(),
        load_after: 0.0,
        machine: Machine::here(),
    })
}

/// Prints the results, and stores them unless only some contenders ran.
pub(crate) fn keep(args: &Args, mut header: Header, samples: Vec<Sample>) -> Result<()> {
    header.load_after = machine::load();
    let results = Results { header, samples };
    if args.contender.is_some() {
        print!("{}", markdown::tables(args.benchmark, &results));
        return Ok(());
    }
    let path = raw(args, args.benchmark, results.header.database);
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    let mut file = fs::File::create(&path)?;
    writeln!(file, "{}", serde_json::to_string(&results.header)?)?;
    for sample in &results.samples {
        writeln!(file, "{}", serde_json::to_string(sample)?)?;
    }
    Ok(())
}

/// Writes and prints the Markdown of the measured benchmark, or of all for `report`.
pub(crate) fn write(args: &Args) -> Result<()> {
    if args.contender.is_some() {
        return Ok(());
    }
    for benchmark in Benchmark::MEASURING {
        if args.benchmark != Benchmark::Report && args.benchmark != benchmark {
            continue;
        }
        let mut all = Vec::new();
        for database in Database::ALL {
            let path = raw(args, benchmark, database);
            if path.exists() {
                all.push(read(&path).with_context(|| path.display().to_string())?);
            }
        }
        if all.is_empty() {
            continue;
        }
        let text = markdown::page(benchmark, &all);
        print!("{text}");
        fs::write(args.out.join(format!("{}.md", benchmark.name())), text)?;
    }
    Ok(())
}

fn raw(args: &Args, benchmark: Benchmark, database: Database) -> PathBuf {
    let name = format!("{}-{}.jsonl", benchmark.name(), database.name());
    args.out.join("raw").join(name)
}

fn read(path: &Path) -> Result<Results> {
    let text = fs::read_to_string(path)?;
    let mut lines = text.lines();
    let header = serde_json::from_str(lines.next().context("the file is empty")?)?;
    let samples = lines.map(serde_json::from_str).collect::<Result<_, _>>()?;
    Ok(Results { header, samples })
}
