//! What arrives after a lease was lost: it is kept with the attempt.

use chrono::{DateTime, Utc};
use genledger_contract::entity::JsonText;
use genledger_contract::{Result, SessionExt, Tx};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::report::{Failure, GenerationResult};
use crate::generation::GenerationAttempt;
use crate::id::GenerationAttemptId;

/// The most entries of an attempt, and the most bytes of all of them.
const MAX_ENTRIES: usize = 10;
const MAX_BYTES: usize = 64 * 1024;

/// What a verb reported in vain.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::generation) struct Evidence(Value);

impl Evidence {
    pub(super) fn submitted(remote_task_id: &str) -> Self {
        Self(json!({"verb": "submitted", "remote_task_id": remote_task_id}))
    }

    pub(super) fn completed(result: &GenerationResult) -> Self {
        let (urls, paths) = (&result.urls, &result.local_paths);
        Self(json!({"verb": "complete", "urls": urls, "local_paths": paths}))
    }

    /// A success without a task.
    pub(in crate::generation) fn succeeded() -> Self {
        Self(json!({"verb": "complete"}))
    }

    pub(in crate::generation) fn failed(failure: &Failure) -> Self {
        let (code, message) = (failure.code.as_str(), &failure.message);
        Self(json!({"verb": "fail", "error_code": code, "error_message": message}))
    }

    /// The entry, with the fencing number of the lease and the time. One that is too long says so instead.
    fn entry(&self, seq: i64, now: DateTime<Utc>) -> String {
        let mut entry = self.0.clone();
        entry["seq"] = json!(seq);
        entry["at"] = json!(now.timestamp_millis());
        let text = entry.to_string();
        // With the brackets around it.
        if text.len() + 2 <= MAX_BYTES {
            return text;
        }
        json!({"verb": entry["verb"], "seq": seq, "at": entry["at"], "omitted": true}).to_string()
    }
}

/// Keeps what a verb reported. If there is no room, the oldest entries are dropped.
pub(in crate::generation) async fn keep(
    tx: &Tx,
    id: GenerationAttemptId,
    seq: i64,
    evidence: &Evidence,
    now: DateTime<Utc>,
) -> Result<()> {
    // JSON cannot be compared in a guard: the first update keeps other writers out until the end.
    let any = GenerationAttempt::ID.eq(id);
    let kept = [GenerationAttempt::ACCOUNT_SEQ.plus(0)];
    let Some(attempt) = tx
        .update_returning::<GenerationAttempt>(&id, any, kept)
        .await?
    else {
        return Ok(());
    };
    let stored = attempt.evidence.as_ref().map_or("[]", JsonText::as_str);
    let text = with_entry(stored, &evidence.entry(seq, now));
    let any = GenerationAttempt::ID.eq(id);
    let changes = [GenerationAttempt::EVIDENCE.set(JsonText::new(text)?)];
    tx.update_if::<GenerationAttempt>(&id, any, changes)
        .await
        .map(drop)
}

/// A list with one more entry. What is stored and is not a list is replaced: nothing else writes the column.
fn with_entry(stored: &str, entry: &str) -> String {
    let stored: Vec<Box<RawValue>> = serde_json::from_str(stored).unwrap_or_default();
    let mut entries: Vec<&str> = stored.iter().map(|raw| raw.get()).collect();
    entries.push(entry);
    let bytes = |entries: &[&str]| entries.iter().map(|entry| entry.len() + 1).sum::<usize>() + 1;
    while entries.len() > MAX_ENTRIES || bytes(&entries) > MAX_BYTES {
        entries.remove(0);
    }
    format!("[{}]", entries.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_entries_are_kept() {
        let now = DateTime::UNIX_EPOCH;
        let mut text = "[]".to_owned();
        for seq in 0..12 {
            text = with_entry(&text, &Evidence::submitted("r").entry(seq, now));
        }
        let list: Vec<Value> = serde_json::from_str(&text).unwrap();
        let seqs: Vec<_> = list
            .iter()
            .map(|entry| entry["seq"].as_i64().unwrap())
            .collect();
        assert_eq!(seqs, (2..12).collect::<Vec<_>>());
    }

    #[test]
    fn entries_have_room_together_and_alone() {
        let now = DateTime::UNIX_EPOCH;
        let long = |chars| Evidence::submitted(&"x".repeat(chars));
        let mut text = "[]".to_owned();
        for seq in 0..4 {
            text = with_entry(&text, &long(20_000).entry(seq, now));
            assert!(text.len() <= MAX_BYTES);
        }
        let list: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(
            list.iter()
                .map(|entry| entry["seq"].clone())
                .collect::<Vec<_>>(),
            [1, 2, 3]
        );
        let entry: Value = serde_json::from_str(&long(MAX_BYTES).entry(7, now)).unwrap();
        assert_eq!(
            entry,
            json!({"verb": "submitted", "seq": 7, "at": 0, "omitted": true})
        );
        let text = with_entry(&text, &long(MAX_BYTES - 60).entry(7, now));
        assert!(text.len() <= MAX_BYTES && text.contains("\"seq\":7"));
    }
}
