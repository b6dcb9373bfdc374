//! The write-ahead log while reads overlap.
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::notes::{Note, open, raw};
use genledger_contract::query::AggregateQuery;
use genledger_contract::{SessionExt, Store};
use genledger_sqlite::{SqliteConfig, SqliteStore};

const LIMIT_KIB: u32 = 4_096;
const LIMIT: u64 = 4_096 * 1_024;

fn long(id: i64, chars: usize) -> Note {
    Note {
        id,
        text: "x".repeat(chars),
    }
}

async fn limited(path: &Path) -> SqliteStore {
    let mut config = SqliteConfig::file(path);
    config.wal_autocheckpoint = 128;
    config.wal_limit_kib = LIMIT_KIB;
    open(config).await
}

fn length(path: &Path) -> u64 {
    let wal = format!("{}-wal", path.display());
    std::fs::metadata(wal).map_or(0, |wal| wal.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_log_is_bounded_while_reads_overlap() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wal.db");
    let store = limited(&path).await;
    let rows: Vec<Note> = (0..10_000).map(|id| long(id, 200)).collect();
    store.session().insert_many(&rows).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3)
        .map(|number| {
            let (session, stop) = (store.session(), Arc::clone(&stop));
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(10 * number)).await;
                let mut reads = 0;
                while !stop.load(Ordering::Relaxed) {
                    let query = AggregateQuery::over(Note::TEXT.ne("y")).count();
                    session.aggregate(query).await.unwrap();
                    reads += 1;
                }
                reads
            })
        })
        .collect();
    let (mut longest, mut id) = (0, 100_000);
    // 100 MB.
    for _ in 0..1_000 {
        let rows: Vec<Note> = (0..50).map(|row| long(id + row, 2_000)).collect();
        id += 50;
        store.session().insert_many(&rows).await.unwrap();
        longest = longest.max(length(&path));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.await.unwrap() > 5);
    }
    assert!(longest > LIMIT, "the test wrote too little: {longest}");
    // The limit, and the rows that are written while a read lasts.
    assert!(longest < 10 * LIMIT, "the log has grown to {longest} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_large_transaction_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wal.db");
    let store = limited(&path).await;
    let rows: Vec<Note> = (0..20_000).map(|id| long(id, 1_000)).collect();
    store.session().insert_many(&rows).await.unwrap();
    store.session().insert(&long(-1, 1)).await.unwrap();
    let begun = Instant::now();
    while length(&path) > LIMIT {
        assert!(begun.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_of_another_process_holds_nothing_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wal.db");
    let store = limited(&path).await;
    let other = raw(&path);
    other
        .execute_batch("BEGIN; SELECT count(*) FROM notes")
        .unwrap();
    let begun = Instant::now();
    for batch in 0..8 {
        let rows: Vec<Note> = (0..1_000)
            .map(|row| long(1_000 * batch + row, 1_000))
            .collect();
        store.session().insert_many(&rows).await.unwrap();
        store.session().get::<Note>(&(1_000 * batch)).await.unwrap();
    }
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    assert!(length(&path) > LIMIT);
    other.execute_batch("ROLLBACK").unwrap();
    // The next attempt, when the log has grown by a quarter of its limit.
    let begun = Instant::now();
    let mut id = 1_000_000;
    while length(&path) > LIMIT {
        assert!(begun.elapsed() < Duration::from_secs(10));
        let rows: Vec<Note> = (0..500).map(|row| long(id + row, 1_000)).collect();
        id += 500;
        store.session().insert_many(&rows).await.unwrap();
    }
}
