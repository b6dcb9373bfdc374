//! The cases, one file a topic. Every `pub(crate) async fn` is a case: the build script finds it, and its
//! doc comment is what it promises.

pub(crate) mod aggregate;
pub(crate) mod cancel;
pub(crate) mod claim;
pub(crate) mod closure;
pub(crate) mod code;
pub(crate) mod count;
pub(crate) mod decimal;
pub(crate) mod delete;
pub(crate) mod error_kind;
pub(crate) mod fault;
pub(crate) mod filter;
pub(crate) mod insert;
pub(crate) mod insert_many;
pub(crate) mod json;
pub(crate) mod moment;
pub(crate) mod order;
pub(crate) mod page;
pub(crate) mod poison;
pub(crate) mod pool;
pub(crate) mod race;
pub(crate) mod refused;
pub(crate) mod repository;
pub(crate) mod round_trip;
pub(crate) mod savepoint;
pub(crate) mod schema;
pub(crate) mod script;
pub(crate) mod select;
pub(crate) mod stream;
pub(crate) mod text;
pub(crate) mod transaction;
pub(crate) mod unique;
pub(crate) mod update;
pub(crate) mod upsert;
