//! No error and no Debug text contains a value: a marker is planted in every member of every JSON input,
//! in every wrong type, and searched in all output about it.

use std::fmt::{Debug, Display};
use std::sync::Arc;

use genledger::Redacted;
use genledger::activity::{Activity, ActivityLog, Picture};
use genledger::contract::Entity;
use genledger::contract::row::RowBatch;
use genledger::id::{ActivityId, NodeId, UsageLogId, UsageLogIdGenerator};
use genledger::time::{ManualClock, Period};
use genledger::usage::{
    ClientIp, NewUsageLog, UsageDimension, UsageLog, UsageLogType, UsageRollup, UsageStats,
    UsageTotals, UserUsageLog,
};
use genledger::validate::Validate;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::fixtures::{file, of_every_log, read};

const MARKER: &str = "4930901820";

/// The marker in every type that JSON has, and as a text that columns and rules refuse.
fn wrong() -> Vec<Value> {
    let number = 4_930_901_820_i64;
    vec![
        json!(MARKER),
        json!(number),
        json!(-number),
        json!(4_930_901_820.5),
        json!({ MARKER: MARKER }),
        json!([MARKER, number]),
        json!([[MARKER], { MARKER: number }]),
        json!(MARKER.repeat(200)),
        json!(format!("{MARKER}\u{0}")),
        json!(format!("{MARKER}\n")),
        json!(format!("{MARKER} ")),
    ]
}

/// The value with the marker in the place of each of its parts, one after the other.
fn planted(value: &Value) -> Vec<Value> {
    let mut found = wrong();
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                for inner in planted(inner) {
                    let mut members = members.clone();
                    members.insert(name.clone(), inner);
                    found.push(Value::Object(members));
                }
            }
        }
        Value::Array(parts) => {
            for (index, inner) in parts.iter().enumerate() {
                for inner in planted(inner) {
                    let mut parts = parts.clone();
                    parts[index] = inner;
                    found.push(Value::Array(parts));
                }
            }
        }
        _ => {}
    }
    found
}

fn assert_value_free(output: &str, of: &str) {
    assert!(!output.contains(MARKER), "{of}: {output}");
}

/// Neither the error nor its sources contain the marker.
fn no_value<E: std::error::Error>(error: &E, of: &str) {
    assert_value_free(&format!("{error}\n{error:?}\n{error:#?}"), of);
    let mut source = error.source();
    while let Some(inner) = source {
        assert_value_free(&format!("{inner}\n{inner:?}"), of);
        source = inner.source();
    }
}

/// The inputs that can be read, from text and from a JSON value; the errors of the other ones are checked.
fn readable<T: DeserializeOwned>(whole: &Value) -> Vec<T> {
    let of = std::any::type_name::<T>();
    let mut found = Vec::new();
    for planted in planted(whole) {
        let text = planted.to_string();
        // A part of the text, and a member twice.
        let cut = &text[..text.floor_char_boundary(text.len() / 2)];
        let twice = text.replacen('{', &format!("{{\"{MARKER}\":1,\"{MARKER}\":1,"), 1);
        let reads = [
            serde_json::from_str::<T>(&text),
            serde_json::from_slice(text.as_bytes()),
            serde_json::from_value(planted),
            serde_json::from_str(cut),
            serde_json::from_str(&twice),
        ];
        for read in reads {
            match read {
                Ok(value) => found.push(value),
                Err(error) => no_value(&error, of),
            }
        }
    }
    found
}

/// Violations of rules and columns do not contain values.
fn refused<E: Entity>(row: &E, validate: impl Fn(&E) -> genledger::Result<()>) {
    for outcome in [
        validate(row),
        RowBatch::of(std::slice::from_ref(row)).map(drop),
    ] {
        if let Err(error) = outcome {
            no_value(&error, E::TABLE.name);
            for violation in error.violations() {
                assert_value_free(&format!("{violation} {violation:?}"), E::TABLE.name);
            }
        }
    }
}

fn check<L: Activity + Into<ActivityLog> + Debug>() {
    let whole: Value = serde_json::from_str(&read(&file::<L>(""))).unwrap();
    for log in readable::<L>(&whole) {
        refused(&log, Validate::validate);
    }
    let tagged = json!({ "log_type": L::KIND.tag(), "log": whole });
    drop(readable::<ActivityLog>(&tagged));
    for column in L::TABLE.columns.iter().filter(|column| column.sensitive) {
        let mut members = whole.clone();
        members[column.path()] = json!(MARKER);
        let log: L = serde_json::from_value(members).unwrap();
        assert_value_free(&format!("{log:?}\n{log:#?}"), column.name);
        let log: ActivityLog = log.into();
        assert_value_free(&format!("{log:?}"), column.name);
    }
}

