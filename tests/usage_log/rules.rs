//! The rules of new usage logs.

use chrono::{DateTime, Utc};
use genledger::ErrorKind;
use genledger::contract::Entity;
use genledger::id::NodeId;
use genledger::id::UsageLogIdGenerator;
use genledger::time::ManualClock;
use genledger::usage::{
    IpPolicy, LEGACY_INDEXES, NewUsageLog, TokenBuckets, UsageLog, UsageLogOther, UsageLogType,
};
use genledger::validate::Validate;

use crate::sample::{consume, ids, noon};

#[test]
fn every_broken_rule_is_reported_at_once() {
    let long = "\u{1F980}".repeat(256);
    let broken = NewUsageLog::new(UsageLogType::from_code(99), 1)
        .created_at(DateTime::<Utc>::MAX_UTC)
        .content("a\0b")
        .username(&long)
        .token(1, "\0")
        .model_name(format!("{long}\0"))
        .tokens(-1, i64::MIN)
        .use_time(-1)
        .group(&long)
        .request_id("x".repeat(65))
        .other(
            UsageLogOther::new()
                .with(UsageLogOther::MODEL_RATIO, f64::NAN)
                .with(UsageLogOther::GROUP_RATIO, f64::NEG_INFINITY),
        );
    let error = broken.clone().into_log(&ids()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let found: Vec<String> = error
        .violations()
        .iter()
        .map(|violation| format!("{} {}", violation.path(), violation.rule()))
        .collect();
    let expected = [
        "created_at out_of_range",
        "type unrecognized_code",
        "content nul_character",
        "username too_long",
        "token_name nul_character",
        "model_name nul_character",
        "prompt_tokens out_of_range",
        "completion_tokens out_of_range",
        "use_time out_of_range",
        "group too_long",
        "request_id too_long",
        "other.model_ratio not_finite",
        "other.group_ratio not_finite",
    ];
    assert_eq!(found, expected);
    assert_eq!(broken.violations().as_slice(), error.violations());
    // A message never repeats a value.
    assert!(!error.to_string().contains('\u{1F980}'));
    let login = NewUsageLog::new(UsageLogType::Login, 1).ip("x".repeat(65));
    let error = login.into_log(&ids()).unwrap_err();
    let found = &error.violations()[0];
    assert_eq!((found.path(), found.rule()), ("ip", "too_long"));
}

#[test]
fn the_limits_themselves_are_fine() {
    let full = "\u{1F980}".repeat(255);
    let log = consume()
        .username(&full)
        .token(1, &full)
        .model_name(&full)
        .group(&full)
        .client_ip(&IpPolicy::opted_in(|_| true), "x".repeat(64))
        .request_id("x".repeat(64))
        .tokens(0, i64::MAX)
        .use_time(0);
    assert!(log.validate().is_ok());
    let unknown = NewUsageLog::new(UsageLogType::Unknown, 1)
        .validate()
        .unwrap_err();
    assert_eq!(unknown.violations()[0].rule(), "unknown_type");
}

/// The rules are those of the row, however it was created, and paths are the names of its JSON.
#[test]
fn a_row_is_checked_by_itself() {
    let json =
        r#"{"id":"7","user_id":42,"created_at":1750000000,"type":0,"use_time":-1,"other":"[]"}"#;
    let log: UsageLog = serde_json::from_str(json).unwrap();
    let found = log.validate().unwrap_err();
    let found = found.violations().iter();
    let found: Vec<_> = found.map(|one| (one.path(), one.rule())).collect();
    assert_eq!(
        found,
        [
            ("use_time", "out_of_range"),
            ("other", "not_an_object"),
            ("type", "unknown_type")
        ]
    );
    assert_eq!(UsageLog::CHANNEL_ID.definition().path(), "channel");
    // Rows that are older than a rule and break it are read and shown, and not written again.
    let new: NewUsageLog = serde_json::from_str(json).unwrap();
    assert_eq!(new.violations(), log.violations());
}

#[test]
fn the_id_and_the_time_are_fixed_together() {
    let now = noon() + chrono::TimeDelta::milliseconds(1_234);
    let ids = UsageLogIdGenerator::new(NodeId::ZERO, std::sync::Arc::new(ManualClock::at(now)));
    let log = consume().into_log(&ids).unwrap();
    assert_eq!(log.id.timestamp(), now);
    assert_eq!(log.created_at, noon() + chrono::TimeDelta::seconds(1));
    let earlier = consume().created_at(noon()).into_log(&ids).unwrap();
    assert_eq!((earlier.created_at, earlier.id.timestamp()), (noon(), now));
    let replayed = consume().into_log_with_id(log.id).unwrap();
    assert_eq!(replayed, log);
}

#[test]
fn json_has_the_names_of_the_specification() {
    let log = consume()
        .request_id("r")
        .client_ip(&IpPolicy::opted_in(|_| true), "203.0.113.7")
        .into_log(&ids())
        .unwrap();
    let json = serde_json::to_value(&log).unwrap();
    let mut names: Vec<&str> = json
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    let mut expected = [
        "id",
        "user_id",
        "created_at",
        "type",
        "content",
        "username",
        "token_name",
        "model_name",
        "quota",
        "prompt_tokens",
        "completion_tokens",
        "use_time",
        "is_stream",
        "channel",
        "token_id",
        "group",
        "ip",
        "request_id",
        "other",
    ];
    expected.sort_unstable();
    assert_eq!(names, expected);
    let columns = UsageLog::TABLE.columns.iter();
    let mut described: Vec<&str> = columns.filter_map(|column| column.member).collect();
    described.sort_unstable();
    assert_eq!(names, described);
    assert_eq!(json["created_at"], noon().timestamp());
    assert_eq!(serde_json::from_value::<UsageLog>(json).unwrap(), log);
    assert!(!format!("{log:?}").contains("203.0.113.7"));
}

#[test]
fn the_table_has_the_columns_of_the_specification() {
    let columns: Vec<&str> = UsageLog::TABLE
        .columns
        .iter()
        .map(|column| column.name)
        .collect();
    let expected = [
        "id",
        "user_id",
        "created_at",
        "type",
        "content",
        "username",
        "token_name",
        "model_name",
        "quota",
        "prompt_tokens",
        "completion_tokens",
        "use_time",
        "is_stream",
        "channel_id",
        "token_id",
        "group",
        "ip",
        "request_id",
        "other",
    ];
    assert_eq!(columns, expected);
    assert!(UsageLog::TABLE.append_only);
    assert_eq!(UsageLog::TABLE.indexes.len(), 6);
    assert_eq!(LEGACY_INDEXES.len(), 10);
    let sensitive: Vec<&str> = UsageLog::TABLE
        .columns
        .iter()
        .filter(|column| column.sensitive)
        .map(|column| column.name)
        .collect();
    assert_eq!(sensitive, ["ip"]);
}

/// Tokens read from the cache are always described; those written to it, if the provider reports them.
#[test]
fn cached_tokens_are_described() {
    for (written, text) in [
        (0, r#"{"cache_tokens":7}"#),
        (5, r#"{"cache_tokens":7,"cache_creation_tokens":5}"#),
    ] {
        let mut other = UsageLogOther::new();
        let tokens = TokenBuckets::from_anthropic(100, 7, written, 20).unwrap();
        tokens.describe(&mut other);
        assert_eq!(other.as_str(), text);
    }
}
