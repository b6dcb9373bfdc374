use proptest::prelude::*;
use rust_decimal::Decimal;

use super::JsonObject;
use crate::json::JsonKey;

const RATIO: JsonKey<Decimal> = JsonKey::new("ratio");
const NAME: JsonKey<String> = JsonKey::new("name");

#[test]
fn other_bytes_stay() {
    let text = "{ \"z\":1.50 ,\n\"ratio\" : 2e-3, \"a\":{ } }";
    let mut object = JsonObject::from_text(text);
    assert_eq!(object.get(RATIO).unwrap().unwrap().to_string(), "0.002");
    object.set(RATIO, 0.25);
    assert_eq!(
        object.as_str(),
        "{ \"z\":1.50 ,\n\"ratio\" : 0.25, \"a\":{ } }"
    );
    object.set(NAME, "a \"b\"");
    assert_eq!(
        object.as_str(),
        "{ \"z\":1.50 ,\n\"ratio\" : 0.25, \"a\":{ },\"name\":\"a \\\"b\\\"\" }"
    );
    assert!(object.remove(&["ratio", "name"]));
    assert_eq!(object.as_str(), "{\"z\":1.50,\"a\":{ }}");
    assert!(!object.remove(&["ratio"]));
}

#[test]
fn the_empty_object_stays_empty() {
    let mut object = JsonObject::new();
    assert_eq!(object.get(RATIO).unwrap(), None);
    assert!(!object.remove(&["ratio"]));
    assert_eq!(object.as_str(), "");
    assert_eq!(object.with(RATIO, 1_i64).as_str(), "{\"ratio\":1}");
    let braces = JsonObject::from_text(" { } ").with(RATIO, 1_i64);
    assert_eq!(braces.as_str(), " {\"ratio\":1 } ");
    let null = JsonObject::from_text("null");
    assert_eq!(null.get(RATIO).unwrap(), None);
    assert_eq!(null.with(RATIO, 1_i64).as_str(), "{\"ratio\":1}");
}

#[test]
fn what_is_not_an_object_is_corrupt_and_stays() {
    for text in ["[]", "{", "true", "{\"ratio\":1}}"] {
        let object = JsonObject::from_text(text);
        assert!(object.get(RATIO).is_err(), "{text}");
        assert_eq!(object.with(RATIO, 2_i64).as_str(), text);
    }
    let wrong = JsonObject::from_text("{\"ratio\":\"x\",\"name\":null}");
    assert_eq!(wrong.get(RATIO).unwrap_err().column(), Some("ratio"));
    assert_eq!(wrong.get(NAME).unwrap(), None);
}

#[test]
fn keys_are_found_in_every_spelling_and_the_last_counts() {
    let mut object = JsonObject::from_text("{\"ratio\":1,\"r\\u0061tio\":2}");
    assert_eq!(object.get(RATIO).unwrap(), Some(Decimal::TWO));
    assert!(object.remove(&["ratio"]));
    assert_eq!(object.as_str(), "{}");
}

proptest! {
    #[test]
    fn what_is_set_is_read(
        keys in prop::collection::vec("[a-z\"\\\\]{0,3}", 0..6), value in any::<i64>(), name in ".{0,12}",
    ) {
        let body: Vec<String> = keys
            .iter()
            .enumerate()
            .map(|(index, key)| format!("{}: {index}", serde_json::to_string(key).unwrap()))
            .collect();
        let object = JsonObject::from_text(format!("{{{}}}", body.join(" , ")));
        prop_assume!(object.is_valid());
        let changed = object.clone().with(RATIO, value).with(NAME, name.as_str());
        prop_assert!(changed.is_valid());
        prop_assert_eq!(changed.get(RATIO).unwrap(), Some(Decimal::from(value)));
        prop_assert_eq!(changed.get(NAME).unwrap(), Some(name));
        for key in keys {
            prop_assert_eq!(object.raw(&key).unwrap(), changed.raw(&key).unwrap());
        }
    }
}
