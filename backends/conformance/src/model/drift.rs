//! Entities that do not fit the tables as they are.

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
    /// What came later.
    pub(crate) colour: Option<i64>,
}

/// A column with a range and a default.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "suite_ranged", key(id), index(level))]
pub(crate) struct Ranged {
    /// Its number.
    pub(crate) id: i64,
    /// What has a range.
    #[column(default = 3, range(-5, 10))]
    pub(crate) level: i32,
    /// What may be missing.
    pub(crate) note: Option<i32>,
}

/// Keys and indexes as wide as they may be.
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

/// [`Account`](super::Account) as a version sees it that expects another type, a column more and
/// an index more, and does not know the rest.
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
    /// A number there, text here.
    #[column(max_chars = 16)]
    pub(crate) visits: String,
    /// Not there.
    pub(crate) colour: Option<i64>,
}

/// [`Account`](super::Account) as a version sees it whose integers are narrower.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "suite_accounts", key(id))]
pub(crate) struct NarrowAccount {
    /// Its number.
    pub(crate) id: i64,
    /// 64 bits there.
    pub(crate) version: i16,
    /// 32 bits there.
    #[column(filter)]
    pub(crate) visits: i64,
}

/// A JSON document that must have a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Typed {
    /// The number.
    pub(crate) number: i64,
}

/// [`Specimen`](super::Specimen) as a version sees it that reads its JSON.
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