#[test]
fn no_output_about_an_activity_log_contains_a_value() {
    of_every_log!(check);
}

fn written<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap()
}

#[test]
fn no_output_about_a_usage_log_contains_a_value() {
    let ids = UsageLogIdGenerator::new(
        NodeId::new(77).unwrap(),
        Arc::new(ManualClock::at_unix_seconds(1_750_000_000)),
    );
    let log = NewUsageLog::new(UsageLogType::Consume, 42)
        .model_name("gpt-4o")
        .ip("203.0.113.7")
        .request_id("r-1")
        .into_log(&ids)
        .unwrap();
    let mut whole = written(&log);
    for log in readable::<UsageLog>(&whole) {
        refused(&log, |log| log.other.validate());
    }
    // The object in the place of its text.
    whole["other"] = json!({ "model_ratio": 1, "billing_source": "wallet",
        "admin_info": { "use_channel": ["1"], "multi_key_index": 1 }, "frt": 5 });
    for log in readable::<UsageLog>(&whole) {
        refused(&log, |log| log.other.validate());
        for key in genledger::usage::UsageLogOther::KNOWN {
            let key = genledger::json::JsonKey::<i64>::new(key.name());
            if let Err(error) = log.other.get(key) {
                no_value(&error, "other");
            }
        }
    }
    drop(readable::<UserUsageLog>(&written(&UserUsageLog::from(log))));
}

#[test]
fn no_output_about_a_part_contains_a_value() {
    let rollup = json!({ "dimension_set": 31, "bucket": 900, "dimensions": "0434f186-9a61-8bb2-9226-123559fcc0c1",
        "user_id": 1, "model_name": "m", "channel_id": 1, "token_id": 1, "group": "g",
        "requests": 1, "quota": 1, "prompt_tokens": 1, "completion_tokens": 1, "refunds": 1,
        "refunded_quota": 1 });
    assert!(serde_json::from_value::<UsageRollup>(rollup.clone()).is_ok());
    drop(readable::<UsageRollup>(&rollup));
    drop(readable::<UsageTotals>(&written(&UsageTotals::default())));
    drop(readable::<UsageStats>(&written(&UsageStats::default())));
    let picture = json!({ "Url": "u", "Id": "i", "Width": 1, "Height": 1, "Further": [1] });
    drop(readable::<Picture>(&picture));
    for value in [json!("x"), json!(1)] {
        drop(readable::<Redacted>(&value));
        drop(readable::<ClientIp>(&value));
        drop(readable::<UsageLogId>(&value));
        drop(readable::<ActivityId>(&value));
        drop(readable::<UsageLogType>(&value));
        drop(readable::<Period>(&value));
        drop(readable::<UsageDimension>(&value));
        drop(readable::<genledger::activity::ActivityKind>(&value));
    }
    let secret: [&dyn Debug; 2] = [&Redacted::from(MARKER), &ClientIp::from(MARKER)];
    for secret in secret {
        assert_value_free(&format!("{secret:?}"), "a secret");
    }
    let parsed: [Result<(), genledger::Error>; 2] = [
        format!("{MARKER}x").parse::<UsageLogId>().map(drop),
        ActivityId::new(MARKER.repeat(9)).map(drop),
    ];
    for error in parsed.into_iter().filter_map(Result::err) {
        no_value(&error, "an id");
    }
}

/// Errors still name the path and the expected type.
#[test]
fn errors_name_the_path_and_the_expected_type() {
    let whole: Value =
        serde_json::from_str(&read(&file::<genledger::activity::GenerateImageLog>(""))).unwrap();
    let output = |pointer: &str, wrong: Value| {
        let mut planted = whole.clone();
        *planted.pointer_mut(pointer).unwrap() = wrong;
        let error =
            serde_json::from_value::<genledger::activity::GenerateImageLog>(planted).unwrap_err();
        let output: &dyn Display = &error;
        output.to_string()
    };
    assert_eq!(
        output("/TaskId", json!(5)),
        "TaskId: invalid type, expected a string"
    );
    assert_eq!(
        output("/ParameterInfo/Sum", json!("two")),
        "ParameterInfo: Sum: expected an integer"
    );
    assert_eq!(
        output("/Roles/1", json!(5)),
        "Roles[1]: invalid type, expected a string"
    );
    assert_eq!(
        output("/RecordTimeStamp", json!("then")),
        "RecordTimeStamp: expected an integer"
    );
}
