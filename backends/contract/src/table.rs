//! The description of a table as constant data: what `#[derive(Entity)]` writes, and what migrations,
//! checks, statements and documentation are made of.

mod check;
pub(crate) mod concat;
pub(crate) mod definition;
pub(crate) mod kind;
mod width;

pub use definition::{
    Code, CodeDef, ColumnDef, DefaultValue, IndexColumn, IndexDef, SqlType, TableDef, UniqueDef,
};
pub use kind::{ColumnType, Kind, MAX_TEXT_BYTES, UuidFormat};
