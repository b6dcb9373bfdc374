//! Rows and columns whose types are known only at run time.

use std::fmt;
use std::marker::PhantomData;

use genledger_contract::entity::{Column, EntityKey, TextField};
use genledger_contract::row::{ParamSink, RowReader, Value, ValueRef};
use genledger_contract::table::{ColumnType, Kind, TableDef};
use genledger_contract::{Entity, Error, Field, Result};

/// A row of the table of `E`, as values. Integers of every width are 64 bits wide here, so that
/// equal rows are equal.
pub(crate) struct Dynamic<E> {
    pub(crate) values: Vec<Any>,
    marker: PhantomData<fn() -> E>,
}

impl<E> Dynamic<E> {
    pub(crate) const fn new(values: Vec<Any>) -> Self {
        Self {
            values,
            marker: PhantomData,
        }
    }
}

impl<E> Clone for Dynamic<E> {
    fn clone(&self) -> Self {
        Self::new(self.values.clone())
    }
}

impl<E> fmt::Debug for Dynamic<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.values.fmt(f)
    }
}

impl<E: Entity> Entity for Dynamic<E> {
    type Key = DynamicKey;

    const TABLE: &'static TableDef = E::TABLE;

    fn key(&self) -> DynamicKey {
        let positions = E::TABLE.key_positions();
        DynamicKey(
            positions
                .iter()
                .map(|at| self.values[*at].clone())
                .collect(),
        )
    }

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        self.values
            .iter()
            .try_for_each(|value| write(&value.0, sink))
    }

    fn read(row: &dyn RowReader) -> Result<Self> {
        let read = |index| {
            Ok(match row.column(index).column_type.kind() {
                Kind::Bool => row.bool(index)?.map(Value::Bool),
                Kind::I16 | Kind::I32 | Kind::I64 => row.integer(index)?.map(Value::I64),
                Kind::Decimal => row.decimal(index)?.map(Value::Decimal),
                Kind::Text => row.text(index)?.map(|text| Value::Text(text.to_owned())),
                Kind::Json => row.text(index)?.map(|text| Value::Json(text.to_owned())),
                Kind::Bytes => row.bytes(index)?.map(|bytes| Value::Bytes(bytes.to_vec())),
                Kind::DateTime => row.date_time(index)?.map(Value::DateTime),
            }
            .map_or(Any(Value::Null), Any))
        };
        let values = (0..E::TABLE.columns.len()).map(read);
        values.collect::<Result<_>>().map(Self::new)
    }
}

/// A primary key as values.
#[derive(Clone, Debug)]
pub(crate) struct DynamicKey(pub(crate) Vec<Any>);

impl EntityKey for DynamicKey {
    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        self.0.iter().try_for_each(|value| write(&value.0, sink))
    }

    fn read(row: &dyn RowReader, positions: &[usize]) -> Result<Self> {
        let part = |index: &usize| {
            let kind = row.column(*index).column_type.kind();
            ValueRef::read(row, *index, kind).map(|value| Any(value.into()))
        };
        positions.iter().map(part).collect::<Result<_>>().map(Self)
    }
}

/// A value of any column, which a failed script shows.
#[derive(Clone, PartialEq)]
pub(crate) struct Any(pub(crate) Value);

impl fmt::Debug for Any {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Value::Null => f.write_str("NULL"),
            Value::Bool(value) => value.fmt(f),
            Value::I16(value) => value.fmt(f),
            Value::I32(value) => value.fmt(f),
            Value::I64(value) => value.fmt(f),
            Value::Decimal(value) => write!(f, "dec {value}"),
            Value::Text(value) => value.fmt(f),
            Value::Bytes(value) => value.fmt(f),
            Value::Json(value) => write!(f, "json {value}"),
            Value::DateTime(value) => value.fmt(f),
        }
    }
}

impl Field for Any {
    // Unused: the column is described by its table.
    const TYPE: ColumnType = ColumnType::LongText;
    const NULLABLE: bool = true;

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        write(&self.0, sink)
    }

    fn read_option(_: &dyn RowReader, _: usize) -> Result<Option<Self>> {
        Err(Error::unsupported("dynamic rows are read as a whole"))
    }
}

impl TextField for Any {}

/// The column at this position.
pub(crate) fn column<E: Entity>(position: usize) -> Column<Dynamic<E>, Any> {
    Column::named(E::TABLE.columns[position].name)
}

/// The same column, if it may be NULL.
pub(crate) fn nullable<E: Entity>(position: usize) -> Column<Dynamic<E>, Option<Any>> {
    Column::named(E::TABLE.columns[position].name)
}

fn write(value: &Value, sink: &mut dyn ParamSink) -> Result<()> {
    match value {
        Value::Null => sink.null(),
        Value::Bool(value) => sink.bool(*value),
        Value::I16(value) => sink.integer((*value).into()),
        Value::I32(value) => sink.integer((*value).into()),
        Value::I64(value) => sink.integer(*value),
        Value::Decimal(value) => sink.decimal(*value),
        Value::Text(value) => sink.text(value),
        Value::Bytes(value) => sink.bytes(value),
        Value::Json(value) => sink.json(value),
        Value::DateTime(value) => sink.date_time(*value),
    }
}
