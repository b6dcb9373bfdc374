//! Pages at depth.

mod mysql;
mod postgres;
mod sqlite;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use genledger_contract::Cursor;

use crate::args::Args;
use crate::data::Data;
use crate::database::Database;
use crate::generate::Rows;
use crate::measure::{self, Asked, Probe, Sample};
use crate::peer::genledger;
use crate::schema::Indexes;
use crate::target::{self, Target};
use crate::{load, report};

/// The rows of a page.
const SIZE: usize = 50;

/// The number of rows before the deep page.
const DEPTH: usize = 1_000_000;

/// Rows that are generated and loaded at once.
const CHUNK: usize = 100_000;

/// The rows of a listing: all, or those of the one user who has a tenth of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Listing {
    group: &'static str,
    user: Option<i64>,
    depth: usize,
}

/// Runs it on every selected database.
pub(crate) async fn run(args: &Args) -> Result<()> {
    for database in &args.only {
        let folder = Data::new(std::iter::empty(), &args.folder)?;
        let target = target::open(*database, folder.folder()).await?;
        let header = report::header(args, *database, &*target).await?;
        let samples = measured(args, *database, &*target).await;
        target.remove().await?;
        report::keep(args, header, samples?)?;
    }
    Ok(())
}

async fn measured(args: &Args, database: Database, target: &dyn Target) -> Result<Vec<Sample>> {
    target.create(Indexes::Lean).await?;
    let mut rows = Rows::new();
    for done in (0..args.rows).step_by(CHUNK) {
        eprintln!("{}: {done} of {} rows", database.title(), args.rows);
        let chunk = rows.by_ref().take(CHUNK.min(args.rows - done));
        load::load(database, target.url(), &Data::new(chunk, &args.folder)?).await?;
    }
    target.settle().await?;
    let depth = DEPTH.min(args.rows.saturating_sub(2 * SIZE));
    let listings = [
        Listing {
            group: "page",
            user: None,
            depth,
        },
        Listing {
            group: "page of one user",
            user: Some(1),
            depth: depth / 11,
        },
    ];
    let mut samples = Vec::new();
    for listing in listings {
        eprintln!("{}, {}", database.title(), listing.group);
        let mut probes = library(database, target.url(), listing).await?;
        probes.extend(probes_of_peers(database, target.url(), listing).await?);
        for probe in &probes {
            let rows = probe.run().await?;
            ensure!(rows == SIZE, "{} read {rows} rows", probe.name());
        }
        probes.retain(|probe| args.takes_part(probe.name()));
        let least = Duration::from_millis(50);
        samples.extend(measure::probes(listing.group, &probes, least, args.rounds).await?);
    }
    Ok(samples)
}

async fn library(database: Database, url: &str, listing: Listing) -> Result<Vec<Box<dyn Probe>>> {
    let store = genledger::connect(database, url).await?;
    let Listing { user, depth, .. } = listing;
    let page = |name: &str, cursor: Option<Cursor>| {
        Asked::new(name, Arc::clone(&store), move |store| {
            Box::pin(genledger::page(&**store, user, SIZE, cursor.clone()))
        })
    };
    let cursor = genledger::walk(&*store, user, depth).await?;
    Ok(vec![
        page("genledger, first", None),
        page("genledger, deep", Some(cursor)),
        Asked::new(
            "genledger, count to 10,001",
            Arc::clone(&store),
            move |store| {
                Box::pin(async move {
                    std::hint::black_box(genledger::count(&**store, user).await?);
                    Ok(SIZE)
                })
            },
        ),
    ])
}

async fn probes_of_peers(
    database: Database,
    url: &str,
    listing: Listing,
) -> Result<Vec<Box<dyn Probe>>> {
    match database {
        Database::Postgres => postgres::probes(url, listing).await,
        Database::Mariadb | Database::Mysql => mysql::probes(url, listing).await,
        Database::Sqlite => sqlite::probes(url, listing).await,
    }
}

impl Listing {
    fn filter(self) -> String {
        self.user
            .map_or(String::new(), |user| format!("WHERE user_id = {user}"))
    }

    /// A page as most systems read it.
    fn offset(self, columns: &str, offset: usize) -> String {
        format!(
            "SELECT {columns} FROM logs {} ORDER BY created_at DESC, id DESC LIMIT {SIZE} \
             OFFSET {offset}",
            self.filter()
        )
    }

    /// The number of rows, as most systems show it with the page.
    fn count(self) -> String {
        format!("SELECT count(*) FROM logs {}", self.filter())
    }
}
