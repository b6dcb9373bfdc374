//! Values and rows: how they are written into a store, packed, and read.

pub(crate) mod batch;
mod cells;
pub(crate) mod check;
pub(crate) mod encode;
pub(crate) mod reader;
pub(crate) mod rows;
pub(crate) mod sink;
pub(crate) mod value;

pub use batch::RowBatch;
pub use check::has_escaped_nul;
pub use reader::RowReader;
pub use rows::{Row, Rows};
pub use sink::ParamSink;
pub use value::{Value, ValueRef};
