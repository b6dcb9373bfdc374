//! What is stored of addresses and of the texts of errors, and what users see.

use std::sync::Arc;

use genledger::ErrorKind;
use genledger::contract::query::TextMatch;
use genledger::contract::{Entity, RowOutcome, SessionExt, Store, StoreExt};
use genledger::id::UsageLogId;
use genledger::mask::is_masked;
use genledger::paging::Paging;
use genledger::usage::{
    IpPolicy, NewUsageLog, UsageLog, UsageLogOther, UsageLogType, UsageLogs, UserUsageLog,
    UserUsageLogFilter,
};
use genledger::validate::Validate;

use crate::sample::{append, consume, ids, migrated, noon};

const IP: &str = "203.0.113.7";

const KINDS: [UsageLogType; 7] = [
    UsageLogType::Topup,
    UsageLogType::Consume,
    UsageLogType::Manage,
    UsageLogType::System,
    UsageLogType::Error,
    UsageLogType::Refund,
    UsageLogType::Login,
];

/// The kinds whose rows always keep the address.
const AUDITED: [UsageLogType; 3] = [
    UsageLogType::Topup,
    UsageLogType::Manage,
    UsageLogType::Login,
];

/// The kinds whose rows keep the address of a user who opted in.
const OPTED_IN: [UsageLogType; 2] = [UsageLogType::Consume, UsageLogType::Error];

/// Rows as another program would make them: no policy has seen the address.
fn from_json(log: &UsageLog, ip: &str) -> UsageLog {
    let mut json = serde_json::to_value(log).unwrap();
    json["ip"] = ip.into();
    serde_json::from_value(json).unwrap()
}

#[test]
fn addresses_are_kept_for_audits_and_after_an_opt_in() {
    let of_42 = IpPolicy::opted_in(|user_id| user_id == 42);
    for kind in KINDS {
        let new = |user_id| NewUsageLog::new(kind, user_id);
        let is_kept = |new: NewUsageLog| new.into_log(&ids()).unwrap().ip.is_some();
        let is_audited = AUDITED.contains(&kind);
        assert_eq!(is_kept(new(42).ip(IP)), is_audited, "{kind:?}");
        let default = IpPolicy::default();
        assert_eq!(
            is_kept(new(42).client_ip(&default, IP)),
            is_audited,
            "{kind:?}"
        );
        assert_eq!(default.allows(kind, 42), is_audited, "{kind:?}");
        let is_opted_in = is_audited || OPTED_IN.contains(&kind);
        assert_eq!(
            is_kept(new(42).client_ip(&of_42, IP)),
            is_opted_in,
            "{kind:?}"
        );
        assert_eq!(
            is_kept(new(43).client_ip(&of_42, IP)),
            is_audited,
            "{kind:?}"
        );
        // From the body of a request: the member is an address that no policy has seen.
        let json = format!(r#"{{"type":{},"user_id":42,"ip":"{IP}"}}"#, kind.code());
        let new: NewUsageLog = serde_json::from_str(&json).unwrap();
        assert!(new.validate().is_ok());
        assert_eq!(is_kept(new), is_audited, "{kind:?}");
    }
    for code in [0, 8, 77, -1] {
        let kind = UsageLogType::from_code(code);
        assert!(!IpPolicy::opted_in(|_| true).allows(kind, 42));
    }
}

/// The opt-in of one user, or the address of an audited row, is of no use for another row.
#[test]
fn an_address_is_not_carried_over() {
    let every = IpPolicy::opted_in(|_| true);
    let of = |kind, user_id| NewUsageLog::new(kind, user_id).client_ip(&every, IP);
    let call = of(UsageLogType::Consume, 42).into_log(&ids()).unwrap();
    let mut of_other = call.clone();
    of_other.user_id = 43;
    let login = of(UsageLogType::Login, 42).into_log(&ids()).unwrap();
    let mut from_login = call.clone();
    from_login.ip = login.ip;
    let mut refund = call.clone();
    refund.kind = UsageLogType::Refund;
    for log in [of_other, from_login, refund] {
        let error = log.validate().unwrap_err();
        assert_eq!(error.violations()[0].path(), "ip");
        assert_eq!(error.violations()[0].rule(), "ip_not_allowed");
    }
    call.validate().unwrap();
}

async fn no_verb_stores_an_address_without_a_policy(store: &Arc<dyn Store>) {
    migrated(store).await;
    let refused = |error: genledger::Error, path: &str| {
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.violations()[0].path(), path);
        assert_eq!(error.violations()[0].rule(), "ip_not_allowed");
        assert!(!error.to_string().contains(IP));
    };
    for logs in [
        UsageLogs::new(Arc::clone(store)),
        UsageLogs::new(Arc::clone(store)).with_rollups(),
    ] {
        let good = consume().into_log(&ids()).unwrap();
        let bad = from_json(&consume().into_log(&ids()).unwrap(), IP);
        assert!(bad.ip.is_some());
        let both = [good.clone(), bad.clone()];
        refused(logs.append(&bad).await.unwrap_err(), "ip");
        refused(logs.append_many(&both).await.unwrap_err(), "[1].ip");
        refused(logs.import_many(&both).await.unwrap_err(), "[1].ip");
        let (logs, row, rows) = (&logs, &bad, &both);
        let in_transaction = store
            .transaction(|tx| async move {
                let logs = logs.within(&tx);
                let errors = [
                    logs.append(row).await.unwrap_err(),
                    logs.append_many(rows).await.unwrap_err(),
                    logs.import_many(rows).await.unwrap_err(),
                ];
                Ok(errors)
            })
            .await;
        let [append, append_many, import_many] = in_transaction.unwrap();
        refused(append, "ip");
        refused(append_many, "[1].ip");
        refused(import_many, "[1].ip");
        for log in &both {
            assert!(logs.find(log.id).await.unwrap().is_none());
        }
        let allowed = bad.clone().with_privacy(&IpPolicy::opted_in(|_| true));
        assert_eq!(allowed, bad);
        assert!(logs.append(&allowed).await.unwrap());
        let removed = from_json(&good, IP).with_privacy(&IpPolicy::new());
        assert_eq!(removed, good);
        assert_eq!(
            logs.import_many(&[removed]).await.unwrap(),
            [RowOutcome::New]
        );
    }
}

