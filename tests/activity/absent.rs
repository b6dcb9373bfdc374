//! A member that is left out is the same as one that is null or an empty list: other writers use
//! either form.

use genledger::activity::Activity;
use serde_json::Value;

use crate::fixtures::{file, of_every_log, read};

/// Removes empty members, also those of nested objects, and returns their number.
fn drop_empty(value: &mut Value) -> usize {
    let Value::Object(members) = value else {
        return 0;
    };
    let before = members.len();
    members.retain(|_, member| match member {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        _ => true,
    });
    before - members.len() + members.values_mut().map(drop_empty).sum::<usize>()
}

fn check<L: Activity + PartialEq + std::fmt::Debug>() {
    let text = read(&file::<L>("_sparse"));
    let written: L = serde_json::from_str(&text).unwrap();
    let mut json: Value = serde_json::from_str(&text).unwrap();
    // The user, the device, the channel, the version, the description, the session and the roles.
    assert!(drop_empty(&mut json) >= 7, "{text}");
    let left_out: L = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(left_out, written);
    // And through text, as it would arrive.
    let left_out: L = serde_json::from_str(&json.to_string()).unwrap();
    assert_eq!(left_out, written);
    assert_eq!(serde_json::to_string(&left_out).unwrap(), text.trim_end());
}

#[test]
fn what_says_nothing_can_be_left_out() {
    of_every_log!(check);
}
