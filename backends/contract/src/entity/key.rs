//! Primary keys.

use crate::entity::field::Field;
use crate::error::{Error, Result};
use crate::row::encode::ValuesSink;
use crate::row::reader::RowReader;
use crate::row::sink::ParamSink;
use crate::row::value::Value;
use crate::table::definition::TableDef;

/// A primary key: one field, or a tuple of up to four.
pub trait EntityKey: Clone + std::fmt::Debug + Send + Sync + 'static {
    /// Writes the values in the order of [`TableDef::primary_key`].
    ///
    /// # Errors
    /// Returns the errors of the sink.
    fn write(&self, sink: &mut dyn ParamSink) -> Result<()>;

    /// Reads the key of a row whose key columns are at these positions.
    ///
    /// # Errors
    /// Returns [`Corrupt`](crate::ErrorKind::Corrupt) when a stored value cannot be read as its type.
    fn read(row: &dyn RowReader, positions: &[usize]) -> Result<Self>;
}

impl<T: Field + Clone + std::fmt::Debug + Send + Sync + 'static> EntityKey for T {
    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        Field::write(self, sink)
    }

    fn read(row: &dyn RowReader, positions: &[usize]) -> Result<Self> {
        T::read(row, part(positions, 0)?)
    }
}

fn part(positions: &[usize], index: usize) -> Result<usize> {
    let part = positions.get(index).copied();
    part.ok_or_else(|| Error::corrupt("the key has more parts than the table's"))
}

macro_rules! tuple_key {
    ($($name:ident $index:tt),+) => {
        impl<$($name),+> EntityKey for ($($name,)+)
        where
            $($name: Field + Clone + std::fmt::Debug + Send + Sync + 'static),+
        {
            fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
                $(Field::write(&self.$index, sink)?;)+
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

/// The values of a key, in the order of the primary key.
pub(crate) fn key_values(table: &'static TableDef, key: &impl EntityKey) -> Result<Vec<Value>> {
    let mut sink = ValuesSink::new(table, table.key_positions());
    key.write(&mut sink)
        .map_err(|error| error.with_table(table.name))?;
    Ok(sink.values)
}
