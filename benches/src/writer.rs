//! Single rows from 64 tasks through the log writer, against single rows without it and against batches by hand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::genledger::log_writer::{LogWriterConfig, WhenFull};
use ::genledger::usage::{UsageLog, UsageLogs};
use anyhow::{Result, ensure};
use async_trait::async_trait;
use futures_util::future::try_join_all;
use peers::{Writer as _, sea_orm, sqlx_mysql, sqlx_postgres};

use crate::args::{Args, RATES};
use crate::contender::{Batched, Contender, Run};
use crate::data::Data;
use crate::database::Database;
use crate::generate::Rows;
use crate::measure::{self, Sample};
use crate::peer::genledger;
use crate::report;
use crate::schema::Indexes;
use crate::target;

/// The tasks, as many as a gateway has requests at a time.
const TASKS: usize = 64;

/// Runs it on every selected database.
pub(crate) async fn run(args: &Args) -> Result<()> {
    let data = Data::new(Rows::new().take(args.rows), &args.folder)?;
    for database in &args.only {
        let target = target::open(*database, data.folder()).await?;
        let header = report::header(args, *database, &*target).await?;
        target.create(Indexes::Lean).await?;
        eprintln!("{}, writer", database.title());
        let latencies = Latencies::default();
        let contenders = contenders(*database, target.url(), args, &latencies);
        let mut samples = measure::ingest(RATES, &contenders, &*target, &data, args.rounds).await?;
        samples.extend(latencies.samples());
        target.remove().await?;
        report::keep(args, header, samples)?;
    }
    Ok(())
}

/// All contenders; the first is the baseline.
fn contenders(
    database: Database,
    url: &str,
    args: &Args,
    latencies: &Latencies,
) -> Vec<Box<dyn Contender>> {
    let bulk = || genledger::InsertIfAbsent::append_many(database, url);
    let background = |name, verb| -> Box<dyn Contender> {
        Box::new(Background {
            name,
            verb,
            database,
            url: url.to_owned(),
            latencies: latencies.clone(),
        })
    };
    let mut contenders = vec![
        Batched::new("genledger append_many", bulk(), 1000, 2),
        background("genledger LogWriter enqueue × 64", Verb::Enqueue),
        background("genledger LogWriter append_durable × 64", Verb::Durable),
        Batched::singly("genledger, single rows", bulk(), TASKS),
    ];
    let url = url.to_owned();
    contenders.extend(match database {
        Database::Postgres => {
            let orm = || sea_orm::InsertManyJson { url: url.clone() };
            let single = sqlx_postgres::RowAtATime::new(&url);
            vec![
                Batched::new("SeaORM insert_many", orm(), 1000, 1),
                Batched::new("SeaORM insert_many", orm(), 1000, 2),
                Batched::singly("BEGIN, INSERT … RETURNING, COMMIT", single, 32),
            ]
        }
        Database::Mariadb | Database::Mysql => {
            let orm = || sea_orm::InsertManyText { url: url.clone() };
            let single = sqlx_mysql::Values::in_transactions(&url);
            vec![
                Batched::new("SeaORM insert_many", orm(), 1000, 1),
                Batched::new("SeaORM insert_many", orm(), 1000, 2),
                Batched::singly("BEGIN, INSERT, COMMIT", single, 32),
            ]
        }
        Database::Sqlite => {
            let orm = || sea_orm::InsertManyText { url: url.clone() };
            vec![Batched::new("SeaORM insert_many", orm(), 1000, 1)]
        }
    });
    contenders.retain(|contender| args.takes_part(contender.name()));
    contenders
}

/// How a task hands over a row.
#[derive(Clone, Copy)]
enum Verb {
    Enqueue,
    Durable,
}

/// 64 tasks that hand over row by row; the writer is shut down at the end, when every row is written.
struct Background {
    name: &'static str,
    verb: Verb,
    database: Database,
    url: String,
    latencies: Latencies,
}

#[async_trait]
impl Contender for Background {
    fn name(&self) -> &str {
        self.name
    }

    async fn prepare(&self, data: &Data) -> Result<Run> {
        let rows = genledger::InsertIfAbsent::new(self.database, &self.url).batch(&data.rows)?;
        let store = genledger::connect(self.database, &self.url).await?;
        let all = u64::try_from(rows.len())?;
        let writer = LogWriterConfig::new(WhenFull::Wait, |rejected| eprintln!("{rejected}"))
            .with_logs(UsageLogs::new(Arc::clone(&store)))
            .start()
            .await?;
        // In the order of time, as requests come.
        let rows = Arc::new(Mutex::new(rows.into_iter()));
        let next = |rows: &Mutex<std::vec::IntoIter<UsageLog>>| {
            rows.lock().unwrap_or_else(PoisonError::into_inner).next()
        };
        let (verb, name, latencies) = (self.verb, self.name, self.latencies.clone());
        Ok(Box::pin(async move {
            let tasks = (0..TASKS).map(|_| {
                let (writer, rows) = (writer.clone(), Arc::clone(&rows));
                tokio::spawn(async move {
                    let mut times = Vec::new();
                    while let Some(row) = next(&rows) {
                        let begun = Instant::now();
                        match verb {
                            Verb::Enqueue => writer.enqueue(row).await?,
                            Verb::Durable => drop(writer.append_durable(row).await?),
                        }
                        times.push(begun.elapsed().as_secs_f64());
                    }
                    anyhow::Ok(times)
                })
            });
            let mut times = Vec::new();
            for task in try_join_all(tasks).await? {
                times.extend(task?);
            }
            writer.shutdown(Duration::from_secs(600)).await?;
            ensure!(writer.stats().written == all, "{:?}", writer.stats());
            latencies.add(name, times);
            store.close().await;
            Ok(())
        }))
    }
}

/// The times of single calls, of each round.
#[derive(Clone, Default)]
struct Latencies(Arc<Mutex<Vec<(&'static str, Vec<f64>)>>>);

impl Latencies {
    fn add(&self, name: &'static str, mut times: Vec<f64>) {
        times.sort_by(f64::total_cmp);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push((name, times));
    }

    /// The median and the 99th percentile of each round.
    fn samples(&self) -> Vec<Sample> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut samples = Vec::new();
        for (group, of_100) in [
            ("time of a call, median", 50),
            ("time of a call, 99 of 100", 99),
        ] {
            let mut rounds: Vec<(&str, usize)> = Vec::new();
            for (name, times) in all.iter() {
                let round = rounds.iter().filter(|(of, _)| of == name).count();
                rounds.push((name, round));
                if let Some(time) = times.get(times.len() * of_100 / 100) {
                    samples.push(measure::sample(group, name, round, 1, *time));
                }
            }
        }
        samples
    }
}
