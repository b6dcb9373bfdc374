//! Fields, their codes, and the objects inside of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::is_false;

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldDocument {
    /// The column's name.
    pub name: String,
    /// The SQL type; [`column_type`](Self::column_type) returns its meaning.
    #[serde(rename = "type")]
    pub sql_type: String,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// The default: null without one. A decimal is a number where a number has the same digits,
    /// otherwise a text.
    pub default: Value,
    /// What the column means.
    pub comment: String,
    /// What the format cannot express.
    #[serde(rename = "genledger", default, skip_serializing_if = "Option::is_none")]
    pub extras: Option<FieldExtras>,
}

/// What the format cannot express about a column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldExtras {
    /// What the SQL type means, where it has several meanings: `unix_seconds`, `unix_millis`,
    /// `json`, `uuid_simple`, `uuid_hyphenated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// The bounds of an integer, both inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<(i64, i64)>,
    /// Whether values are secrets or personal data.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
    /// Types that replace a dialect's own choice, by the dialect.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sql_types: BTreeMap<String, String>,
    /// The name in JSON, where it is not the column's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<String>,
    /// Whether the column is left out of JSON.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_in_json: bool,
    /// The JSON object inside of the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nested: Option<NestedDocument>,
}

/// A JSON object inside of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NestedDocument {
    /// The struct.
    pub name: String,
    /// Whether the column holds a list of them.
    pub list: bool,
    /// The members.
    pub fields: Vec<FieldDocument>,
    /// The codes of coded members.
    pub codes: Vec<CodesDocument>,
}

/// The codes of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodesDocument {
    /// The column.
    pub field: String,
    /// Its known codes.
    pub codes: Vec<CodeDocument>,
}

/// One code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeDocument {
    /// The code as it is stored: a number or a text.
    pub code: Value,
    /// The variant's name.
    pub name: String,
    /// What it means.
    pub comment: String,
}
