//! Logs that the database refuses, and logs of a megabyte: all others are written.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use genledger::contract::MigrationSet;
use genledger::contract::schema::Script;
use genledger::log_writer::{Appended, WhenFull};
use genledger::prelude::*;

use crate::faulty::{Faulty, Place};
use crate::load::{assert_rolled_up, stored};
use crate::rows::{Rows, name};
use crate::support::{LONG, Rejected, assert_empty, drained, millis, spill_in, start, until};

/// Makes the database refuse the quotas 13 and 14: with a CHECK or an error of a trigger.
static REFUSALS: &[Script] = &[
    Script::new(
        "sqlite",
        1,
        "check",
        "CREATE TRIGGER refuse BEFORE INSERT ON logs WHEN NEW.quota IN (13, 14)
         BEGIN SELECT RAISE(ABORT, 'refused'); END",
    ),
    Script::new(
        "postgres",
        1,
        "check",
        "ALTER TABLE logs ADD CONSTRAINT refuse CHECK (quota <> 13);
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
         AS 'BEGIN IF NEW.quota = 14 THEN RAISE EXCEPTION ''refused''; END IF; RETURN NEW; END';
         CREATE TRIGGER refuse BEFORE INSERT ON logs FOR EACH ROW EXECUTE FUNCTION refuse()",
    ),
    Script::new("sqlite", 2, "trigger", ""),
    Script::new("postgres", 2, "trigger", ""),
    Script::new(
        "mysql",
        1,
        "check",
        "ALTER TABLE logs ADD CONSTRAINT refuse CHECK (quota <> 13)",
    ),
    Script::new(
        "mysql",
        2,
        "trigger",
        "CREATE TRIGGER refuse BEFORE INSERT ON logs FOR EACH ROW
         BEGIN IF NEW.quota = 14 THEN SIGNAL SQLSTATE '45000'; END IF; END",
    ),
];

/// Logs, six of which are refused: by a rule of the database, where there is one, and by a sum that overflows.
struct Logs {
    all: Vec<UsageLog>,
    refused: BTreeSet<String>,
}

impl Logs {
    async fn of(place: &Place) -> Self {
        let rows = Rows::new();
        let mut all = rows.many(400);
        // They are all of one roll-up, into which one of them fits.
        for number in [50, 250, 390] {
            all[number].kind = UsageLogType::Consume;
            all[number].user_id = 99;
            all[number].model_name = "gpt-4o".to_owned();
            all[number].channel_id = 1;
            all[number].quota = i64::MAX / 2 + 1;
        }
        let mut refused = BTreeSet::new();
        if place.direct.capability().dialect != "memory" {
            let set = MigrationSet::of("refusals", &[]).with_scripts(REFUSALS);
            place.direct.migrate(&[set]).await.unwrap();
            refused.extend([&all[13], &all[14]].map(name));
        }
        Self { all, refused }
    }

    /// Checks what is stored, besides some other logs, and what was refused.
    async fn check(&self, place: &Place, refused: BTreeSet<String>, others: &BTreeSet<String>) {
        let stored = stored(&place.direct).await;
        assert!(stored.is_superset(others));
        let mut stored: BTreeSet<String> = stored.difference(others).cloned().collect();
        let greatest = [50, 250, 390].map(|number| name(&self.all[number]));
        let overflowing: Vec<_> = greatest
            .into_iter()
            .filter(|one| !stored.contains(one))
            .collect();
        assert_eq!(overflowing.len(), 2);
        let mut expected = self.refused.clone();
        expected.extend(overflowing);
        assert_eq!(refused, expected);
        stored.extend(refused);
        assert_eq!(stored, self.all.iter().map(name).collect());
        assert_rolled_up(&place.direct).await;
    }
}

