//! Reading rows into owned structs.

mod mysql;
mod postgres;
mod sqlite;

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::args::Args;
use crate::data::Data;
use crate::database::Database;
use crate::generate::Rows;
use crate::measure::{self, Asked, Probe, Sample};
use crate::peer::genledger;
use crate::schema::Indexes;
use crate::target::{self, Target};
use crate::{load, report};

/// The variable with the URL of the table, for the process of a measurement.
const PROBE_URL: &str = "GENLEDGER_PROBE_URL";

/// Runs it on every selected database.
pub(crate) async fn run(args: &Args) -> Result<()> {
    for database in &args.only {
        let data = Data::new(Rows::new().take(args.rows * 5), &args.folder)?;
        let target = target::open(*database, data.folder()).await?;
        let header = report::header(args, *database, &*target).await?;
        let samples = measured(args, *database, &*target, &data).await;
        target.remove().await?;
        report::keep(args, header, samples?)?;
    }
    Ok(())
}

async fn measured(
    args: &Args,
    database: Database,
    target: &dyn Target,
    data: &Data,
) -> Result<Vec<Sample>> {
    target.create(Indexes::Lean).await?;
    load::load(database, target.url(), data).await?;
    target.settle().await?;
    eprintln!("{}, read", database.title());
    let contenders: Vec<String> = contenders(database, target.url(), args.rows)
        .await?
        .iter()
        .map(|probe| probe.name().to_owned())
        .filter(|name| args.takes_part(name))
        .collect();
    let mut samples = Vec::new();
    for round in 0..args.rounds {
        for name in measure::turns(&contenders, round) {
            let seconds = in_own_process(args, database, target.url(), name)
                .await
                .with_context(|| format!("{name}, read"))?;
            samples.push(measure::sample("read", name, round, args.rows, seconds));
        }
    }
    Ok(samples)
}

/// One measurement. The order of the allocator's free lists has more effect on 10,000 rows of ten
/// texts than the differences of the contenders, and in one process it depends on the contender before.
async fn in_own_process(
    args: &Args,
    database: Database,
    url: &str,
    contender: &str,
) -> Result<f64> {
    let output = Command::new(std::env::current_exe()?)
        .args(["probe", "--only", database.name(), "--contender", contender])
        .args(["--rows", &args.rows.to_string()])
        // Not on the command line, which every user of the machine can read.
        .env(PROBE_URL, url)
        .stderr(Stdio::inherit())
        .output()
        .await?;
    ensure!(output.status.success(), "the probe failed");
    let milliseconds: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(milliseconds / 1000.0)
}

/// Runs in the process of a measurement: prints the milliseconds.
pub(crate) async fn probe(args: &Args) -> Result<()> {
    let database = *args.only.first().context("--only names the database")?;
    let url = std::env::var(PROBE_URL).context(PROBE_URL)?;
    let probes = contenders(database, &url, args.rows).await?;
    let probe = probes
        .iter()
        .find(|probe| args.contender.as_deref() == Some(probe.name()))
        .context("--contender is not the name of a contender")?;
    let (rows, seconds) = measure::repeated(&**probe, Duration::from_millis(200)).await?;
    ensure!(rows == args.rows, "{rows} rows were read");
    println!("{}", seconds * 1000.0);
    Ok(())
}

async fn contenders(database: Database, url: &str, rows: usize) -> Result<Vec<Box<dyn Probe>>> {
    let mut probes = probes(database, url, rows).await?;
    // Right after the plain driver.
    probes.splice(1..1, library(database, url, rows).await?);
    Ok(probes)
}

async fn probes(database: Database, url: &str, rows: usize) -> Result<Vec<Box<dyn Probe>>> {
    match database {
        Database::Postgres => postgres::probes(url, rows).await,
        Database::Mariadb | Database::Mysql => mysql::probes(url, rows).await,
        Database::Sqlite => sqlite::probes(url, rows).await,
    }
}

async fn library(database: Database, url: &str, rows: usize) -> Result<Vec<Box<dyn Probe>>> {
    let store = genledger::connect(database, url).await?;
    Ok(vec![
        Asked::new("genledger", Arc::clone(&store), move |store| {
            Box::pin(genledger::newest(&**store, rows))
        }),
        Asked::new("genledger, stream of pages", store, move |store| {
            Box::pin(genledger::streamed(store, rows))
        }),
    ])
}

/// The query in plain SQL: the newest rows.
fn query(quote: char, rows: usize) -> String {
    let columns = peers::columns(quote);
    format!("SELECT {columns} FROM logs ORDER BY created_at DESC, id DESC LIMIT {rows}")
}
