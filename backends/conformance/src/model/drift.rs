//! Entities that do not match the existing tables.

use genledger_contract::Entity;
use serde::{Deserialize, Serialize};

/// A table that the databases of the suite do not have.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "suite_absent", key(id))]
pub(crate) struct Absent {
    /// Its number.
    pub(crate) id: i64,
    /// Something to change.
    #[column(filter)]
    pub(crate) version: i64,
}

/// [`Absent`] in a later version.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "suite_absent", key(id))]
pub(crate) struct Coloured {
    /// Its number.
    pub(crate) id: i64,
    /// Something to change.
    pub(crate) version: i64,
    /// A column that was added later.
    pub(crate) colour: Option<i64>,
}

/// A column with a range and a default.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "suite_ranged", key(id), index(level))]
pub(crate) struct Ranged {
    /// Its number.
    pub(crate) id: i64,
    /// A number with a range.
    #[column(default = 3, range(-5, 10))]
    pub(crate) level: i32,
    /// A nullable number.
    pub(crate) note: Option<i32>,
}

/// Keys and indexes of the greatest width.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    crate = genledger_contract,
    table = "suite_widest",
    key(name),
    unique(name = "uq_suite_widest", columns(number, other)),
    index(name = "ix_suite_widest", columns(third))
)]
pub(crate) struct Widest {
    /// The key.
    #[column(max_chars = 673)]
    pub(crate) name: String,
    /// The first part of a unique key.
    pub(crate) number: i64,
    /// The second.
    #[column(max_chars = 671)]
    pub(crate) other: String,
    /// Something with an index.
    #[column(max_chars = 671)]
    pub(crate) third: Option<String>,
}

/// [`Account`](super::Account) in a version that expects another type, one more column and one more index,
/// and does not know the rest.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    crate = genledger_contract,
    table = "suite_accounts",
    key(id),
    index(name = "ix_suite_drifted", columns(visits))
)]
pub(crate) struct DriftedAccount {
    /// Its number.
    pub(crate) id: i64,
    /// A number in the table, text here.
    #[column(max_chars = 16)]
    pub(crate) visits: String,
    /// Missing in the table.
    pub(crate) colour: Option<i64>,
}

/// [`Account`](super::Account) in a version whose integers are narrower.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "suite_accounts", key(id))]
pub(crate) struct NarrowAccount {
    /// Its number.
    pub(crate) id: i64,
    /// 64 bits in the table.
    pub(crate) version: i16,
    /// 32 bits in the table.
    #[column(filter)]
    pub(crate) visits: i64,
}

/// [`Account`](super::Account) in a version that reads a number as a boolean.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "suite_accounts", key(id))]
pub(crate) struct FlaggedAccount {
    /// Its number.
    pub(crate) id: i64,
    /// A number in the table.
    pub(crate) version: bool,
}

/// A JSON document that must have a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Typed {
    /// The number.
    pub(crate) number: i64,
}

/// [`Specimen`](super::Specimen) in a version that reads its JSON as a type.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "suite_specimens", key(tenant, number))]
pub(crate) struct TypedSpecimen {
    /// The first part of the key.
    #[column(max_chars = 32)]
    pub(crate) tenant: String,
    /// The second part of the key.
    pub(crate) number: i64,
    /// The document.
    #[column(json)]
    pub(crate) document: Typed,
}

/// [`Specimen`](super::Specimen) in a version that requires values where the table may have NULL.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "suite_specimens", key(tenant, number))]
pub(crate) struct RequiredSpecimen {
    /// The first part of the key.
    #[column(max_chars = 32)]
    pub(crate) tenant: String,
    /// The second part of the key.
    #[column(filter)]
    pub(crate) number: i64,
    /// NULL in some rows.
    #[column(filter)]
    pub(crate) maybe_small: i16,
    /// NULL in some rows.
    #[column(max_chars = 64, filter)]
    pub(crate) maybe_name: String,
}