async fn are_returned_to_their_callers(place: Place) {
    let logs = Logs::of(&place).await;
    let rejected = Rejected::default();
    let config = rejected
        .config(WhenFull::Wait)
        .with_groups(300, 1 << 20, millis(50));
    let writer = start(config, &place, None).await;
    let mut callers = Vec::new();
    for (number, log) in logs.all.iter().cloned().enumerate() {
        if number % 2 == 0 {
            let (writer, name) = (writer.clone(), name(&log));
            callers.push(tokio::spawn(async move {
                (name, writer.append_durable(log).await)
            }));
        } else {
            writer.enqueue(log).await.unwrap();
        }
    }
    let mut refused = BTreeSet::new();
    for caller in callers {
        let (name, outcome) = caller.await.unwrap();
        match outcome {
            Ok(appended) => assert_eq!(appended, Appended::New),
            Err(_) => assert!(refused.insert(name)),
        }
    }
    drained(&writer).await;
    let stats = writer.stats();
    assert_eq!(stats.written + stats.rejected, 400, "{stats:?}");
    for name in rejected.names() {
        assert!(refused.insert(name), "it was returned twice");
    }
    assert_eq!(usize::try_from(stats.rejected), Ok(refused.len()));
    logs.check(&place, refused, &BTreeSet::new()).await;
    place.close().await;
}

async fn do_not_stop_a_replay(place: Place) {
    let logs = Logs::of(&place).await;
    let folder = tempfile::tempdir().unwrap();
    let spill = spill_in(folder.path()).await;
    let rejected = Rejected::default();
    let writer = start(
        rejected.config(WhenFull::Wait),
        &place,
        Some(Arc::clone(&spill)),
    )
    .await;
    place.leave();
    for log in logs.all.iter().cloned() {
        writer.enqueue(log).await.unwrap();
    }
    writer.flush().await;
    until(&writer, |stats| stats.spill_rows == 400).await;
    place.back();
    // A log whose error has no known meaning is refused once others are written.
    let more = Rows::new();
    let mut further = BTreeSet::new();
    let waited = tokio::time::timeout(LONG, async {
        while writer.stats().spill_rows > 0 {
            let log = more.usage(2);
            further.insert(name(&log));
            writer.append_durable(log).await.unwrap();
            tokio::time::sleep(millis(10)).await;
        }
    });
    assert!(waited.await.is_ok(), "{:?}", writer.stats());
    drained(&writer).await;
    let stats = writer.stats();
    assert_eq!(
        stats.rejected,
        u64::try_from(rejected.names().len()).unwrap()
    );
    writer.shutdown(LONG).await.unwrap();
    spill.close().await;
    logs.check(&place, rejected.names(), &further).await;
    assert_empty(folder.path()).await;
    place.close().await;
}

/// Logs of a megabyte, directly and through the spill: no write is much larger than a group may be.
async fn may_be_large(place: Place) {
    const MEGABYTE: usize = 1 << 20;
    let folder = tempfile::tempdir().unwrap();
    let spill = spill_in(folder.path()).await;
    let rejected = Rejected::default();
    let verbs = UsageLogs::new(Arc::clone(&place.distant)).with_rollups();
    let verbs = Faulty::new(verbs, &place.switch);
    let config = rejected
        .config(WhenFull::Wait)
        .with_queue(1_000, 8 * MEGABYTE)
        .with_groups(200, 2 * MEGABYTE, millis(10))
        .with_attempt_timeout(Duration::from_secs(20));
    let writer = config
        .with_logs(verbs.clone())
        .with_spill(Arc::clone(&spill))
        .start()
        .await
        .unwrap();
    let rows = Rows::new();
    let logs: Vec<UsageLog> = (0..16).map(|number| rows.large(number, MEGABYTE)).collect();
    for log in logs[..6].iter().cloned() {
        writer.enqueue(log).await.unwrap();
    }
    writer.append_durable(logs[6].clone()).await.unwrap();
    place.leave();
    for log in logs[7..].iter().cloned() {
        writer.enqueue(log).await.unwrap();
    }
    writer.flush().await;
    assert!(writer.stats().spill_rows > 5);
    place.back();
    drained(&writer).await;
    assert_eq!(stored(&place.direct).await, logs.iter().map(name).collect());
    assert_rolled_up(&place.direct).await;
    let most = verbs.most_bytes.load(Ordering::SeqCst);
    assert!(
        most < 3 * MEGABYTE + MEGABYTE / 2,
        "a write of {most} bytes"
    );
    writer.shutdown(LONG).await.unwrap();
    spill.close().await;
    place.close().await;
}

genledger_testkit::database_cases!(
    crate::support::run_on_place;
    are_returned_to_their_callers,
    do_not_stop_a_replay,
    may_be_large,
);
