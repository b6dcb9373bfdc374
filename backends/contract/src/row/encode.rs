//! Encodes a field's value for its column, and checks the column's bounds.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::check::{self};
use crate::error::{Error, Result, Violation};
use crate::row::check::Purpose;
use crate::row::sink::ParamSink;
use crate::row::value::{Value, ValueRef};
use crate::table::definition::{ColumnDef, TableDef};
use crate::table::kind::{ColumnType, UuidFormat};

/// A value encoded for its column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Encoded {
    pub(crate) value: Value,
    /// Whether the column can hold the value exactly; if not, `value` is the greatest value of the
    /// column below it.
    pub(crate) exact: bool,
}

/// Encodes one value for the column at `position`.
pub(crate) fn encode_with(
    table: &'static TableDef,
    position: usize,
    purpose: Purpose,
    write: impl FnOnce(&mut dyn ParamSink) -> Result<()>,
) -> Result<Encoded> {
    let mut cell = Cell::new(table, position, purpose);
    write(&mut cell).map_err(|error| error.with_table(table.name))?;
    cell.encoded
        .ok_or_else(|| Error::invalid("the operand wrote no value").with_table(table.name))
}

/// Encodes values for several columns in order, to be compared: those of a key, or of a whole row as it was
/// read, which may violate rules that apply only to writes.
pub(crate) struct ValuesSink {
    table: &'static TableDef,
    positions: Vec<usize>,
    pub(crate) values: Vec<Value>,
}

impl ValuesSink {
    pub(crate) const fn new(table: &'static TableDef, positions: Vec<usize>) -> Self {
        Self {
            table,
            positions,
            values: Vec::new(),
        }
    }
}

impl Receive for ValuesSink {
    fn target(&self) -> Result<(&'static TableDef, &'static ColumnDef, Purpose)> {
        let position = self
            .positions
            .get(self.values.len())
            .ok_or_else(|| Error::invalid("there are more values than columns"))?;
        Ok((self.table, &self.table.columns[*position], Purpose::Compare))
    }

    fn take(&mut self, value: ValueRef<'_>, _exact: bool) -> Result<()> {
        self.values.push(value.into());
        Ok(())
    }
}

struct Cell {
    table: &'static TableDef,
    position: usize,
    purpose: Purpose,
    encoded: Option<Encoded>,
}

impl Cell {
    fn new(table: &'static TableDef, position: usize, purpose: Purpose) -> Self {
        Self {
            table,
            position,
            purpose,
            encoded: None,
        }
    }
}

impl Receive for Cell {
    fn target(&self) -> Result<(&'static TableDef, &'static ColumnDef, Purpose)> {
        Ok((self.table, &self.table.columns[self.position], self.purpose))
    }

    fn take(&mut self, value: ValueRef<'_>, exact: bool) -> Result<()> {
        self.encoded = Some(Encoded {
            value: value.into(),
            exact,
        });
        Ok(())
    }
}

/// A sink that receives encoded and checked values; every `Receive` is a [`ParamSink`].
pub(crate) trait Receive {
    /// The column that the next value is for.
    fn target(&self) -> Result<(&'static TableDef, &'static ColumnDef, Purpose)>;
    /// Receives the encoded value.
    fn take(&mut self, value: ValueRef<'_>, exact: bool) -> Result<()>;
    /// Receives the error of a value that does not fit its column, and returns it, unless further violations are collected.
    fn refuse(&mut self, error: Error) -> Result<()> {
        Err(error)
    }
}

impl<R: Receive> ParamSink for R {
    fn null(&mut self) -> Result<()> {
        let (_, column, purpose) = self.target()?;
        if purpose != Purpose::Compare && !column.nullable {
            let violation = Violation::new(column.path(), "required", "must not be empty");
            return self.refuse(violation.into());
        }
        self.take(ValueRef::Null, true)
    }