/// A replay stores the row that was created, also after the user has opted out.
async fn a_decision_belongs_to_the_row(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let policy = IpPolicy::opted_in(|_| true);
    let new = || consume().client_ip(&policy, IP);
    let log = new().into_log(&ids()).unwrap();
    assert!(logs.append(&log).await.unwrap());
    assert!(!logs.append(&log).await.unwrap());
    let read = logs.get(log.id).await.unwrap().log;
    assert_eq!(read, log);
    assert_eq!(read.ip.as_ref().unwrap().as_str(), IP);
    assert!(!logs.append(&read).await.unwrap());
    assert_eq!(
        logs.import_many(&[read]).await.unwrap(),
        [RowOutcome::Present]
    );
    let seen = logs.find_for_user(42, log.id).await.unwrap().unwrap();
    assert_eq!(seen.ip.unwrap().as_str(), IP);
}

const ERROR: &str = "Post \"https://api.example.com/v1/chat?key=s3cret\": dial tcp 104.18.6.192:443: i/o timeout (sk-abcdef0123)";
const MASKED: &str =
    "Post \"https://***.com/***/***?key=***\": dial tcp ***.***.***.***:443: i/o timeout (***)";

fn details() -> UsageLogOther {
    let text = r#"{ "error_type" : "upstream_error","reason":"from https:\/\/api.example.com\/v1","status_code":500, "request_path":"/v1/chat",
        "unknown":["x",{"api_key":"abcdef","n":1.50}],"sk-keys-remain":"\ud800"}"#;
    UsageLogOther::from_text(text)
}

const MASKED_DETAILS: &str = r#"{ "error_type" : "upstream_error","reason":"from https://***.com/***","status_code":500, "request_path":"/v1/chat",
        "unknown":["x",{"api_key":"***","n":1.50}],"sk-keys-remain":"***"}"#;

async fn errors_are_masked_when_they_are_created(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let new = |kind| NewUsageLog::new(kind, 42).content(ERROR).other(details());
    for kind in KINDS {
        let log = new(kind).into_log(&ids()).unwrap();
        let is_error = kind == UsageLogType::Error;
        assert_eq!(log.content, if is_error { MASKED } else { ERROR });
        let other = if is_error {
            MASKED_DETAILS.to_owned()
        } else {
            details().as_str().to_owned()
        };
        assert_eq!(log.other.as_str(), other);
        assert!(logs.append(&log).await.unwrap());
        assert!(!logs.append(&log).await.unwrap());
        let read = logs.get(log.id).await.unwrap().log;
        assert_eq!(read, log);
        assert_eq!(read.other.as_str(), other);
    }
    let log = new(UsageLogType::Error)
        .into_log_with_id(UsageLogId::new(7))
        .unwrap();
    assert_eq!(log.content, MASKED);
    assert!(new(UsageLogType::Error).validate().is_ok());
}

