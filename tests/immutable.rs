//! Databases that refuse to change a usage log themselves.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::Arc;
use std::time::Duration;

use genledger::contract::RowOutcome;
use genledger::prelude::*;
use genledger::retention::Retention;
use genledger::schema;

/// The table as a program describes it that changes rows.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "logs", key(id))]
struct ChangingLog {
    id: i64,
    user_id: i64,
    created_at: i64,
    #[column(name = "type")]
    kind: i16,
    content: String,
    #[column(filter)]
    quota: i64,
}

async fn logs_are_never_changed(store: &Arc<dyn Store>) {
    let sets = [schema::usage(), schema::usage_immutable()];
    store.migrate(&sets).await.unwrap();
    assert!(store.migrate(&sets).await.unwrap().applied.is_empty());
    let logs = UsageLogs::new(Arc::clone(store)).with_rollups();
    let ids = UsageLogIdGenerator::system(NodeId::ZERO);
    let log = |quota| {
        NewUsageLog::new(UsageLogType::Consume, 42)
            .quota(quota)
            .into_log(&ids)
            .unwrap()
    };
    let rows: Vec<UsageLog> = (0..5).map(log).collect();
    logs.append_many(&rows).await.unwrap();
    // Appending again changes nothing, and is recognised.
    assert_eq!(
        logs.append_many(&rows).await.unwrap(),
        [RowOutcome::Present; 5]
    );

    if store.capability().dialect != "memory" {
        let session = store.session();
        let id = rows[0].id.get();
        let attempts = [
            session
                .update_if(&id, ChangingLog::QUOTA.ge(0), [ChangingLog::QUOTA.set(1)])
                .await
                .map(drop),
            session
                .update_where(ChangingLog::QUOTA.ge(0), [ChangingLog::USER_ID.set(1)])
                .await
                .map(drop),
            session
                .update_where(ChangingLog::ID.eq(id), [ChangingLog::CONTENT.set("x")])
                .await
                .map(drop),
            session
                .upsert(
                    &[ChangingLog {
                        id,
                        user_id: 1,
                        created_at: rows[0].created_at.timestamp(),
                        kind: 1,
                        content: String::new(),
                        quota: 1,
                    }],
                    [ChangingLog::QUOTA.add_inserted()],
                )
                .await
                .map(drop),
        ];
        for attempt in attempts {
            assert_eq!(attempt.unwrap_err().kind(), ErrorKind::Invalid);
        }
    }
    for row in &rows {
        assert_eq!(
            store.session().get::<UsageLog>(&row.id).await.unwrap(),
            *row
        );
    }
    // Retention still deletes.
    let retention = Retention::new().with_budget(Duration::from_secs(60));
    let before = rows[0].created_at + chrono::TimeDelta::days(1);
    let deleted = logs
        .delete_before(before, &UsageLogFilter::new(), &retention)
        .await
        .unwrap();
    assert_eq!(deleted.rows, 5);
    let differences = store.verify_schema(schema::usage().tables).await.unwrap();
    assert_eq!(differences, []);
}

genledger_testkit::layout_cases!(logs_are_never_changed);
