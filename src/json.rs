//! JSON objects that keep unknown keys: known keys are typed, all others are kept byte for byte.

mod define;
mod input;
mod key;
mod object;
mod scan;
mod value;
mod value_free;
mod violations;

pub(crate) use define::json_object;
pub use input::JsonInput;
pub use key::{JsonKey, KnownKey};
pub use object::JsonObject;
pub use value::JsonValue;
pub(crate) use value_free::value_free_json;
