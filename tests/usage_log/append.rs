//! Writing rows and reading them back.

use std::sync::Arc;

use genledger::ErrorKind;
use genledger::contract::query::Count;
use genledger::contract::{RowOutcome, SessionExt, Store, StoreExt};
use genledger::id::UsageLogId;
use genledger::usage::{
    IpPolicy, NewUsageLog, UsageLog, UsageLogFilter, UsageLogOther, UsageLogType,
};

use crate::sample::{append, consume, ids, migrated, noon};

/// Every field with something that databases like to change.
fn difficult() -> NewUsageLog {
    NewUsageLog::new(UsageLogType::Error, i64::MIN)
        .created_at("1969-12-31T23:59:59.75Z".parse().unwrap())
        .content("line\n\ttab 'quote' \\ \u{1F980} 100% _ ")
        .username("Ada ")
        .token(i64::MAX, "\u{e9}e\u{301}")
        .model_name("gpt-4o%_\\")
        .tokens(i64::MAX, 0)
        .quota(-1)
        .use_time(i32::MAX)
        .is_stream(true)
        .channel_id(-3)
        .group("")
        .client_ip(&IpPolicy::opted_in(|_| true), "2001:db8::1")
        .request_id("")
        .other(UsageLogOther::from_text(
            "{ \"z\" : 1.50,\"model_ratio\":0.30000000000000004, \"\u{e9}\":\"\\u00e9\",\"z\\u0020\":1e400 }",
        ))
}

async fn what_is_written_is_what_is_read(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let plain = NewUsageLog::new(UsageLogType::Login, 0);
    let written = append(&logs, [difficult(), consume(), plain]).await;
    for log in &written {
        let read = logs.find(log.id).await.unwrap().unwrap();
        assert_eq!(read.log, *log);
        assert_eq!(read.log.other.as_str(), log.other.as_str());
    }
    assert_eq!(written[0].created_at.timestamp(), -1);
    assert!(logs.find(UsageLogId::new(1)).await.unwrap().is_none());
}

async fn writing_again_is_recognised(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let log = consume().into_log(&ids()).unwrap();
    assert!(logs.append(&log).await.unwrap());
    assert!(!logs.append(&log).await.unwrap());
    let mut other = log.clone();
    other.quota += 1;
    // `Ok` means that the row is stored as it was passed.
    let error = logs.append(&other).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert_eq!((error.table(), error.column()), (Some("logs"), Some("id")));
    assert_eq!(logs.find(log.id).await.unwrap().unwrap().log.quota, 900);

    let second = consume().into_log_with_id(UsageLogId::new(5)).unwrap();
    let batch = [log, second.clone(), other, second];
    let outcomes = logs.append_many(&batch).await.unwrap();
    let expected = [
        RowOutcome::Present,
        RowOutcome::New,
        RowOutcome::Different,
        RowOutcome::Present,
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(logs.append_many(&[]).await.unwrap(), []);
}

/// Makes a row break a rule.
type Break = fn(&mut UsageLog);

async fn a_bad_row_writes_nothing(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let ids = ids();
    let mut rows: Vec<UsageLog> = (0..3).map(|_| consume().into_log(&ids).unwrap()).collect();
    let breaks: [(&str, Break); 7] = [
        ("username", |log| log.username = "x".repeat(256)),
        ("model_name", |log| log.model_name = String::from("a\0b")),
        ("prompt_tokens", |log| log.prompt_tokens = -1),
        ("use_time", |log| log.use_time = -1),
        ("type", |log| log.kind = UsageLogType::from_code(99)),
        ("other", |log| {
            log.other = UsageLogOther::from_text("{\"model_ratio\":NaN}");
        }),
        ("created_at", |log| {
            log.created_at = chrono::DateTime::<chrono::Utc>::MIN_UTC;
        }),
    ];
    for (column, break_row) in breaks {
        let good = rows[1].clone();
        break_row(&mut rows[1]);
        let error = logs.append_many(&rows).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{column}: {error}");
        let path = error.violations()[0].path();
        assert!(path.starts_with(&format!("[1].{column}")), "{path}");
        // A row of another system is refused by its columns, all the same.
        let error = logs.import_many(&rows).await.unwrap_err();
        assert_eq!(error.violations()[0].path(), format!("[1].{column}"));
        rows[1] = good;
        assert!(logs.find(rows[0].id).await.unwrap().is_none(), "{column}");
    }
    logs.append_many(&rows).await.unwrap();
}

/// A kind that only a filter has breaks a rule, and no column.
async fn rules_are_for_what_is_new(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let mut log = consume().into_log(&ids()).unwrap();
    log.kind = UsageLogType::Unknown;
    let error = logs.append(&log).await.unwrap_err();
    assert_eq!(error.violations()[0].rule(), "unknown_type");
    let error = logs.append_many(&[log.clone()]).await.unwrap_err();
    assert_eq!(error.violations()[0].path(), "[0].type");
    assert!(logs.find(log.id).await.unwrap().is_none());
    let imported = logs.import_many(&[log.clone()]).await.unwrap();
    assert_eq!(imported, [RowOutcome::New]);
    assert_eq!(logs.get(log.id).await.unwrap().log, log);
}

async fn appending_can_be_part_of_a_transaction(store: &Arc<dyn Store>) {
    let logs = &migrated(store).await;
    let log = consume().into_log(&ids()).unwrap();
    let outcome: genledger::Result<()> = store
        .transaction(|tx| {
            let log = log.clone();
            async move {
                let logs = logs.within(&tx);
                logs.append(&log).await?;
                assert!(logs.find(log.id).await?.is_some());
                Err(genledger::Error::new(ErrorKind::Other, "changed my mind"))
            }
        })
        .await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Other);
    assert!(logs.find(log.id).await.unwrap().is_none());
}

