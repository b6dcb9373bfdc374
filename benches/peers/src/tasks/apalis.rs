//! Jobs of apalis: fetched, locked, run and acknowledged by one of its workers. A job has no account, no attempt and no
//! event.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use apalis::prelude::*;
use apalis_postgres::{PgPool, PostgresStorage};
use apalis_sqlite::{SqlitePool, SqliteStorage};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

/// How many jobs it fetches at a time: as many as a claimer does.
const BATCH: usize = 100;

/// The payload, of about the size of a prompt.
const PROMPT: &str = "a cat on a boat, in the evening, with a lamp and a book on its knees";

#[derive(Clone)]
struct Left(Arc<AtomicUsize>);

async fn finish(_: String, left: Data<Left>, worker: WorkerContext) -> Result<(), BoxDynError> {
    if left.0.0.fetch_sub(1, Ordering::SeqCst) == 1 {
        worker.stop()?;
    }
    Ok(())
}

/// Runs a worker until it has finished this many jobs, at most `workers` at the same time.
macro_rules! run {
    ($storage:ident, $backend:ident, $pool:expr, $workers:expr, $jobs:expr) => {{
        let config = $backend::Config::default().queue("jobs").batch_size(BATCH);
        let mut backend = $storage::<String>::new(&$pool).with_config(config);
        for _ in 0..$jobs {
            backend.push(PROMPT.to_owned()).await?;
        }
        let left = Left(Arc::new(AtomicUsize::new($jobs)));
        let worker = WorkerBuilder::new(format!("worker-{}", number()))
            .backend(backend)
            .data(left.clone())
            .concurrency($workers)
            .build(finish);
        let begun = Instant::now();
        worker.run().await?;
        let took = begun.elapsed();
        ensure!(left.0.load(Ordering::SeqCst) == 0);
        took
    }};
}

/// A name that no worker had before: a worker that is known counts as running.
fn number() -> u128 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap_or_default().as_nanos()
}

/// Pushes jobs, and returns how long a worker takes to finish them on `PostgreSQL`.
pub async fn postgres(url: &str, workers: usize, jobs: usize) -> Result<Duration> {
    let pool: PgPool = PgPoolOptions::new().max_connections(8).connect(url).await?;
    PostgresStorage::setup(&pool).await?;
    sqlx::query("DELETE FROM apalis.jobs")
        .execute(&pool)
        .await?;
    let took = run!(PostgresStorage, apalis_postgres, pool, workers, jobs);
    let sql = "SELECT count(*) FROM apalis.jobs WHERE status = 'Done'";
    let done: i64 = sqlx::query_scalar(sql).fetch_one(&pool).await?;
    ensure!(usize::try_from(done)? == jobs, "{done} of {jobs} jobs");
    pool.close().await;
    Ok(took)
}

/// Pushes jobs, and returns how long a worker takes to finish them on SQLite, which is as durable as a store of the library.
pub async fn sqlite(path: &str, workers: usize, jobs: usize) -> Result<Duration> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(30));
    let pool: SqlitePool = SqlitePoolOptions::new()
        .max_connections(8)
        .connect_with(options)
        .await?;
    SqliteStorage::setup(&pool).await?;
    sqlx::query("DELETE FROM Jobs").execute(&pool).await?;
    let took = run!(SqliteStorage, apalis_sqlite, pool, workers, jobs);
    let sql = "SELECT count(*) FROM Jobs WHERE status = 'Done'";
    let done: i64 = sqlx::query_scalar(sql).fetch_one(&pool).await?;
    ensure!(usize::try_from(done)? == jobs, "{done} of {jobs} jobs");
    pool.close().await;
    Ok(took)
}
