//! JSON whose errors hold no values: objects whose members come from several structs (what
//! `#[derive(JsonRecord)]` implements), numbers digit by digit, and moments.

pub mod decimal;
pub(crate) mod member;
pub mod millis;
mod number;
pub(crate) mod record;
mod value_free;

pub use number::{RawJson, integer};
pub use record::{JsonPartial, JsonRead};
pub use value_free::{Fault, ValueFree, value_free};
