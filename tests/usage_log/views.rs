//! The views of administrators and users.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use genledger::Result;
use genledger::contract::Store;
use genledger::paging::Paging;
use genledger::usage::{
    AdminUsageLog, ChannelNames, NewUsageLog, UsageLogFilter, UsageLogOther, UsageLogType,
    UserUsageLogFilter,
};

use crate::sample::{append, consume, migrated};

async fn users_see_their_own_rows_without_channels(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let secret = r#"{"admin_info":{"use_channel":["3"]},"audit_info":"x","cache_tokens":1}"#;
    let error = r#"{"channel_id":3,"channel_name":"eu","channel_type":1,"error_code":"429"}"#;
    let written = append(
        &logs,
        [
            consume().other(UsageLogOther::from_text(secret)),
            NewUsageLog::new(UsageLogType::Error, 42)
                .channel_id(3)
                .other(UsageLogOther::from_text(error)),
            consume(),
            NewUsageLog::new(UsageLogType::Consume, 43),
        ],
    )
    .await;
    let page = logs
        .page_for_user(42, &UserUsageLogFilter::new(), &Paging::default())
        .await
        .unwrap();
    let seen: Vec<&str> = page.items.iter().map(|item| item.other.as_str()).collect();
    assert_eq!(
        seen,
        ["", r#"{"error_code":"429"}"#, r#"{"cache_tokens":1}"#]
    );
    assert!(page.items.iter().all(|item| item.user_id == 42));
    let json = serde_json::to_string(&page.items).unwrap();
    for hidden in ["channel", "admin", "audit"] {
        assert!(!json.contains(hidden), "{hidden}: {json}");
    }

    assert!(
        logs.find_for_user(42, written[0].id)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        logs.find_for_user(42, written[3].id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        logs.find_for_user(43, written[3].id)
            .await
            .unwrap()
            .is_some()
    );
}

/// Records the ids that it was called with.
#[derive(Debug, Default)]
struct Names(Mutex<Vec<Vec<i64>>>);

#[async_trait]
impl ChannelNames for Names {
    async fn channel_names(&self, channel_ids: &[i64]) -> Result<HashMap<i64, String>> {
        self.0.lock().unwrap().push(channel_ids.to_vec());
        Ok(HashMap::from([(3, "eu-west".to_owned())]))
    }
}

async fn administrators_see_the_names_that_channels_have_now(store: &Arc<dyn Store>) {
    let names = Arc::new(Names::default());
    let logs = migrated(store).await.with_channel_names(names.clone());
    append(
        &logs,
        [
            consume(),
            consume().channel_id(4),
            consume(),
            consume().channel_id(0),
        ],
    )
    .await;
    let page = logs
        .page(&UsageLogFilter::new(), &Paging::default())
        .await
        .unwrap();
    let seen: Vec<Option<&str>> = page
        .items
        .iter()
        .map(|item| item.channel_name.as_deref())
        .collect();
    assert_eq!(seen, [None, Some("eu-west"), None, Some("eu-west")]);
    assert_eq!(*names.0.lock().unwrap(), [vec![3, 4]]);

    let json = serde_json::to_value(&page.items[1]).unwrap();
    assert_eq!(json["channel"], 3);
    assert_eq!(json["channel_name"], "eu-west");
    assert_eq!(json["type"], 2);
    assert!(json["created_at"].is_i64());
    assert_eq!(json["id"], page.items[1].log.id.to_string());
    assert_eq!(
        serde_json::from_value::<AdminUsageLog>(json).unwrap(),
        page.items[1]
    );
}

genledger_testkit::layout_cases!(
    users_see_their_own_rows_without_channels,
    administrators_see_the_names_that_channels_have_now,
);
