//! The storage contract of genledger: what a backend must know, nothing about the domain.
//!
//! The contract is below the domain and the backends. An application uses it through the crate `genledger`,
//! which re-exports it; a backend implements [`Store`] and the traits of [`backend`], and runs the suite of
//! `genledger-conformance`.
//!
//! What most code needs is here; the rest is in modules, from the bottom to the top:
//!
//! | module | what it holds |
//! |---|---|
//! | *(here)* | [`Entity`] and the other derives, [`Filter`], [`Query`], [`Page`], [`Store`], [`Session`], [`Transaction`], [`Repository`], [`Error`] with its [kind](ErrorKind) |
//! | [`table`] | the constant description of a table that `#[derive(Entity)]` writes |
//! | [`row`] | values, rows and batches, and how they are written and read |
//! | [`entity`] | what fields, codes, keys and typed columns are |
//! | [`json`] | serde of entities, with errors that hold no values |
//! | [`statement`] | the statements and what they reply with, as plain data |
//! | [`query`] | typed conditions, orders, sums, changes and claims, which become statements |
//! | [`schema`] | migrations, differences, tables that exist already |
//! | [`backend`] | what a backend implements |
//! | [`session`], [`store`] | what sessions and stores return and are configured with |

// The derive macros name this crate by its own name, also in its own examples and tests.
#[cfg_attr(
    not(test),
    expect(unused_extern_crates, reason = "named by the derive macros")
)]
extern crate self as genledger_contract;

pub mod backend;
pub mod entity;
mod error;
pub mod json;
pub mod query;
pub mod row;
pub mod schema;
pub mod session;
pub mod statement;
pub mod store;
pub mod table;

pub use entity::code::CodedEnum;
pub use entity::field::Field;
pub use entity::mapping::{Embed, Entity};
pub use error::{Error, ErrorKind, Result, Violation, Violations};
#[doc(hidden)]
pub use genledger_derive::repository;
pub use genledger_derive::{CodedEnum, Embed, Entity, Field, JsonRecord, New};
pub use json::record::JsonRecord;
pub use query::filter::Filter;
pub use query::page::cursor::Cursor;
pub use query::page::{Page, Query};
pub use schema::migration::MigrationSet;
pub use session::ext::SessionExt;
pub use session::transaction::{Session, Transaction, Tx};
pub use statement::insert::RowOutcome;
pub use store::base::Store;
pub use store::ext::StoreExt;
#[cfg(feature = "mock")]
pub use store::repository::MockRepository;
pub use store::repository::Repository;

/// What the derive macros refer to; not part of the public contract.
#[doc(hidden)]
pub mod __private {
    pub use crate::json::member::concat_names;
    pub use crate::json::record::read_record;
    pub use crate::table::concat::{column_count, concat_columns};
    pub use serde;

    /// Marks the error of a column as rare. An entity is read by a chain of reads that may fail; without this
    /// call the compiler assumes that each fails half of the time, and does not inline the later ones.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn failed(error: crate::Error) -> crate::Error {
        error
    }
}
