//! Layouts that cannot be, and stores without partitions.

use chrono::{DateTime, Utc};
use genledger::contract::schema::Layout;
use genledger::prelude::*;
use genledger::{partitions, schema};

/// A row that may change.
#[derive(Clone, Debug, Entity)]
#[entity(table = "drafts", key(id))]
struct Draft {
    /// The key.
    id: i64,
    /// When.
    #[column(filter)]
    written_at: DateTime<Utc>,
}

/// A row with another key.
#[derive(Clone, Debug, Entity)]
#[entity(table = "letters", key(id), append_only, unique(code))]
struct Letter {
    /// The key.
    id: i64,
    /// Another key.
    #[column(max_chars = 8)]
    code: String,
    /// When.
    #[column(filter)]
    written_at: DateTime<Utc>,
}

#[test]
fn rows_that_change_and_other_keys_are_refused() {
    for layout in [
        Layout::new().partitioned(Draft::WRITTEN_AT),
        Layout::new().partitioned(Letter::WRITTEN_AT),
        schema::by_month().table::<UsageLog>("a_name_that_leaves_no_space_for_its_months"),
        schema::by_month().column(UsageLog::CREATED_AT, "integer"),
    ] {
        let error = layout.check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.violations()[0].rule(), "partitions");
    }
    schema::by_month().check().unwrap();
}

#[tokio::test]
async fn memory_and_sqlite_have_no_partitions() {
    let now: DateTime<Utc> = "2024-01-01T00:00:00Z".parse().unwrap();
    for url in ["memory:", "sqlite::memory:"] {
        let store = genledger::connect(url).await.unwrap();
        assert!(!store.capability().partitions);
        store.migrate(schema::all()).await.unwrap();
        let error = store.partitions(UsageLog::TABLE).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let created = partitions::create_ahead(&*store, schema::all(), now, 3).await;
        assert_eq!(created.unwrap(), 0);
        let error = UsageLogs::new(store.clone())
            .drop_months_before(now)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        store.close().await;
    }
    let error = genledger::connect_with_layout("sqlite::memory:", &schema::by_month()).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Unsupported);
    genledger::connect_with_layout("memory:", &schema::by_month())
        .await
        .unwrap();
}
