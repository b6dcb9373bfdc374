//! Rounds: every contender once in each, starting with another one each time.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use async_trait::async_trait;
use futures_util::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::checksum::Checksum;
use crate::contender::Contender;
use crate::data::Data;
use crate::stats::median;
use crate::target::Target;

/// One measurement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// The contenders of one group are compared, for example with the same set of indexes.
    pub(crate) group: String,
    pub(crate) contender: String,
    pub(crate) round: usize,
    /// Rows that were written or read.
    pub(crate) rows: usize,
    pub(crate) seconds: f64,
}

/// A contender that only reads, and is repeated.
#[async_trait(?Send)]
pub(crate) trait Probe {
    /// The name in the tables.
    fn name(&self) -> &str;

    /// Runs once and returns the number of rows that it read.
    async fn run(&self) -> Result<usize>;
}

/// A probe made of a connection and a query.
pub(crate) struct Asked<C> {
    name: String,
    connection: Mutex<C>,
    ask: Ask<C>,
}

type Ask<C> = Box<dyn for<'c> Fn(&'c mut C) -> LocalBoxFuture<'c, Result<usize>> + Send + Sync>;

impl<C: Send + 'static> Asked<C> {
    /// With this name.
    pub(crate) fn new(
        name: &str,
        connection: C,
        ask: impl for<'c> Fn(&'c mut C) -> LocalBoxFuture<'c, Result<usize>> + Send + Sync + 'static,
    ) -> Box<dyn Probe> {
        Box::new(Self {
            name: name.to_owned(),
            connection: Mutex::new(connection),
            ask: Box::new(ask),
        })
    }
}

#[async_trait(?Send)]
impl<C: Send + 'static> Probe for Asked<C> {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self) -> Result<usize> {
        (self.ask)(&mut *self.connection.lock().await).await
    }
}

/// Ingests in rounds; the table is empty before each contender and checked after it.
pub(crate) async fn ingest(
    group: &str,
    contenders: &[Box<dyn Contender>],
    target: &dyn Target,
    data: &Data,
    rounds: usize,
) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for round in 0..rounds {
        for contender in turns(contenders, round) {
            let rows = contender.rows(data.rows.len());
            let work = async {
                target.empty().await?;
                let run = contender.prepare(data).await?;
                let start = Instant::now();
                run.await?;
                let elapsed = start.elapsed();
                let found = target.checksum().await?;
                found.check(Checksum::of(&data.rows[..rows]))?;
                anyhow::Ok(elapsed)
            };
            let elapsed = work
                .await
                .with_context(|| format!("{}, {group}", contender.name()))?;
            let seconds = elapsed.as_secs_f64();
            eprintln!(
                "{group} round {} {}: {:.0} rows/s",
                round + 1,
                contender.name(),
                rows as f64 / seconds
            );
            samples.push(sample(group, contender.name(), round, rows, seconds));
        }
    }
    Ok(samples)
}

/// Reads in rounds.
pub(crate) async fn probes(
    group: &str,
    probes: &[Box<dyn Probe>],
    least: Duration,
    rounds: usize,
) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for round in 0..rounds {
        for probe in turns(probes, round) {
            let (rows, seconds) = repeated(&**probe, least)
                .await
                .with_context(|| format!("{}, {group}", probe.name()))?;
            samples.push(sample(group, probe.name(), round, rows, seconds));
        }
    }
    Ok(samples)
}

/// Rows and seconds of a probe. A short probe is repeated, and the median of the repetitions
/// is the measurement: the first one pays for pages that another contender evicted from memory.
pub(crate) async fn repeated(probe: &dyn Probe, least: Duration) -> Result<(usize, f64)> {
    let start = Instant::now();
    let mut times = Vec::new();
    let mut rows = 0;
    while times.is_empty() || start.elapsed() < least {
        let begun = Instant::now();
        rows = probe.run().await?;
        times.push(begun.elapsed().as_secs_f64());
    }
    Ok((rows, median(&times)))
}

pub(crate) fn sample(
    group: &str,
    contender: &str,
    round: usize,
    rows: usize,
    seconds: f64,
) -> Sample {
    Sample {
        group: group.to_owned(),
        contender: contender.to_owned(),
        round,
        rows,
        seconds,
    }
}

/// All of them, each round beginning with the next one, so that none always runs after the same one.
pub(crate) fn turns<T>(all: &[T], round: usize) -> impl Iterator<Item = &T> {
    let start = round % all.len().max(1);
    all[start..].iter().chain(&all[..start])
}
