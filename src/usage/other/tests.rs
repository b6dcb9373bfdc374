use rust_decimal::Decimal;

use super::{AdminInfo, BillingSource, UsageLogOther};
use crate::json::JsonKey;
use crate::validate::Validate;

/// What existing systems write for a chat completion.
const REAL: &str = r#"{"admin_info":{"use_channel":["12"],"is_multi_key":true,"multi_key_index":0,"x":1e2},"cache_ratio":0.5,"cache_tokens":1024,"completion_ratio":4,"frt":-1000,"group_ratio":1,"model_price":-1,"model_ratio":1.25,"request_path":"/v1/chat/completions","user_group_ratio":-1,"web_search":true}"#;

fn rules(other: &UsageLogOther) -> Vec<String> {
    other
        .violations()
        .as_slice()
        .iter()
        .map(|violation| format!("{} {}", violation.path(), violation.rule()))
        .collect()
}

#[test]
fn known_keys_are_typed() {
    let other = UsageLogOther::from_text(REAL);
    assert_eq!(rules(&other), Vec::<String>::new());
    assert_eq!(
        other.get(UsageLogOther::MODEL_RATIO).unwrap(),
        Some(Decimal::new(125, 2))
    );
    assert_eq!(other.get(UsageLogOther::CACHE_TOKENS).unwrap(), Some(1024));
    assert_eq!(other.get(UsageLogOther::REASON).unwrap(), None);
    assert_eq!(other.user_group_ratio().unwrap(), None);
    assert_eq!(other.first_byte_millis().unwrap(), None);
    let admin = other.get(UsageLogOther::ADMIN_INFO).unwrap().unwrap();
    assert_eq!(admin.get(AdminInfo::USE_CHANNEL).unwrap().unwrap(), ["12"]);
    let own: JsonKey<bool> = JsonKey::new("web_search");
    assert_eq!(other.get(own).unwrap(), Some(true));
}

#[test]
fn users_do_not_see_what_is_for_administrators() {
    let seen = UsageLogOther::from_text(REAL).for_user();
    assert!(!seen.as_str().contains("admin") && !seen.as_str().contains("channel"));
    assert!(
        seen.as_str()
            .starts_with(r#"{"cache_ratio":0.5,"cache_tokens":1024,"#)
    );
    assert!(seen.as_str().ends_with(r#""web_search":true}"#));

    let error = UsageLogOther::from_text(
        r#"{"channel_id":3,"channel_name":"n","channel_type":1,"audit_info":[],"error_code":"x","\u0061dmin_info":1}"#,
    );
    assert_eq!(error.for_user().as_str(), r#"{"error_code":"x"}"#);

    for same in ["", "{}", " { \"a\" : 1.0 } ", "{\"no_admin_info\":1}"] {
        assert_eq!(UsageLogOther::from_text(same).for_user().as_str(), same);
    }
    for unreadable in [
        "null",
        "[{\"admin_info\":1}]",
        "{\"admin_info\":1",
        "x",
        "{\"a\":[}}",
    ] {
        assert_eq!(UsageLogOther::from_text(unreadable).for_user().as_str(), "");
    }
}

#[test]
fn every_broken_rule_is_reported() {
    let other = UsageLogOther::from_text(
        r#"{"a":NaN,"model_ratio":"1","frt":1.5,"b":[1,-Infinity],"c":01,"billing_source":"gift",
            "admin_info":{"use_channel":"12","y":Infinity},"audit_info":"\u0000","a":1,"reason":null}"#,
    );
    assert_eq!(
        rules(&other),
        [
            "other.a not_finite",
            "other.model_ratio wrong_kind",
            "other.frt wrong_kind",
            "other.b not_finite",
            "other.c not_json",
            "other.billing_source unrecognized_code",
            "other.admin_info not_finite",
            "other.audit_info nul_character",
            "other.a duplicate_key",
        ]
    );
    let admin = UsageLogOther::from_text(r#"{"admin_info":{"use_channel":"12"}}"#);
    assert_eq!(rules(&admin), ["other.admin_info.use_channel wrong_kind"]);
    assert_eq!(
        rules(&UsageLogOther::from_text("[1]")),
        ["other not_an_object"]
    );
    assert_eq!(
        rules(&UsageLogOther::from_text("NaN")),
        ["other not_finite"]
    );
    let huge = UsageLogOther::new().with(UsageLogOther::MODEL_RATIO, 1e300);
    assert_eq!(rules(&huge), ["other.model_ratio wrong_kind"]);
}

#[test]
fn a_text_may_speak_of_a_nul() {
    let words = r"unsupported Unicode escape sequence: \u0000 cannot be converted to text";
    let other = UsageLogOther::new().with(UsageLogOther::REASON, words);
    assert_eq!(rules(&other), [""; 0]);
    assert_eq!(
        other.get(UsageLogOther::REASON).unwrap().as_deref(),
        Some(words)
    );
    let key = UsageLogOther::from_text(r#"{"a\u0000":1,"b\\u0000":2}"#);
    assert_eq!(rules(&key), ["other.a\0 nul_character"]);
}

#[test]
fn json_holds_it_as_text_and_takes_the_object() {
    let other = UsageLogOther::from_text("{\"a\":1.50}");
    let json = serde_json::to_string(&other).unwrap();
    assert_eq!(json, r#""{\"a\":1.50}""#);
    assert_eq!(serde_json::from_str::<UsageLogOther>(&json).unwrap(), other);
    let object: UsageLogOther = serde_json::from_str("{ \"a\" : 1.50 }").unwrap();
    assert_eq!(object, other);
    assert!(
        serde_json::from_str::<UsageLogOther>("null")
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        serde_json::to_string(&UsageLogOther::new()).unwrap(),
        "\"\""
    );
    assert!(serde_json::from_str::<UsageLogOther>("1").is_err());
}

#[test]
fn codes_of_newer_versions_are_read() {
    let other = UsageLogOther::from_text(r#"{"billing_source":"gift"}"#);
    let source = other.get(UsageLogOther::BILLING_SOURCE).unwrap().unwrap();
    assert!(matches!(source, BillingSource::Unrecognized(_)));
}