async fn a_code_of_a_newer_version_is_read(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let log = consume().into_log(&ids()).unwrap();
    logs.append(&log).await.unwrap();
    let json = serde_json::to_string(&log)
        .unwrap()
        .replace("\"type\":2", "\"type\":77");
    let newer: UsageLog = serde_json::from_str(&json).unwrap();
    assert_eq!(newer.kind.code(), 77);
    assert_eq!(serde_json::to_string(&newer).unwrap(), json);
    let error = store.session().insert(&newer).await.unwrap_err();
    assert_eq!(error.violations()[0].rule(), "unrecognized_code");
}

/// A generator for each request, and two for the whole process: every row that is acknowledged is
/// stored.
async fn generators_of_one_node_lose_nothing(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    for number in 0..30 {
        let log = consume().quota(number).into_log(&ids()).unwrap();
        assert!(logs.append(&log).await.unwrap());
    }
    let (one, other) = (ids(), ids());
    let mut rows = Vec::new();
    for number in 0..1_000 {
        rows.push(consume().quota(number).into_log(&one).unwrap());
        rows.push(consume().quota(-number).into_log(&other).unwrap());
    }
    let outcomes = logs.append_many(&rows).await.unwrap();
    assert!(outcomes.iter().all(|outcome| *outcome == RowOutcome::New));
    let every = UsageLogFilter::new();
    let count = logs.count(&every, 10_000).await.unwrap();
    assert_eq!(count, Count::Exactly(2_030));
}

async fn a_large_batch_is_one_step(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let ids = ids();
    let rows: Vec<UsageLog> = (0..20_000)
        .map(|number| {
            let new = consume().quota(number).created_at(noon());
            new.into_log(&ids).unwrap()
        })
        .collect();
    let outcomes = logs.append_many(&rows).await.unwrap();
    assert_eq!(outcomes.len(), rows.len());
    assert!(outcomes.iter().all(|outcome| *outcome == RowOutcome::New));
    let outcomes = logs.append_many(&rows[9_999..10_001]).await.unwrap();
    assert_eq!(outcomes, [RowOutcome::Present; 2]);
}

genledger_testkit::layout_cases!(
    what_is_written_is_what_is_read,
    writing_again_is_recognised,
    a_bad_row_writes_nothing,
    rules_are_for_what_is_new,
    appending_can_be_part_of_a_transaction,
    a_code_of_a_newer_version_is_read,
    generators_of_one_node_lose_nothing,
    a_large_batch_is_one_step,
);
