//! Integers: any stored width is read and its range checked.

use crate::entity::field::{Field, corrupt};
use crate::error::Result;
use crate::row::reader::RowReader;
use crate::row::sink::ParamSink;
use crate::table::kind::ColumnType;

macro_rules! integer {
    ($($type:ty => $column:ident),+) => {$(
        impl Field for $type {
            const TYPE: ColumnType = ColumnType::$column;

            fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
                sink.integer((*self).into())
            }

            #[inline]
            fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
                let message = concat!("the stored integer does not fit ", stringify!($type));
                row.integer(index)?
                    .map(Self::try_from)
                    .transpose()
                    .map_err(|_| corrupt(row, index, message))
            }
        }
    )+};
}

integer!(i16 => I16, i32 => I32, i64 => I64);
