//! A mixed stream of all fourteen logs, against the same number of logs of one kind.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, TimeDelta};
use genledger::activity::{Activities, ActivityLog, LogKind};
use genledger::id::ActivityIdGenerator;
use serde_json::{Value, json};

use crate::{median, ratio};

const ROUNDS: usize = 15;
const BATCH: usize = 2_800;

/// One log of each kind.
const STREAM: &str = include_str!("../../../tests/fixtures/v0_1/activity_log.jsonl");

/// Prints, for the mixed stream, the ratio of its rate to the mean of the rates of all kinds, and to
/// the rate of each kind.
pub(crate) async fn compare(url: Option<String>) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let url = url.unwrap_or_else(|| format!("sqlite:{}", folder.path().join("t.db").display()));
    let store = genledger::connect(&url).await?;
    store.migrate(&genledger::schema::migrations()).await?;
    let ids = Arc::new(ActivityIdGenerator::system());
    let activities = Activities::new(Arc::clone(&store), Arc::clone(&ids));
    let templates: Vec<Value> = STREAM
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let mut times = vec![Vec::new(); LogKind::ALL.len() + 1];
    let mut made = 0;
    // The first round is not counted: files and caches are made in it.
    for round in 0..=ROUNDS {
        for (contender, times) in times.iter_mut().enumerate() {
            let mut logs = Vec::with_capacity(BATCH);
            for index in 0..BATCH {
                let kind = if contender == 0 {
                    index % templates.len()
                } else {
                    contender - 1
                };
                made += 1;
                logs.push(log(&templates[kind], &ids, made)?);
            }
            let began = Instant::now();
            activities.append_logs(logs).await?;
            if round > 0 {
                times.push(began.elapsed());
            }
        }
    }
    let medians: Vec<_> = times.into_iter().map(median).collect();
    let (mixed, kinds) = (medians[0], &medians[1..]);
    let mean = kinds.iter().sum::<std::time::Duration>() / 14;
    println!("{BATCH} logs of all kinds: {mixed:?}");
    println!(
        "rate of the mixed stream to the mean of all kinds: {}",
        ratio(mean, mixed)
    );
    for (kind, alone) in LogKind::ALL.iter().zip(kinds) {
        println!("  to {kind} alone: {}", ratio(*alone, mixed));
    }
    store.close().await;
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
