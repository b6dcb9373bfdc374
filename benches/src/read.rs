//! Reading rows into owned structs.

mod mysql;
mod postgres;
mod sqlite;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::args::Args;
use crate::data::Data;
use crate::database::Database;
use crate::generate::Rows;
use crate::measure::{self, Asked, Probe, Sample};
use crate::peer::genledger;
use crate::schema::Indexes;
use crate::target::{self, Target};
use crate::{load, report};

/// Runs it on every database that is asked for.
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
    let mut probes = probes(database, target.url(), args.rows).await?;
    // Right behind the plain driver.
    probes.splice(1..1, library(database, target.url(), args.rows).await?);
    for probe in &probes {
        let rows = probe.run().await?;
        ensure!(rows == args.rows, "{} read {rows} rows", probe.name());
    }
    probes.retain(|probe| args.takes_part(probe.name()));
    measure::probes("read", &probes, Duration::from_millis(200), args.rounds).await
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

/// The query of those who write SQL: the newest rows.
fn query(quote: char, rows: usize) -> String {
    let columns = peers::columns(quote);
    format!("SELECT {columns} FROM logs ORDER BY created_at DESC, id DESC LIMIT {rows}")
}