async fn an_error_that_is_not_masked_is_refused(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let good = NewUsageLog::new(UsageLogType::Error, 42)
        .content("upstream failed")
        .into_log(&ids())
        .unwrap();
    let mut content = good.clone();
    content.content = ERROR.to_owned();
    let mut other = good.clone();
    other.other = details();
    for (bad, column) in [(content, "content"), (other, "other")] {
        let error = logs.append(&bad).await.unwrap_err();
        assert_eq!(error.violations()[0].path(), column);
        assert_eq!(error.violations()[0].rule(), "not_masked");
        assert!(!error.to_string().contains("example"));
        let error = logs
            .append_many(&[good.clone(), bad.clone()])
            .await
            .unwrap_err();
        assert_eq!(error.violations()[0].path(), format!("[1].{column}"));
        assert!(logs.find(bad.id).await.unwrap().is_none());
        let masked = bad.with_privacy(&IpPolicy::new());
        masked.validate().unwrap();
        assert!(is_masked(&masked.content));
    }
    // An import keeps what the other system wrote.
    let mut imported = good.clone();
    imported.content = ERROR.to_owned();
    logs.import_many(&[imported.clone()]).await.unwrap();
    assert_eq!(logs.get(good.id).await.unwrap().log.content, ERROR);
    let seen = logs.find_for_user(42, good.id).await.unwrap().unwrap();
    assert_eq!(seen.content, MASKED);
}

