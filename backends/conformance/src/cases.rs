//! The cases, one file a topic. Every `pub async fn` is a case: the build script finds it, and its
//! doc comment is what it promises.

pub mod aggregate;
pub mod cancel;
pub mod claim;
pub mod closure;
pub mod code;
pub mod count;
pub mod decimal;
pub mod delete;
pub mod error_kind;
pub mod fault;
pub mod filter;
pub mod insert;
pub mod insert_many;
pub mod json;
pub mod moment;
pub mod order;
pub mod page;
pub mod poison;
pub mod pool;
pub mod race;
pub mod refused;
pub mod repository;
pub mod round_trip;
pub mod savepoint;
pub mod schema;
pub mod select;
pub mod stream;
pub mod text;
pub mod transaction;
pub mod unique;
pub mod update;
pub mod upsert;
