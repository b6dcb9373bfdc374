//! Entities: plain structs that know their table.

use crate::entity::key::EntityKey;
use crate::error::Result;
use crate::row::reader::RowReader;
use crate::row::sink::ParamSink;
use crate::table::definition::{ColumnDef, TableDef};

/// A struct whose values are rows of one table. `#[derive(Entity)]` implements it.
///
/// ```
/// use genledger_contract::Entity;
/// use genledger_contract::table::TableDef;
///
/// /// A price list.
/// #[derive(Clone, Debug, PartialEq, Entity)]
/// #[entity(crate = genledger_contract, table = "price_lists", key(id), index(region))]
/// struct PriceList {
///     /// Its number.
///     id: i64,
///     /// The region it is valid in.
///     #[column(max_chars = 16)]
///     region: String,
///     /// A remark.
///     remark: Option<String>,
/// }
///
/// const TABLE: &TableDef = PriceList::TABLE;
/// assert_eq!(TABLE.columns[1].name, "region");
/// let list = PriceList { id: 7, region: "eu".into(), remark: None };
/// assert_eq!(list.key(), 7);
/// ```
pub trait Entity: Sized + Clone + Send + Sync + 'static {
    /// The primary key: the field's type, or a tuple for a composite key.
    type Key: EntityKey;

    /// The table.
    const TABLE: &'static TableDef;

    /// The primary key of this value.
    fn key(&self) -> Self::Key;

    /// Writes the values in the order of [`TableDef::columns`].
    ///
    /// # Errors
    /// Returns the errors of the sink.
    fn write(&self, sink: &mut dyn ParamSink) -> Result<()>;

    /// Reads a value from a row that has the table's columns in their order.
    ///
    /// # Errors
    /// Returns [`Corrupt`](crate::ErrorKind::Corrupt) when a stored value cannot be read as its type.
    fn read(row: &dyn RowReader) -> Result<Self>;
}

/// An entity with a version for optimistic locking, the column [`TableDef::version`]. Every update, upsert of
/// a stored row and claim increments it, unless its changes name the column; `update_version` also compares
/// it. SQL that the application writes has to increment it itself.
///
/// `#[entity(version = version)]` implements it for an `i64` field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no version",
    note = "name an `i64` field that every update increments: `#[entity(version = version)]`"
)]
pub trait Versioned: Entity {
    /// The version.
    fn version(&self) -> i64;

    /// The same entity with another version.
    #[must_use]
    fn with_version(self, version: i64) -> Self;
}

/// A struct that is flattened into entities. `#[derive(Embed)]` implements it, together with a
/// trait `<Name>Columns` of typed columns for every entity that embeds it.
pub trait Embed: Sized {
    /// Its columns in order.
    const COLUMNS: &'static [ColumnDef];

    /// Writes the values in the order of [`Embed::COLUMNS`].
    ///
    /// # Errors
    /// Returns the errors of the sink.
    fn write(&self, sink: &mut dyn ParamSink) -> Result<()>;

    /// Reads a value from the columns that begin at `start`.
    ///
    /// # Errors
    /// Returns [`Corrupt`](crate::ErrorKind::Corrupt) when a stored value cannot be read as its type.
    fn read(row: &dyn RowReader, start: usize) -> Result<Self>;
}

/// Marks the entities into which `T` is flattened, so that `T`'s typed columns exist on them.
pub trait Embeds<T: Embed>: Entity {}
