//! Integers: any stored width is read and its range checked.

use super::Field;
use crate::error::{Error, Result};
use crate::kind::ColumnType;
use crate::reader::RowReader;
use crate::sink::ParamSink;

macro_rules! integer {
    ($($type:ty => $column:ident),+) => {$(
        impl Field for $type {
            const TYPE: ColumnType = ColumnType::$column;

            fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
                sink.integer((*self).into())
            }

            fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
                row.integer(index)?
                    .map(Self::try_from)
                    .transpose()
                    .map_err(|_| {
                        Error::corrupt(concat!("the stored integer does not fit ", stringify!($type)))
                            .with_column(row.column(index).name)
                    })
            }
        }
    )+};
}

integer!(i16 => I16, i32 => I32, i64 => I64);