    fn bool(&mut self, value: bool) -> Result<()> {
        let (_, column, _) = self.target()?;
        match column.column_type {
            ColumnType::Bool => self.take(ValueRef::Bool(value), true),
            _ => Err(check::wrong_kind(column)),
        }
    }

    fn integer(&mut self, value: i64) -> Result<()> {
        let (_, column, purpose) = self.target()?;
        match check::integer(column, purpose, value) {
            Ok(value) => self.take(value, true),
            Err(error) => self.refuse(error),
        }
    }

    fn decimal(&mut self, value: Decimal) -> Result<()> {
        let (_, column, purpose) = self.target()?;
        match check::decimal(column, purpose, value) {
            Ok((value, exact)) => self.take(ValueRef::Decimal(value), exact),
            Err(error) => self.refuse(error),
        }
    }

    fn text(&mut self, value: &str) -> Result<()> {
        let (table, column, purpose) = self.target()?;
        match check::text(table, column, purpose, value) {
            Ok(()) => self.take(ValueRef::Text(value), true),
            Err(error) => self.refuse(error),
        }
    }

    fn bytes(&mut self, value: &[u8]) -> Result<()> {
        let (_, column, _) = self.target()?;
        match check::bytes(column, value) {
            Ok(()) => self.take(ValueRef::Bytes(value), true),
            Err(error) => self.refuse(error),
        }
    }

    fn json(&mut self, value: &str) -> Result<()> {
        let (_, column, purpose) = self.target()?;
        match check::json(column, purpose, value) {
            Ok(()) => self.take(ValueRef::Json(value), true),
            Err(error) => self.refuse(error),
        }
    }

    fn date_time(&mut self, value: DateTime<Utc>) -> Result<()> {
        let (_, column, purpose) = self.target()?;
        if let Err(error) = check::year(column, purpose, value) {
            return self.refuse(error);
        }
        let (encoded, back) = match column.column_type {
            ColumnType::UnixSeconds => {
                let seconds = value.timestamp();
                (ValueRef::I64(seconds), DateTime::from_timestamp(seconds, 0))
            }
            ColumnType::UnixMillis => {
                let millis = value.timestamp_millis();
                (
                    ValueRef::I64(millis),
                    DateTime::from_timestamp_millis(millis),
                )
            }
            ColumnType::DateTime { digits } => {
                // In microseconds, which reach beyond the years of the check; chrono's own
                // truncation counts nanoseconds and ends in the year 2262.
                let unit = if digits == 3 { 1000 } else { 1 };
                let micros = value.timestamp_micros().div_euclid(unit) * unit;
                let truncated = DateTime::from_timestamp_micros(micros)
                    .ok_or_else(|| Error::invalid("the time is out of range"))?;
                (ValueRef::DateTime(truncated), Some(truncated))
            }
            _ => return Err(check::wrong_kind(column)),
        };
        self.take(encoded, back == Some(value))
    }

    fn uuid(&mut self, value: Uuid) -> Result<()> {
        let (_, column, _) = self.target()?;
        let mut buffer = Uuid::encode_buffer();
        let text: &str = match column.column_type {
            ColumnType::Uuid(UuidFormat::Hyphenated) => {
                value.hyphenated().encode_lower(&mut buffer)
            }
            ColumnType::Uuid(UuidFormat::Simple) => value.simple().encode_lower(&mut buffer),
            _ => return Err(check::wrong_kind(column)),
        };
        self.take(ValueRef::Text(text), true)
    }

    fn unrecognized_integer(&mut self, code: i64) -> Result<()> {
        let (_, column, purpose) = self.target()?;
        if purpose != Purpose::Compare {
            return self.refuse(check::unrecognized(column));
        }
        self.integer(code)
    }

    fn unrecognized_text(&mut self, code: &str) -> Result<()> {
        let (_, column, purpose) = self.target()?;
        if purpose != Purpose::Compare {
            return self.refuse(check::unrecognized(column));
        }
        self.text(code)
    }
}
