//! A JSON column in the JSON of its row: the value itself, or a text where the column does not hold JSON.

use genledger_contract::json::RawJson;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::json::JsonObject;

pub(super) fn serialize<S: Serializer>(
    object: &JsonObject,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match serde_json::from_str::<&RawValue>(object.as_str()) {
        Ok(raw) => raw.serialize(serializer),
        Err(_) => serializer.serialize_str(object.as_str()),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<JsonObject, D::Error> {
    let json = RawJson::deserialize(deserializer)?.into_json();
    Ok(JsonObject::from_text(json.get()))
}
