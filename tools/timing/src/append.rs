//! A mixed stream of all fourteen logs, against the same number of logs of one kind.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta};
use genledger::activity::{Activities, ActivityKind, ActivityLog};
use genledger::id::ActivityIdGenerator;
use serde_json::{Value, json};

use crate::{median, ratio};

const ROUNDS: usize = 9;
const BATCH: usize = 7_000;

/// One log of each kind.
const STREAM: &str = include_str!("../../../tests/fixtures/v0_1/activity_log.jsonl");

/// Prints the ratio of the mixed stream's rate to that of each kind, and to the mean of all.
pub(crate) async fn compare() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let templates: Vec<Value> = STREAM
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let ids = Arc::new(ActivityIdGenerator::system());
    // One database each, so that all of them hold the same number of rows at any time.
    let mut contenders = Vec::new();
    for number in 0..=templates.len() {
        let url = format!(
            "sqlite:{}",
            folder.path().join(format!("{number}.db")).display()
        );
        let store = genledger::connect(&url).await?;
        store.migrate(genledger::schema::all()).await?;
        contenders.push((Activities::new(store), Vec::new()));
    }
    let mut count = 0;
    // The first round is not counted: files and caches are created in it.
    for round in 0..=ROUNDS {
        for (number, (activities, times)) in contenders.iter_mut().enumerate() {
            let mut logs = Vec::with_capacity(BATCH);
            for index in 0..BATCH {
                // The first contender takes all kinds in turn, each other one its own.
                let kind = number.checked_sub(1).unwrap_or(index % templates.len());
                count += 1;
                logs.push(log(&templates[kind], &ids, count)?);
            }
            let began = Instant::now();
            let _ = activities.append_many(&logs).await?;
            if round > 0 {
                times.push(began.elapsed());
            }
        }
    }
    let medians = contenders.into_iter().map(|(_, times)| median(times));
    let medians: Vec<Duration> = medians.collect();
    let [mixed, kinds @ ..] = medians.as_slice() else {
        return Ok(());
    };
    let mean = kinds.iter().sum::<Duration>() / u32::try_from(kinds.len())?;
    println!("{BATCH} logs of all kinds: {mixed:?}");
    println!(
        "rate of the mixed stream to the mean of all kinds: {}",
        ratio(mean, *mixed)
    );
    for (kind, alone) in ActivityKind::ALL.iter().zip(kinds) {
        println!("  to {kind} alone: {}", ratio(*alone, *mixed));
    }
    Ok(())
}

/// A log like the template, with an id, a user and a time of its own.
fn log(
    template: &Value,
    ids: &ActivityIdGenerator,
    number: i64,
) -> Result<ActivityLog, Box<dyn Error>> {
    let mut log = template.clone();
    let start = DateTime::from_timestamp_millis(1_750_000_000_000).unwrap_or_default();
    let at = (start + TimeDelta::milliseconds(number * 7)).timestamp_millis();
    let inner = &mut log["log"];
    inner["ID"] = json!(ids.generate().as_str());
    inner["UserId"] = json!(format!("u-{}", number % 1000));
    for name in ["RecordTimeStamp", "LoginTimeStamp"] {
        if inner.get(name).is_some() {
            inner[name] = json!(at);
        }
    }
    if inner.get("StartTimeStamp").is_some() {
        inner["StartTimeStamp"] = json!(at);
    }
    if inner.get("OfflineTimeStamp").is_some() {
        inner["OfflineTimeStamp"] = json!(at);
    }
    Ok(serde_json::from_value(log)?)
}
