//! Single rows: one inserted, found, updated under a guard, and a transaction of the three.

mod library;
mod mysql;
mod postgres;
mod sqlite;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use async_trait::async_trait;
use genledger_contract::Entity;

use crate::args::Args;
use crate::data::Data;
use crate::database::Database;
use crate::measure::{self, Sample};
use crate::report;
use crate::schema::Indexes;
use crate::target::{self, Target};

/// The rows that are found and updated.
const STORED: i64 = 10_000;

/// The most callers at the same time, each of which may have a connection.
const CALLERS: usize = 32;

/// A row, and the table that all contenders share.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "tallies", key(id), index(owner, id))]
pub(crate) struct Tally {
    /// Its number.
    pub(crate) id: i64,
    /// Its owner.
    pub(crate) owner: i64,
    /// Its name.
    #[column(max_chars = 64)]
    pub(crate) name: String,
    /// The number of changes.
    pub(crate) version: i64,
    /// The balance.
    #[column(filter)]
    pub(crate) balance: i64,
    /// A remark.
    #[column(max_chars = 255)]
    pub(crate) remark: Option<String>,
}

impl Tally {
    fn new(id: i64) -> Self {
        Self {
            id,
            owner: id % 100,
            name: format!("tally {id}"),
            version: 0,
            balance: i64::from(i32::MAX),
            remark: Some("a remark of some words, as most rows have one".to_owned()),
        }
    }
}

/// A contender. The results of all operations are checked.
#[async_trait]
pub(crate) trait Rows: Send + Sync {
    /// The name in the tables.
    fn name(&self) -> &'static str;

    /// Whether it can run only one operation at a time.
    fn is_single(&self) -> bool {
        false
    }

    /// Inserts a new row.
    async fn insert(&self, id: i64) -> Result<()>;

    /// Finds a row by its key.
    async fn find(&self, id: i64) -> Result<()>;

    /// Subtracts one from the balance of a row, if there is enough.
    async fn update(&self, id: i64) -> Result<()>;

    /// Inserts one row, updates another one and finds it, in one transaction.
    async fn transaction(&self, new: i64, id: i64) -> Result<()>;
}

/// The measured operation.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Insert,
    Find,
    Update,
    Transaction,
}

impl Operation {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Insert, "insert"),
        (Self::Find, "find"),
        (Self::Update, "guarded update"),
        (Self::Transaction, "transaction of three"),
    ];

    async fn run(self, rows: &dyn Rows, number: i64) -> Result<()> {
        // Spread over the table, so that callers use different rows.
        let id = number * 7_919 % STORED;
        match self {
            Self::Insert => rows.insert(STORED + number).await,
            Self::Find => rows.find(id).await,
            Self::Update => rows.update(id).await,
            Self::Transaction => rows.transaction(STORED + number, id).await,
        }
    }
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
    let library = library::Library::open(database, target.url(), CALLERS).await?;
    library.fill(STORED).await?;
    target.settle().await?;
    let mut contenders: Vec<Arc<dyn Rows>> = match database {
        Database::Postgres => vec![Arc::new(postgres::Sqlx::open(target.url(), CALLERS).await?)],
        Database::Mariadb | Database::Mysql => {
            vec![Arc::new(mysql::Sqlx::open(target.url(), CALLERS).await?)]
        }
        Database::Sqlite => vec![
            Arc::new(sqlite::Blocking::open(target.url())?),
            Arc::new(sqlite::Plain::open(target.url())?),
        ],
    };
    contenders.insert(1, Arc::new(library));
    contenders.retain(|contender| args.takes_part(contender.name()));
    let next = AtomicI64::new(0);
    let mut samples = Vec::new();
    for (operation, name) in Operation::ALL {
        for (callers, group) in [(1, "1 caller"), (CALLERS, "32 callers")] {
            let group = format!("{name}, {group}");
            eprintln!("{}, {group}", database.title());
            let fit = |one: &&Arc<dyn Rows>| callers == 1 || !one.is_single();
            let contenders: Vec<&Arc<dyn Rows>> = contenders.iter().filter(fit).collect();
            // Connections are open and statements prepared before anything is measured.
            for contender in &contenders {
                together(contender, operation, callers, 8 * CALLERS, &next).await?;
            }
            for round in 0..args.rounds {
                for contender in measure::turns(&contenders, round) {
                    let count = if callers == 1 {
                        args.rows
                    } else {
                        4 * args.rows
                    };
                    let start = Instant::now();
                    together(contender, operation, callers, count, &next)
                        .await
                        .with_context(|| format!("{}, {group}", contender.name()))?;
                    let seconds = start.elapsed().as_secs_f64() / count as f64;
                    samples.push(measure::sample(&group, contender.name(), round, 1, seconds));
                }
            }
        }
    }
    Ok(samples)
}

/// Runs `count` operations by this many callers.
async fn together(
    rows: &Arc<dyn Rows>,
    operation: Operation,
    callers: usize,
    count: usize,
    next: &AtomicI64,
) -> Result<()> {
    let each = count / callers;
    let callers: Vec<_> = (0..callers)
        .map(|_| {
            let rows = Arc::clone(rows);
            let count = i64::try_from(each).unwrap_or(i64::MAX);
            let first = next.fetch_add(count, Ordering::Relaxed);
            tokio::spawn(async move {
                for number in first..first + count {
                    operation.run(&*rows, number).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }
    Ok(())
}
