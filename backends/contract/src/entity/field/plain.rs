//! Fields that are written and read by one method of a sink and a reader.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::entity::field::Field;
use crate::error::{Error, Result};
use crate::row::reader::RowReader;
use crate::row::sink::ParamSink;
use crate::table::kind::{ColumnType, UuidFormat};

impl Field for bool {
    const TYPE: ColumnType = ColumnType::Bool;

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.bool(*self)
    }

    #[inline]
    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        row.bool(index)
    }
}

impl Field for Decimal {
    const TYPE: ColumnType = ColumnType::Decimal {
        precision: 18,
        scale: 6,
    };

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.decimal(*self)
    }

    #[inline]
    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        row.decimal(index)
    }
}

impl Field for String {
    const TYPE: ColumnType = ColumnType::LongText;

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.text(self)
    }

    #[inline]
    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        Ok(row.text(index)?.map(str::to_owned))
    }
}

impl Field for Vec<u8> {
    const TYPE: ColumnType = ColumnType::Bytes;

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.bytes(self)
    }

    #[inline]
    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        Ok(row.bytes(index)?.map(<[u8]>::to_vec))
    }
}

impl Field for DateTime<Utc> {
    const TYPE: ColumnType = ColumnType::DateTime { digits: 6 };

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.date_time(*self)
    }

    #[inline]
    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        row.moment(index)
    }
}

impl Field for Uuid {
    const TYPE: ColumnType = ColumnType::Uuid(UuidFormat::Hyphenated);

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.uuid(*self)
    }

    #[inline]
    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        row.text(index)?
            .map(Self::parse_str)
            .transpose()
            // The parser's message quotes a character, so it is left out.
            .map_err(|_| {
                Error::corrupt("the stored text is not a UUID").with_column(row.column(index).name)
            })
    }
}
