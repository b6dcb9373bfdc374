//! Entities: plain structs that know their table.

use crate::batch::RowBatch;
use crate::error::Result;
use crate::filter::{Comparison, Predicate};
use crate::reader::RowReader;
use crate::sink::ParamSink;
use crate::statement::{Action, Assignment, Update};
use crate::table::{ColumnDef, TableDef};
use crate::value::Value;

/// A struct whose values are rows of one table. `#[derive(Entity)]` implements it.
///
/// ```
/// use genledger_contract::{Entity, TableDef};
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
    /// Those of the sink.
    fn write(&self, sink: &mut dyn ParamSink) -> Result<()>;

    /// Reads a value from a row that has the table's columns in their order.
    ///
    /// # Errors
    /// [`Corrupt`](crate::ErrorKind::Corrupt) when a stored value cannot be read as its type.
    fn read(row: &dyn RowReader) -> Result<Self>;
}

/// An entity with a version that every update counts up: the optimistic lock.
/// `#[entity(version = version)]` implements it for an `i64` field.
pub trait Versioned: Entity {
    /// The position of the version's column.
    const VERSION_COLUMN: usize;

    /// The version.
    fn version(&self) -> i64;

    /// The same with another version.
    #[must_use]
    fn with_version(self, version: i64) -> Self;
}

/// The entity with the next version, and the update that stores it over the row with its version.
pub(crate) fn next_version<E: Versioned>(entity: &E) -> (E, Result<Update>) {
    let next = entity
        .clone()
        .with_version(entity.version().wrapping_add(1));
    let update = || {
        let row = RowBatch::of(std::slice::from_ref(&next))?;
        let keys = E::TABLE.key_positions();
        let version = Value::I64(entity.version());
        let filter = Predicate::equals(&keys, row.key(0)).and(Predicate::compare(
            E::VERSION_COLUMN,
            Comparison::Eq,
            version,
        ));
        let assignments = (0..E::TABLE.columns.len())
            .filter(|column| !keys.contains(column))
            .map(|column| Assignment {
                column,
                action: Action::Set(row.value(0, column).into()),
            });
        Ok(Update {
            table: E::TABLE,
            assignments: assignments.collect(),
            filter,
            returning: false,
        })
    };
    let update = update();
    (next, update)
}

/// A struct that is flattened into entities. `#[derive(Embed)]` implements it, together with a
/// trait `<Name>Columns` of typed columns for every entity that embeds it.
pub trait Embed: Sized {
    /// Its columns in order.
    const COLUMNS: &'static [ColumnDef];

    /// Writes the values in the order of [`Embed::COLUMNS`].
    ///
    /// # Errors
    /// Those of the sink.
    fn write(&self, sink: &mut dyn ParamSink) -> Result<()>;

    /// Reads a value from the columns that begin at `start`.
    ///
    /// # Errors
    /// [`Corrupt`](crate::ErrorKind::Corrupt) when a stored value cannot be read as its type.
    fn read(row: &dyn RowReader, start: usize) -> Result<Self>;
}

/// Marks the entities into which `T` is flattened, so that `T`'s typed columns exist on them.
pub trait Embeds<T: Embed>: Entity {}

/// A primary key: one field, or a tuple of up to four.
pub trait EntityKey: Clone + std::fmt::Debug + Send + Sync + 'static {
    /// Writes the values in the order of [`TableDef::primary_key`].
    ///
    /// # Errors
    /// Those of the sink.
    fn write(&self, sink: &mut dyn ParamSink) -> Result<()>;

    /// Reads the key of a row whose key columns are at these positions.
    ///
    /// # Errors
    /// [`Corrupt`](crate::ErrorKind::Corrupt) when a stored value cannot be read as its type.
    fn read(row: &dyn RowReader, positions: &[usize]) -> Result<Self>;
}

impl<T: crate::field::Field + Clone + std::fmt::Debug + Send + Sync + 'static> EntityKey for T {
    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        crate::field::Field::write(self, sink)
    }

    fn read(row: &dyn RowReader, positions: &[usize]) -> Result<Self> {
        T::read(row, part(positions, 0)?)
    }
}

fn part(positions: &[usize], index: usize) -> Result<usize> {
    let part = positions.get(index).copied();
    part.ok_or_else(|| crate::Error::corrupt("the key has more parts than the table's"))
}

macro_rules! tuple_key {
    ($($name:ident $index:tt),+) => {
        impl<$($name),+> EntityKey for ($($name,)+)
        where
            $($name: crate::field::Field + Clone + std::fmt::Debug + Send + Sync + 'static),+
        {
            fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
                $(crate::field::Field::write(&self.$index, sink)?;)+
                Ok(())
            }

            fn read(row: &dyn RowReader, positions: &[usize]) -> Result<Self> {
                Ok(($($name::read(row, part(positions, $index)?)?,)+))
            }
        }
    };
}

tuple_key!(A 0, B 1);
tuple_key!(A 0, B 1, C 2);
tuple_key!(A 0, B 1, C 2, D 3);
