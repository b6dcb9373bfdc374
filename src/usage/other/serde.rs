//! `other` in JSON: a text that holds JSON.

use std::fmt;

use genledger_contract::json::{Fault, RawJson, ValueFree};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::UsageLogOther;

impl Serialize for UsageLogOther {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for UsageLogOther {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let deserializer = ValueFree::new(deserializer);
        let read = if deserializer.is_human_readable() {
            deserializer.deserialize_any(OtherVisitor)
        } else {
            deserializer.deserialize_string(OtherVisitor)
        };
        read.map_err(Fault::into_error)
    }
}

/// Accepts the text, null, or the object itself.
struct OtherVisitor;

impl<'de> Visitor<'de> for OtherVisitor {
    type Value = UsageLogOther;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text that holds a JSON object, or the object")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<UsageLogOther, E> {
        Ok(UsageLogOther::from_text(text))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<UsageLogOther, E> {
        Ok(UsageLogOther::from_text(text))
    }

    fn visit_unit<E: Error>(self) -> Result<UsageLogOther, E> {
        Ok(UsageLogOther::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UsageLogOther, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, RawJson>()? {
            let key = serde_json::to_string(&key).map_err(A::Error::custom)?;
            entries.push(format!("{key}:{}", value.into_json().get()));
        }
        Ok(UsageLogOther::from_text(format!(
            "{{{}}}",
            entries.join(",")
        )))
    }
}
