//! The rows that a filter selects.

use std::sync::Arc;

use futures_util::TryStreamExt;
use genledger::ErrorKind;
use genledger::contract::Store;
use genledger::contract::query::{Count, TextMatch};
use genledger::paging::Paging;
use genledger::usage::{
    NewUsageLog, UsageGrouping, UsageLog, UsageLogFilter, UsageLogType, UsageLogs,
    UserUsageLogFilter,
};

use crate::sample::{after, append, consume, migrated};

/// The models of the rows that a filter selects, in order.
async fn models(logs: &UsageLogs, filter: UsageLogFilter) -> Vec<String> {
    let page = logs.page(&filter, &Paging::default()).await.unwrap();
    let count = logs.count(&filter, 1_000).await.unwrap();
    let length = u64::try_from(page.items.len()).unwrap();
    assert_eq!(count, Count::Exactly(length), "{filter:?}");
    let mut models: Vec<String> = page
        .items
        .into_iter()
        .map(|item| item.log.model_name)
        .collect();
    models.sort();
    models
}

fn named(model: &str) -> NewUsageLog {
    consume().model_name(model)
}

fn prefix(text: &str) -> TextMatch {
    TextMatch::Prefix(text.to_owned())
}

fn contains(text: &str) -> TextMatch {
    TextMatch::Contains(text.to_owned())
}

