//! The storage contract of genledger: what a backend must know, nothing about the domain.
//!
//! The contract sits below the domain and the backends. An application meets it through the crate
//! `genledger`, which re-exports it; a backend implements [`Store`] and the traits of [`backend`]
//! against it and proves itself with the suite in `genledger-conformance`.
//!
//! | layer | what it is |
//! |---|---|
//! | [`Entity`], [`Field`], [`CodedEnum`] | plain structs and enums that know their table and codes |
//! | [`TableDef`], [`ColumnDef`] | the constant description that `#[derive(Entity)]` writes |
//! | [`Column`], [`Filter`], [`Query`], [`Page`] | typed conditions and keyset pages |
//! | [`Statement`], [`Select`], [`Reply`] | the statements and what they reply with, as plain data |
//! | [`Session`], [`Transaction`], [`Store`] | where statements are executed |
//! | [`backend`] | what a backend implements |
//! | [`SessionExt`], [`StoreExt`], [`Repository`] | what an application calls |
//! | [`Error`] | one concrete error with a [kind](ErrorKind) |

// The derive macros name this crate by its own name, also in its own examples and tests.
#[cfg_attr(
    not(test),
    expect(unused_extern_crates, reason = "named by the derive macros")
)]
extern crate self as genledger_contract;

mod aggregate;
pub mod backend;
mod batch;
mod capability;
mod claim;
mod code;
mod column;
mod difference;
mod encode;
mod entity;
mod error;
mod explain;
mod field;
mod filter;
pub mod json;
mod kind;
mod migration;
mod order;
mod page;
mod reader;
mod repository;
mod session;
mod sink;
mod statement;
mod store;
mod table;
mod transaction;
mod value;

pub use aggregate::{AggregateQuery, AggregateRow, Count};
pub use batch::{Row, RowBatch, Rows};
pub use capability::Capability;
pub use claim::ClaimQuery;
pub use code::{CodedEnum, UnrecognizedCode};
pub use column::{Column, ColumnSum, Filterable, Indexed, Joins, Operand, Unindexed};
pub use difference::{Difference, Severity};
pub use encode::has_escaped_nul;
pub use entity::{Embed, Embeds, Entity, EntityKey, Versioned};
pub use error::{Error, ErrorKind, Result, Violation, Violations};
pub use explain::{Explain, ReadStatement};
pub use field::{Field, Json, JsonText, TextField, read_json, read_json_with, write_json};
pub use filter::{Comparison, Filter, Guard, MAX_FILTER_DEPTH, Predicate, TextMatch, successor};
#[doc(hidden)]
pub use genledger_derive::repository;
pub use genledger_derive::{CodedEnum, Embed, Entity, Field, JsonRecord, New};
pub use json::{JsonPartial, JsonRead, JsonRecord};
pub use kind::{ColumnType, Kind, MAX_TEXT_BYTES, UuidFormat};
pub use migration::{MigrationReport, MigrationSet, Script};
pub use order::Order;
pub use page::{Cursor, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Page, Query};
pub use reader::RowReader;
#[cfg(feature = "mock")]
pub use repository::MockRepository;
pub use repository::{Repository, StoreRepository};
pub use session::{Autocommit, Claimed, Session, SessionExt, Unreadable};
pub use sink::ParamSink;
pub use statement::{
    Action, Aggregate, Assignment, Change, Changes, Claim, ClaimedRows, Delete, Direction,
    Duplicates, Group, Insert, KeyedUpdate, MAX_FILTER_VALUES, Measure, OrderBy, Reply, RowOutcome,
    RowUpdate, RowVisitor, Select, Statement, Update, UpdateEach, UpdatedRows, Upsert,
};
pub use store::{Once, RetryPolicy, RoutedStore, Store, StoreClock, StoreExt};
pub use table::{
    Code, CodeDef, ColumnDef, DefaultValue, IndexColumn, IndexDef, Layout, Placement, SqlType,
    TableDef, UniqueDef, column_count, concat_columns,
};
pub use transaction::{OwnTransaction, Transaction, Tx};
pub use value::{Value, ValueRef};

/// What the derive macros refer to; not part of the public contract.
#[doc(hidden)]
pub mod __private {
    pub use crate::json::member::concat_names;
    pub use crate::json::read_record;
    pub use serde;

    /// The error of a column. An entity is read by a chain of reads that may fail; for all that the
    /// compiler knows each of them does half of the time, and the later ones would not be worth
    /// inlining. This call says that it is rare.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn failed(error: crate::Error) -> crate::Error {
        error
    }
}