/// What no user sees, and how it could be hidden in JSON.
const HOSTILE: &[(&str, &str)] = &[
    ("", ""),
    ("{}", "{}"),
    ("null", ""),
    ("[]", ""),
    (r#""admin_info""#, ""),
    (r#"{"admin_info":{"use_channel":["3"]}"#, ""),
    (r#"{"admin_info":1}{"a":1}"#, ""),
    (
        r#"{"admin_info":{"use_channel":["3"]},"frt":120}"#,
        r#"{"frt":120}"#,
    ),
    (r#"{"frt":1.50 , "audit_info":"x"}"#, r#"{"frt":1.50}"#),
    (
        r#"{"channel_id":3,"channel_name":"eu","channel_type":1,"error_code":"429"}"#,
        r#"{"error_code":"429"}"#,
    ),
    (
        r#"{"Admin_Info":1,"AUDIT_INFO":2,"Channel_Id":3,"a":4}"#,
        r#"{"a":4}"#,
    ),
    (
        r#"{"\u0061dmin_info":1,"channel\u005fname":"eu","a":4}"#,
        r#"{"a":4}"#,
    ),
    (r#"{"admin_info":1,"a":2,"admin_info":3}"#, r#"{"a":2}"#),
    (
        r#"{"x":{"admin_info":1},"y":[{"z":{"\u0063hannel_name":"eu"}}],"a":4}"#,
        r#"{"a":4}"#,
    ),
    (
        r#"{"admin_note":"n","channel_key":"k","audit":{},"use_channel":["3"],"multi_key_index":1}"#,
        "{}",
    ),
    (
        r#"{"a":"admin_info","b":["channel_name"],"task_id":"t"}"#,
        r#"{"a":"admin_info","b":["channel_name"],"task_id":"t"}"#,
    ),
];

#[test]
fn no_kind_of_row_shows_a_user_what_is_hidden() {
    let unknown = [0, 77, -1].map(UsageLogType::from_code);
    for kind in KINDS.into_iter().chain(unknown) {
        for (other, expected) in HOSTILE {
            let json = serde_json::json!({
                "id": 7, "user_id": 42, "created_at": noon().timestamp(), "type": kind.code(), "channel": 918_273,
                "username": "ada", "other": other,
            });
            let log: UsageLog = serde_json::from_value(json).unwrap();
            let seen = UserUsageLog::from(log);
            assert_eq!(seen.other.as_str(), *expected, "{kind:?} {other}");
            let json = serde_json::to_value(&seen).unwrap();
            let members = json.as_object().unwrap();
            assert!(!members.contains_key("channel") && !members.contains_key("channel_id"));
            assert!(!members.contains_key("channel_name"));
            assert!(!json.to_string().contains("918273"));
            assert_eq!(serde_json::from_value::<UserUsageLog>(json).unwrap(), seen);
        }
    }
}

async fn every_kind_is_listed_for_its_user_only(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let other = r#"{"admin_info":{"use_channel":["3"]},"channel_name":"eu","frt":1}"#;
    for user_id in [42, 43] {
        let new = |kind| {
            NewUsageLog::new(kind, user_id)
                .channel_id(3)
                .other(UsageLogOther::from_text(other))
        };
        append(&logs, KINDS.map(new)).await;
    }
    let filter = UserUsageLogFilter::new();
    let page = logs
        .page_for_user(42, &filter, &Paging::default())
        .await
        .unwrap();
    assert_eq!(page.items.len(), KINDS.len());
    for item in &page.items {
        assert_eq!((item.user_id, item.other.as_str()), (42, r#"{"frt":1}"#));
        let found = logs.find_for_user(42, item.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(item));
        assert!(logs.find_for_user(43, item.id).await.unwrap().is_none());
    }
    for kind in KINDS {
        let filter = UserUsageLogFilter::new().kind(kind);
        let page = logs
            .page_for_user(42, &filter, &Paging::default())
            .await
            .unwrap();
        assert_eq!(page.items.len(), 1, "{kind:?}");
    }
}

/// A search finds only what the user sees.
async fn a_search_reveals_nothing_hidden(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let other = r#"{"admin_info":{"use_channel":["secret-channel"]},"channel_name":"secret-name"}"#;
    let policy = IpPolicy::opted_in(|_| true);
    append(
        &logs,
        [consume()
            .content("visible words")
            .username("secret-user")
            .request_id("secret-request")
            .channel_id(918_273)
            .client_ip(&policy, IP)
            .other(UsageLogOther::from_text(other))],
    )
    .await;
    let count = async |filter: UserUsageLogFilter| {
        let page = logs.page_for_user(42, &filter, &Paging::default()).await;
        page.unwrap().items.len()
    };
    for hidden in ["secret", "918273", "channel", "admin", IP] {
        let keyword = UserUsageLogFilter::new().keyword(hidden);
        assert_eq!(count(keyword).await, 0, "{hidden}");
        let content = TextMatch::Contains(hidden.into());
        assert_eq!(count(UserUsageLogFilter::new().content(content)).await, 0);
    }
    assert_eq!(count(UserUsageLogFilter::new().keyword("visible")).await, 1);
    // Members of the filter of administrators select nothing for a user.
    let json = r#"{"channel":5,"username":"other","user_id":43,"ip":"x"}"#;
    let filter: UserUsageLogFilter = serde_json::from_str(json).unwrap();
    assert_eq!(count(filter).await, 1);
}

/// The table of errors that another program wrote.
#[derive(Clone, Debug, Entity)]
#[entity(table = "logs", key(id), append_only)]
struct ForeignLog {
    /// The id.
    id: i64,
    /// The user.
    user_id: i64,
    /// Seconds.
    created_at: i64,
    /// The kind.
    #[column(name = "type")]
    kind: i16,
    /// The text.
    content: String,
    /// The address.
    #[column(max_chars = 64)]
    ip: Option<String>,
}

/// Users see errors of an adopted table masked; the rows remain as they are.
async fn errors_of_another_program_are_masked_for_users(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let row = ForeignLog {
        id: 7,
        user_id: 42,
        created_at: noon().timestamp(),
        kind: UsageLogType::Error.code(),
        content: ERROR.to_owned(),
        ip: Some(IP.to_owned()),
    };
    store.session().insert(&row).await.unwrap();
    let id = UsageLogId::new(7);
    assert_eq!(
        logs.find_for_user(42, id).await.unwrap().unwrap().content,
        MASKED
    );
    let read = logs.get(id).await.unwrap().log;
    assert_eq!(read.content, ERROR);
    // What was stored stays stored: a replay is the same row.
    assert_eq!(
        logs.import_many(&[read]).await.unwrap(),
        [RowOutcome::Present]
    );
}

genledger_testkit::store_cases!(
    no_verb_stores_an_address_without_a_policy,
    a_decision_belongs_to_the_row,
    errors_are_masked_when_they_are_created,
    an_error_that_is_not_masked_is_refused,
    every_kind_is_listed_for_its_user_only,
    a_search_reveals_nothing_hidden,
    errors_of_another_program_are_masked_for_users,
);
