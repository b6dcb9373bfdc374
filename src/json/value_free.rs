//! JSON of structs whose members serde reads, with errors that hold no values.

/// Implements `Serialize` and `Deserialize` for a type that derives both with
/// `#[serde(remote = "Self")]`, which makes methods of them.
macro_rules! value_free_json {
    ($name:ident $(<$param:ident>)?) => {
        impl $(<$param>)? serde::Serialize for $name $(<$param>)? {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }

        impl<'de $(, $param)?> serde::Deserialize<'de> for $name $(<$param>)? {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(genledger_contract::json::ValueFree::new(deserializer))
                    .map_err(genledger_contract::json::Fault::into_error)
            }
        }
    };
}

pub(crate) use value_free_json;
