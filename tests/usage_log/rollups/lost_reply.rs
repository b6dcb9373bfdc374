//! Roll-ups agree with the logs when the reply to a COMMIT is lost.

use std::sync::Arc;

use genledger::contract::{RowOutcome, Store};
use genledger::usage::{UsageLog, UsageLogs};
use genledger_conformance::Cut;

use super::{expected, logs, stored};
use crate::sample::{consume, migrated};
use genledger_testkit::{TestDatabase, assert_outcome_unknown, behind_proxy};

async fn a_write_that_is_repeated_counts_once(database: TestDatabase) {
    let direct = genledger::connect(&database.url).await.unwrap();
    migrated(&direct).await;
    let (proxy, distant) = behind_proxy(&database.url).await;
    let with = |store: &Arc<dyn Store>| UsageLogs::new(Arc::clone(store)).with_rollups();

    let rows = logs((0..60).map(|quota| consume().quota(quota)));
    let mut left: Vec<UsageLog> = Vec::new();
    for (round, (cut, done)) in [
        (Cut::ReplyTo("COMMIT"), true),
        (Cut::Before("COMMIT"), false),
    ]
    .into_iter()
    .enumerate()
    {
        let rows = &rows[round * 30..][..30];
        proxy.arm(cut.clone());
        assert_outcome_unknown(with(&distant).append_many(rows).await);
        assert!(!proxy.is_armed(), "nothing was cut");
        let seen: Vec<UsageLog> = left
            .iter()
            .chain(rows.iter().filter(|_| done))
            .cloned()
            .collect();
        assert_eq!(stored(&*direct).await, expected(&seen));
        let outcomes = with(&distant).append_many(rows).await.unwrap();
        let outcome = if done {
            RowOutcome::Present
        } else {
            RowOutcome::New
        };
        assert_eq!(outcomes, [outcome; 30]);
        left.extend_from_slice(rows);
        assert_eq!(stored(&*direct).await, expected(&left));

        let ids: Vec<_> = rows[..20].iter().map(|row| row.id).collect();
        proxy.arm(cut);
        assert_outcome_unknown(with(&distant).delete_many(&ids).await);
        assert!(!proxy.is_armed(), "nothing was cut");
        let deleted = with(&distant).delete_many(&ids).await.unwrap();
        assert_eq!(deleted, if done { 0 } else { 20 });
        left.retain(|row| !ids.contains(&row.id));
        assert_eq!(stored(&*direct).await, expected(&left));
    }
    distant.close().await;
    direct.close().await;
}

genledger_testkit::database_cases!(genledger_testkit::run_behind_proxy; a_write_that_is_repeated_counts_once);
