//! Roll-ups agree with the logs when no one heard what became of a COMMIT.

use std::sync::Arc;

use genledger::contract::{RowOutcome, Store};
use genledger::usage::{UsageLog, UsageLogs};
use genledger_conformance::Cut;

use super::{expected, logs, stored};
use crate::backends::places::Place;
use crate::distant::{distant, unknown};
use crate::sample::{consume, migrated};

async fn a_write_that_is_repeated_counts_once(place: Place) {
    let direct = genledger::connect(&place.url).await.unwrap();
    migrated(&direct).await;
    let (proxy, distant) = distant(&place.url).await;
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
        unknown(with(&distant).append_many(rows).await);
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
        unknown(with(&distant).delete_many(&ids).await);
        assert!(!proxy.is_armed(), "nothing was cut");
        let gone = with(&distant).delete_many(&ids).await.unwrap();
        assert_eq!(gone, if done { 0 } else { 20 });
        left.retain(|row| !ids.contains(&row.id));
        assert_eq!(stored(&*direct).await, expected(&left));
    }
    distant.close().await;
    direct.close().await;
}

crate::backends::places::cases_with!(crate::distant::run; a_write_that_is_repeated_counts_once);
