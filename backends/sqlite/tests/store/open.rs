//! Several that open the same file for the first time.
use std::sync::Arc;

use crate::notes::{count, note, open};
use genledger_contract::SessionExt;
use genledger_contract::Store;
use genledger_sqlite::SqliteConfig;
use tokio::sync::Barrier;

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn all_of_them_succeed() {
    const OPENERS: i64 = 8;
    for _ in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("race.db");
        let start = Arc::new(Barrier::new(8));
        let openers: Vec<_> = (0..OPENERS)
            .map(|number| {
                let (path, start) = (path.clone(), Arc::clone(&start));
                tokio::spawn(async move {
                    start.wait().await;
                    let store = open(SqliteConfig::file(path)).await;
                    store.session().insert(&note(number)).await.unwrap();
                    // Closing while others open.
                    if number % 2 == 0 {
                        store.close().await;
                    }
                })
            })
            .collect();
        for opener in openers {
            opener.await.unwrap();
        }
        let store = open(SqliteConfig::file(path)).await;
        assert_eq!(count(&*store.session()).await, OPENERS);
    }
}