async fn every_character_stands_for_itself(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let all = [
        "50%",
        "50x",
        "a_b",
        "axb",
        "c\\d",
        "c\\\\d",
        "cd",
        "GPT",
        "gpt",
        "gpt ",
        "",
        "\u{1F980}x",
    ];
    append(&logs, all.map(named)).await;
    let new = UsageLogFilter::new;
    let cases: [(UsageLogFilter, &[&str]); 15] = [
        (new().model_name("50%"), &["50%"]),
        (new().model_name(prefix("50%")), &["50%"]),
        (new().model_name(contains("0%")), &["50%"]),
        (new().model_name(prefix("a_")), &["a_b"]),
        (new().model_name(contains("_")), &["a_b"]),
        (new().model_name(prefix("c\\")), &["c\\\\d", "c\\d"]),
        (new().model_name(contains("\\\\")), &["c\\\\d"]),
        (new().model_name("c\\d"), &["c\\d"]),
        (new().model_name("gpt"), &["gpt"]),
        (new().model_name(prefix("gpt")), &["gpt", "gpt "]),
        (new().model_name("GPT"), &["GPT"]),
        (new().model_name(contains("PT")), &["GPT"]),
        (new().model_name(""), &[""]),
        (new().model_name(prefix("\u{1F980}")), &["\u{1F980}x"]),
        (new().model_name(contains("%_\\")), &[]),
    ];
    for (filter, expected) in cases {
        assert_eq!(models(&logs, filter.clone()).await, expected, "{filter:?}");
    }
    assert_eq!(
        models(&logs, new().model_name(prefix(""))).await.len(),
        all.len()
    );
    let error = logs
        .page(&new().model_name("a\0"), &Paging::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

async fn times_are_half_open(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let at = |seconds: i64| named(&seconds.to_string()).created_at(after(seconds));
    append(&logs, [at(0), at(1), at(2), at(3)]).await;
    let new = UsageLogFilter::new;
    let half = chrono::TimeDelta::milliseconds(500);
    let cases: [(UsageLogFilter, &[&str]); 6] = [
        (new().from(after(1)).before(after(3)), &["1", "2"]),
        (new().from(after(3)), &["3"]),
        (new().before(after(1)), &["0"]),
        (new().from(after(2)).before(after(2)), &[]),
        (new().from(after(1) + half), &["2", "3"]),
        (new().before(after(1) + half), &["0", "1"]),
    ];
    for (filter, expected) in cases {
        assert_eq!(models(&logs, filter.clone()).await, expected, "{filter:?}");
    }
}

async fn every_condition_counts(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let rows = [
        named("kind").quota(1),
        NewUsageLog::new(UsageLogType::Refund, 42).model_name("refund"),
        named("name").username("grace"),
        named("token").token(8, "cd"),
        named("channel").channel_id(4),
        named("group").group("vip"),
        named("request").request_id("r-1"),
        named("request").request_id("r-1"),
        named("content").content("the upstream said no"),
    ];
    append(&logs, rows).await;
    let new = UsageLogFilter::new;
    let cases: [(UsageLogFilter, &[&str]); 9] = [
        (new().kind(UsageLogType::Refund), &["refund"]),
        (new().username("grace"), &["name"]),
        (new().token_name(prefix("cd")), &["token"]),
        (new().channel_id(4), &["channel"]),
        (new().group("vip"), &["group"]),
        (new().request_id("r-1"), &["request", "request"]),
        (new().content(contains("upstream")), &["content"]),
        (new().request_id("r-1").kind(UsageLogType::Refund), &[]),
        (new().kind(UsageLogType::from_code(77)), &[]),
    ];
    for (filter, expected) in cases {
        assert_eq!(models(&logs, filter.clone()).await, expected, "{filter:?}");
        // The same conditions as they arrive in a request.
        let json = serde_json::to_string(&filter).unwrap();
        let read: UsageLogFilter = serde_json::from_str(&json).unwrap();
        assert_eq!(read, filter, "{json}");
    }
    assert_eq!(models(&logs, new()).await.len(), 9);
    assert_eq!(
        models(&logs, new().kind(UsageLogType::Unknown)).await.len(),
        9
    );

    let filter = UserUsageLogFilter::new()
        .group("vip")
        .model_name(prefix("g"));
    let page = logs
        .page_for_user(42, &filter, &Paging::default())
        .await
        .unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!(
        logs.count_for_user(42, &filter, 10).await.unwrap(),
        Count::Exactly(1)
    );
    assert_eq!(
        logs.count_for_user(43, &filter, 10).await.unwrap(),
        Count::Exactly(0)
    );
}

async fn a_keyword_is_in_any_text(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let rows = [
        named("key-model"),
        named("a").username("my key"),
        named("b").token(8, "key"),
        named("c").group("keys"),
        named("d").content("no key"),
        named("e").content("%").username("_"),
        NewUsageLog::new(UsageLogType::Consume, 43).model_name("key"),
    ];
    append(&logs, rows).await;
    let all = |part: &str| UsageLogFilter::new().keyword(part);
    let found = models(&logs, all("key").user_id(42)).await;
    assert_eq!(found, ["a", "b", "c", "d", "key-model"]);
    assert_eq!(models(&logs, all("%")).await, ["e"]);
    assert_eq!(models(&logs, all("_")).await, ["e"]);
    assert_eq!(models(&logs, all("Key")).await, [""; 0]);

    // A user's own name is not searched, nor are the logs of other users.
    let own = UserUsageLogFilter::new().keyword("key");
    let page = logs.page_for_user(42, &own, &Paging::default()).await;
    let found: Vec<_> = page
        .unwrap()
        .items
        .into_iter()
        .map(|log| log.model_name)
        .collect();
    assert_eq!(found, ["d", "c", "b", "key-model"]);
    let token = UserUsageLogFilter::new().token_id(8);
    assert_eq!(
        logs.count_for_user(42, &token, 10).await.unwrap(),
        Count::Exactly(1)
    );
}

async fn further_conditions_count_too(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let rows = [
        named("cheap").quota(1),
        named("dear").quota(10_000),
        named("slow").quota(1).use_time(60),
        named("both").quota(10_000).use_time(60),
    ];
    append(&logs, rows).await;
    let dear = || UsageLog::QUOTA.ge(10_000);
    let slow = || UsageLog::USE_TIME.ge(60);
    let new = UsageLogFilter::new;
    assert_eq!(
        models(&logs, new().and(dear() | slow())).await,
        ["both", "dear", "slow"]
    );
    assert_eq!(models(&logs, new().and(dear()).and(slow())).await, ["both"]);
    let sums = logs
        .totals(&new().and(dear()), &UsageGrouping::new())
        .await
        .unwrap();
    assert_eq!(sums[0].totals.requests, 2);

    // An export reads all that a page shows.
    let exported: Vec<UsageLog> = logs.stream(&new().and(slow())).try_collect().await.unwrap();
    let found: Vec<_> = exported.iter().map(|log| log.model_name.as_str()).collect();
    assert_eq!(found, ["both", "slow"]);
    assert_eq!(logs.get(exported[0].id).await.unwrap().log, exported[0]);
    logs.delete_many(&[exported[0].id]).await.unwrap();
    let error = logs.get(exported[0].id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

async fn counts_stop_at_their_cap(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    append(&logs, (0..10).map(|_| consume())).await;
    let all = UsageLogFilter::new();
    assert_eq!(logs.count(&all, 11).await.unwrap(), Count::Exactly(10));
    assert_eq!(logs.count(&all, 10).await.unwrap(), Count::AtLeast(10));
    assert_eq!(logs.count(&all, 3).await.unwrap(), Count::AtLeast(3));
    let error = logs.count(&all, 0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

genledger_testkit::layout_cases!(
    every_character_stands_for_itself,
    times_are_half_open,
    every_condition_counts,
    a_keyword_is_in_any_text,
    further_conditions_count_too,
    counts_stop_at_their_cap,
);
