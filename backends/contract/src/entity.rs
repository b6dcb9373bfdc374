//! Entities: plain structs that know their table, the types of their fields, and their typed columns.

mod check;
pub(crate) mod code;
pub(crate) mod column;
pub(crate) mod field;
pub(crate) mod key;
pub(crate) mod mapping;
pub(crate) mod operand;
mod rows;

pub use code::UnrecognizedCode;
pub use column::{Column, ColumnSum, Filterable, Indexed, Joins, Unindexed};
pub use field::TextField;
pub use field::json::{Json, JsonText, read_json, read_json_with, write_json};
pub use key::EntityKey;
pub use mapping::{Embeds, Versioned};
pub use operand::Operand;
