//! Reading rows into owned structs.

mod mysql;
mod postgres;
mod sqlite;

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::args::Args;
use crate::data::Data;
use crate::database::Database;
use crate::generate::Rows;
use crate::measure::{self, Probe};
use crate::schema::Indexes;
use crate::{load, report, target};

/// Runs it on every database that is asked for.
pub(crate) async fn run(args: &Args) -> Result<()> {
    for database in &args.only {
        let data = Data::new(Rows::new().take(args.rows * 5), &args.folder)?;
        let target = target::open(*database, data.folder()).await?;
        let header = report::header(args, *database, &*target).await?;
        target.create(Indexes::Lean).await?;
        load::load(*database, target.url(), &data).await?;
        target.settle().await?;
        eprintln!("{}, read", database.title());
        let mut probes = probes(*database, target.url(), args.rows).await?;
        for probe in &probes {
            let rows = probe.run().await?;
            ensure!(rows == args.rows, "{} read {rows} rows", probe.name());
        }
        probes.retain(|probe| args.takes_part(probe.name()));
        let samples =
            measure::probes("read", &probes, Duration::from_millis(200), args.rounds).await?;
        drop(probes);
        target.remove().await?;
        report::keep(args, header, samples)?;
    }
    Ok(())
}

async fn probes(database: Database, url: &str, rows: usize) -> Result<Vec<Box<dyn Probe>>> {
    match database {
        Database::Postgres => postgres::probes(url, rows).await,
        Database::Mariadb | Database::Mysql => mysql::probes(url, rows).await,
        Database::Sqlite => sqlite::probes(url, rows).await,
    }
}

/// The query of those who write SQL: the newest rows.
fn query(quote: char, rows: usize) -> String {
    let columns = crate::peer::columns(quote);
    format!("SELECT {columns} FROM logs ORDER BY created_at DESC, id DESC LIMIT {rows}")
}
