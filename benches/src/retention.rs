//! The time of appends while old logs are deleted, and how fast those are deleted.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use genledger::retention::Retention;
use genledger::usage::{UsageLog, UsageLogFilter, UsageLogs};
use genledger_contract::{SessionExt, Store};
use peers::LogRow;

use crate::args::{Args, DELETED};
use crate::data::Data;
use crate::database::Database;
use crate::generate::Rows;
use crate::load;
use crate::measure::{Sample, sample, turns};
use crate::peer::genledger as library;
use crate::report;
use crate::schema::Indexes;
use crate::target::{self, Target};

/// Tasks that append at full speed, and the rows of an append.
const WRITERS: usize = 4;
const GROUP: usize = 20;

/// How long they append in a round.
const DURATION: Duration = Duration::from_secs(5);

/// What happens while logs are appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deletion {
    None,
    InBatches,
    OneStatement,
}

impl Deletion {
    const ALL: [Self; 3] = [Self::None, Self::InBatches, Self::OneStatement];

    const fn name(self) -> &'static str {
        match self {
            Self::None => "no deletion",
            Self::InBatches => "genledger delete_before",
            Self::OneStatement => "one DELETE of all old rows",
        }
    }
}

/// Runs it on every selected database.
pub(crate) async fn run(args: &Args) -> Result<()> {
    for database in &args.only {
        let mut rows = Rows::new();
        let data = Data::new(rows.by_ref().take(args.rows), &args.folder)?;
        let target = target::open(*database, data.folder()).await?;
        let header = report::header(args, *database, &*target).await?;
        let mut samples = Vec::new();
        for round in 0..args.rounds {
            for deletion in turns(&Deletion::ALL, round) {
                if args.takes_part(deletion.name()) {
                    let new = Arc::new(Mutex::new(Rows::after(&rows)));
                    let of_round = one(*database, &*target, &data, new, *deletion, round).await?;
                    samples.extend(of_round);
                }
            }
        }
        target.remove().await?;
        report::keep(args, header, samples)?;
    }
    Ok(())
}

async fn one(
    database: Database,
    target: &dyn Target,
    data: &Data,
    new: Arc<Mutex<Rows>>,
    deletion: Deletion,
    round: usize,
) -> Result<Vec<Sample>> {
    target.create(Indexes::Lean).await?;
    load::load(database, target.url(), data).await?;
    target.settle().await?;
    let store = library::connect(database, target.url()).await?;
    let before = next(&new, 1)?.first().map(|log| log.created_at);
    let end = Instant::now() + DURATION;
    let writers = (0..WRITERS).map(|_| {
        let (store, new) = (Arc::clone(&store), Arc::clone(&new));
        tokio::spawn(async move { append(store, &new, end).await })
    });
    let writers: Vec<_> = writers.collect();
    let begun = Instant::now();
    let deleted = delete(&store, before.unwrap_or_default(), deletion, end).await?;
    let deleting = begun.elapsed();
    let mut times = Vec::new();
    for one in try_join_all(writers).await? {
        times.extend(one?);
    }
    store.close().await;
    times.sort_by(f64::total_cmp);
    eprintln!(
        "{}, round {} {}: {} appends, {deleted} rows deleted",
        database.title(),
        round + 1,
        deletion.name(),
        times.len()
    );
    let name = deletion.name();
    let at = |part: usize| times.get(part.min(times.len() - 1)).copied();
    let mut samples = Vec::new();
    for (group, time) in [
        ("time of an append, median", at(times.len() / 2)),
        ("time of an append, 99 of 100", at(times.len() * 99 / 100)),
        ("time of an append, longest", times.last().copied()),
    ] {
        samples.extend(time.map(|time| sample(group, name, round, 1, time)));
    }
    let appended = times.len() * GROUP;
    let rate = sample(
        "rows appended per second",
        name,
        round,
        appended,
        DURATION.as_secs_f64(),
    );
    samples.push(rate);
    if deletion != Deletion::None {
        samples.push(sample(
            DELETED,
            name,
            round,
            deleted,
            deleting.as_secs_f64(),
        ));
    }
    Ok(samples)
}

/// The next rows.
fn next(rows: &Mutex<Rows>, count: usize) -> Result<Vec<UsageLog>> {
    let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
    let rows: Vec<LogRow> = rows.by_ref().take(count).collect();
    library::entities(&rows)
}

/// Appends until a time; returns the seconds of each append.
async fn append(store: Arc<dyn Store>, rows: &Mutex<Rows>, end: Instant) -> Result<Vec<f64>> {
    let logs = UsageLogs::new(store);
    let mut times = Vec::new();
    while Instant::now() < end {
        let group = next(rows, GROUP)?;
        let begun = Instant::now();
        logs.append_many(&group).await?;
        times.push(begun.elapsed().as_secs_f64());
    }
    Ok(times)
}

/// Deletes old rows until a time; returns their number.
async fn delete(
    store: &Arc<dyn Store>,
    before: DateTime<Utc>,
    deletion: Deletion,
    end: Instant,
) -> Result<usize> {
    let mut deleted = 0;
    match deletion {
        Deletion::None => {}
        Deletion::InBatches => {
            let logs = UsageLogs::new(Arc::clone(store));
            let mut retention = Retention::new();
            while Instant::now() < end {
                let of_call = logs
                    .delete_before(before, &UsageLogFilter::new(), &retention)
                    .await?;
                deleted += of_call.rows;
                if of_call.next.is_none() {
                    break;
                }
                retention = retention.after(of_call.next);
            }
        }
        Deletion::OneStatement => {
            let old = UsageLog::CREATED_AT.lt(before);
            deleted = store.session().delete_where(old).await?;
        }
    }
    Ok(usize::try_from(deleted)?)
}
