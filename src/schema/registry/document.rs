//! `TableDocument` and the types of its parts.

mod field;
mod make;
mod types;

use serde::{Deserialize, Serialize};

pub use field::{CodeDocument, CodesDocument, FieldDocument, FieldExtras, NestedDocument};

/// A table as a JSON document, in a format that other tools for such platforms write and read:
/// `{summary, fields, idxfields, codes}`.
///
/// | the format | here |
/// |---|---|
/// | `summary` | one object: `name`, `title` (the description), `primary` (the key, its columns joined by commas), `classification` (always `business`) |
/// | `fields` | `name`, `type` (as of `MySQL`, without a collation), `nullable`, `default`, `comment` |
/// | `idxfields` | `name`, `fields`, `unique`: unique keys first, then indexes |
/// | `codes` | `field` and its `codes`, each with `code`, `name` and `comment` |
///
/// What the format cannot express is in a member `genledger` of the object that it describes, which is
/// left out where there is nothing to add: the entity, domain and base of a table, whether its rows
/// change, and how rows are marked as deleted ([`SummaryExtras`]); the exact type of a field where
/// its SQL type has several meanings, bounds, secrecy, its name in JSON and the object inside of it
/// ([`FieldExtras`]); descending columns, and keys of rows that are not deleted ([`IndexExtras`]).
/// Other readers ignore that member, and documents without it are read as well.
///
/// ```
/// use genledger::schema::registry::{TableDocument, entities};
///
/// let document = TableDocument::of(&entities()[0]);
/// let json = serde_json::to_string(&document)?;
/// assert_eq!(serde_json::from_str::<TableDocument>(&json)?, document);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDocument {
    /// The table: one object.
    pub summary: Vec<SummaryDocument>,
    /// The columns in order.
    pub fields: Vec<FieldDocument>,
    /// Unique keys and indexes.
    pub idxfields: Vec<IndexDocument>,
    /// The codes of coded columns.
    pub codes: Vec<CodesDocument>,
}

/// What a table is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryDocument {
    /// The table's name.
    pub name: String,
    /// What a row is.
    pub title: String,
    /// The columns of the primary key, joined by commas.
    pub primary: String,
    /// The class of the table.
    pub classification: String,
    /// What the format cannot express.
    #[serde(rename = "genledger", default, skip_serializing_if = "Option::is_none")]
    pub extras: Option<SummaryExtras>,
}

/// What the format cannot express about a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryExtras {
    /// The entity.
    pub entity: String,
    /// The domain.
    pub domain: String,
    /// The struct whose columns others share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Whether rows never change.
    #[serde(default, skip_serializing_if = "is_false")]
    pub append_only: bool,
    /// The column that marks a row as deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soft_delete: Option<String>,
    /// The column that every update increments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Columns that name rows of other tables: pairs of a column and a table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<(String, String)>,
}

/// A unique key or an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexDocument {
    /// The name.
    pub name: String,
    /// The columns in order.
    pub fields: Vec<String>,
    /// Whether it is a unique key.
    pub unique: bool,
    /// What the format cannot express.
    #[serde(rename = "genledger", default, skip_serializing_if = "Option::is_none")]
    pub extras: Option<IndexExtras>,
}

/// What the format cannot express about an index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexExtras {
    /// The columns of which the greatest value comes first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub descending: Vec<String>,
    /// Whether only rows that are not softly deleted count.
    #[serde(default, skip_serializing_if = "is_false")]
    pub live_only: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde requires"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// The extras, unless they are empty.
fn unless_empty<T: Default + PartialEq>(extras: T) -> Option<T> {
    (extras != T::default()).then_some(extras)
}
