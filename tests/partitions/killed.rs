//! The process that moves a table over is killed with SIGKILL, again and again, next to writers: the next one continues.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use genledger::prelude::*;

use crate::moved::{Writers, assert_stored, older};
use crate::place::{Place, cases, month, names, open};

/// The variable with the database of the child; a process that has it is a child.
const DATABASE: &str = "GENLEDGER_TEST_MOVED_DATABASE";
/// How long each child lives after it has begun.
const LIVES: [u64; 6] = [3, 15, 40, 80, 150, 300];

/// The process that is killed; without the variable, there is nothing to do.
#[tokio::test]
async fn child() {
    if let Ok(url) = std::env::var(DATABASE) {
        let store = open(&url).await;
        let partitions = store.partitions(UsageLog::TABLE).unwrap();
        println!("\nbegins");
        partitions.partition(month(2024, 7)).await.unwrap();
        println!("\nended");
    }
}

async fn the_next_process_continues(place: &Place) {
    let plain = place.plain().await;
    let rows = older(&plain).await;
    let stores = [Arc::clone(&plain), place.another().await];
    let writers = Writers::start(&stores, &rows);
    let mut killed = 0;
    for life in LIVES {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::child", "--nocapture"])
            .env(DATABASE, &place.url)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (send, receive) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _gone = send.send(line);
            }
        });
        tokio::task::block_in_place(|| {
            while receive.recv_timeout(Duration::from_secs(60)).unwrap() != "begins" {}
            std::thread::sleep(Duration::from_millis(life));
            child.kill().unwrap();
            child.wait().unwrap();
            reader.join().unwrap();
        });
        killed += usize::from(!receive.try_iter().any(|line| line == "ended"));
        writers.progress().await;
    }
    let partitions = place.partitions();
    partitions.partition(month(2024, 7)).await.unwrap();
    partitions
        .create(month(2024, 7), month(2024, 8))
        .await
        .unwrap();
    writers.progress().await;
    let stored = writers.stop().await;
    println!(
        "{killed} of {} processes were killed before they had ended",
        LIVES.len()
    );
    assert!(killed > 0);
    assert_stored(&place.store, &stored).await;
    assert_eq!(
        names(&partitions).await,
        ["logs_before_2024_07", "logs_2024_07", "logs_rest"]
    );
    assert_eq!(
        place.store.verify_schema(&[UsageLog::TABLE]).await.unwrap(),
        []
    );
    for store in stores {
        store.close().await;
    }
}

cases!(the_next_process_continues);
