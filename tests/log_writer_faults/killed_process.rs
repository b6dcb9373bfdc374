//! The process is killed with SIGKILL while its database comes and goes: the next one finds in the spill what was
//! acknowledged and not written.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use genledger::log_writer::{Appended, WhenFull};
use genledger_testkit::TestDatabase;
use tokio::time::sleep;

use crate::faulty::Place;
use crate::load::{assert_rolled_up, stored};
use crate::rows::{Rows, name};
use crate::support::{Rejected, millis, replay, spill_url, start};

/// The variables with the database and the spill of the child; a process that has them is a child.
const DATABASE: &str = "GENLEDGER_TEST_WRITER_DATABASE";
const SPILL: &str = "GENLEDGER_TEST_WRITER_SPILL";
const CALLERS: usize = 16;
/// How long each child lives after its first acknowledged log.
const LIVES: [u64; 7] = [300, 120, 20, 450, 60, 200, 350];

/// Writes until it is killed, and prints which logs were acknowledged.
async fn write_for_ever(database: &str, spill: &str) {
    let place = Place::open(database).await;
    let spill = genledger::connect(spill).await.unwrap();
    let config = Rejected::default()
        .config(WhenFull::Spill)
        .with_groups(20, 1 << 16, millis(5))
        .with_replay_interval(millis(5))
        .with_retry_wait(millis(10))
        .with_spill_after(millis(5));
    place.leave();
    let writer = start(config, &place, Some(spill)).await;
    let (rows, next) = (Arc::new(Rows::new()), Arc::new(AtomicI64::new(1)));
    for _ in 0..CALLERS {
        let (writer, rows, next) = (writer.clone(), Arc::clone(&rows), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let log = rows.usage(next.fetch_add(1, Ordering::Relaxed));
                let name = name(&log);
                match writer.append_durable(log).await.unwrap() {
                    Appended::Spilled => println!("\nspilled {name}"),
                    _ => println!("\nwritten {name}"),
                }
            }
        });
    }
    loop {
        sleep(millis(40)).await;
        place.back();
        // Longer where connections have to be opened.
        sleep(millis(if place.proxy.is_some() { 120 } else { 25 })).await;
        place.leave();
    }
}

/// The process that is killed; without the variables, there is nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    if let (Ok(database), Ok(spill)) = (std::env::var(DATABASE), std::env::var(SPILL)) {
        write_for_ever(&database, &spill).await;
    }
}

async fn the_next_process_writes_what_was_acknowledged(database: TestDatabase) {
    if database.url.starts_with("memory") {
        genledger_conformance::report_not_applicable(
            std::thread::current().name().unwrap_or("killed_process"),
            genledger_conformance::NotApplicable("a store in memory ends with its process"),
        );
        return;
    }
    let place = Place::open(&database.url).await;
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeSet::new();
    let mut spilled = 0;
    for life in LIVES {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed_process::child", "--nocapture"])
            .env(DATABASE, &database.url)
            .env(SPILL, spill_url(folder.path()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (first, begun) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            let mut found = Vec::new();
            for line in lines.map_while(Result::ok) {
                let (way, name) = line.split_once(' ').unwrap_or_default();
                // The last line may be incomplete, but then its end is missing: a name has a fixed length.
                if matches!(way, "spilled" | "written") {
                    let _ended = first.send(());
                    found.push((way == "spilled", name.to_owned()));
                }
            }
            found
        });
        let begins = begun.recv_timeout(Duration::from_secs(30));
        std::thread::sleep(millis(life));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(begins.is_ok(), "the child wrote nothing");
        for (is_spilled, name) in reader.join().unwrap() {
            spilled += usize::from(is_spilled);
            acknowledged.insert(name);
        }
    }
    let rejected = Rejected::default();
    replay(folder.path(), &place.direct, &rejected).await;
    assert_eq!(rejected.all(), []);
    let stored = stored(&place.direct).await;
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert_rolled_up(&place.direct).await;
    println!(
        "{} acknowledged, {spilled} of them in the spill",
        acknowledged.len()
    );
    assert!(spilled > 0 && spilled < acknowledged.len());
    place.close().await;
}

genledger_testkit::database_cases!(crate::support::run; the_next_process_writes_what_was_acknowledged);
