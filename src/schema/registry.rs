//! The registry: every entity of this crate, with the metadata for documentation and exports.

mod document;
mod entities;

use crate::contract::Entity;
use crate::contract::table::{ColumnDef, TableDef};

pub use document::{
    CodeDocument, CodesDocument, FieldDocument, FieldExtras, IndexDocument, IndexExtras,
    NestedDocument, SummaryDocument, SummaryExtras, TableDocument,
};
pub use entities::entities;

/// A part of the platform that its tables belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Domain {
    /// Usage logs of the model gateway.
    Usage,
    /// Midjourney tasks of the model gateway.
    Midjourney,
    /// Image and video generation on a pool of accounts.
    Generation,
    /// Metering and money.
    Accounting,
    /// The business logs of the platform.
    Activity,
    /// Events that are read in one order.
    Outbox,
}

impl Domain {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Usage,
        Self::Midjourney,
        Self::Generation,
        Self::Accounting,
        Self::Activity,
        Self::Outbox,
    ];

    /// The name, as in the names of files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Midjourney => "midjourney",
            Self::Generation => "generation",
            Self::Accounting => "accounting",
            Self::Activity => "activity",
            Self::Outbox => "outbox",
        }
    }

    /// What it is about, for headings.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Usage => "Usage logs of the model gateway",
            Self::Midjourney => "Midjourney tasks of the model gateway",
            Self::Generation => "Image and video generation",
            Self::Accounting => "Metering and money",
            Self::Activity => "Business logs of the platform",
            Self::Outbox => "Outbox: events in one order",
        }
    }
}

/// An entity as constant data.
///
/// ```
/// use genledger::schema::registry::{Domain, entities};
///
/// let search = entities().iter().find(|entity| entity.name == "SearchLog").unwrap();
/// assert_eq!(search.domain, Domain::Activity);
/// assert_eq!(search.table.name, "search_logs");
/// assert_eq!(search.json_name("key_word"), Some("KeyWord"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntityDef {
    /// The struct.
    pub name: &'static str,
    /// The part of the platform.
    pub domain: Domain,
    /// The table, with columns, keys, indexes, codes and descriptions.
    pub table: &'static TableDef,
    /// The struct that is flattened into this one and others; documented once.
    pub base: Option<&'static str>,
    /// The JSON objects inside of columns whose members are known.
    pub nested: &'static [NestedDef],
    /// References to rows of other tables, without a foreign key.
    pub relations: &'static [RelationDef],
}

/// A JSON object inside of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NestedDef {
    /// The struct.
    pub name: &'static str,
    /// The column.
    pub column: &'static str,
    /// Whether the column holds a list of them.
    pub list: bool,
    /// The members, described as columns are.
    pub members: &'static [ColumnDef],
}

/// A column that names rows of another table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelationDef {
    /// The column.
    pub column: &'static str,
    /// The other table.
    pub table: &'static str,
}

impl EntityDef {
    /// An entity without a base, nested objects and relations.
    #[must_use]
    const fn of<E: Entity>(name: &'static str, domain: Domain) -> Self {
        Self {
            name,
            domain,
            table: E::TABLE,
            base: None,
            nested: &[],
            relations: &[],
        }
    }

    /// The name of a column in JSON; `None` for a column that is not in JSON.
    #[must_use]
    pub fn json_name(&self, column: &str) -> Option<&'static str> {
        name_in(self.table.columns, column)
    }
}

impl NestedDef {
    /// The name of a member in JSON; `None` for one that has no name of its own.
    #[must_use]
    pub fn json_name(&self, member: &str) -> Option<&'static str> {
        name_in(self.members, member)
    }
}

fn name_in(columns: &'static [ColumnDef], name: &str) -> Option<&'static str> {
    columns.iter().find(|column| column.name == name)?.member
}
