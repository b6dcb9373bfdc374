//! Values of rows.

use genledger_contract::{ColumnDef, ColumnType, Error, Kind, Result, RowReader, Value, ValueRef};

/// The value at `index` of a row whose column has this type.
pub(crate) fn read(row: &dyn RowReader, index: usize, column_type: ColumnType) -> Result<Value> {
    let value = match column_type.kind() {
        Kind::Bool => row.bool(index)?.map(Value::Bool),
        Kind::I16 => row
            .integer(index)?
            .map(|value| i16::try_from(value).map_or(Value::I64(value), Value::I16)),
        Kind::I32 => row
            .integer(index)?
            .map(|value| i32::try_from(value).map_or(Value::I64(value), Value::I32)),
        Kind::I64 => row.integer(index)?.map(Value::I64),
        Kind::Decimal => row.decimal(index)?.map(Value::Decimal),
        Kind::Text => row.text(index)?.map(|text| Value::Text(text.to_owned())),
        Kind::Bytes => row
            .bytes(index)?
            .map(|bytes| Value::Bytes(bytes.to_owned())),
        Kind::Json => row.text(index)?.map(|text| Value::Json(text.to_owned())),
        Kind::DateTime => row.date_time(index)?.map(Value::DateTime),
    };
    Ok(value.unwrap_or(Value::Null))
}

/// Whether a stored value is the same as a given one.
pub(crate) fn same(
    row: &dyn RowReader,
    index: usize,
    column_type: ColumnType,
    given: ValueRef<'_>,
) -> Result<bool> {
    let kind = column_type.kind();
    // Text is by far the longest, so it is not copied.
    if matches!(kind, Kind::Text | Kind::Json) {
        return Ok(row.text(index)? == given.as_text());
    }
    if kind == Kind::Bytes {
        let given = match given {
            ValueRef::Bytes(bytes) => Some(bytes),
            _ => None,
        };
        return Ok(row.bytes(index)? == given);
    }
    Ok(read(row, index, column_type)?.as_ref().same(given))
}

/// A value of a key, with one width for all integers, so that keys can be compared and hashed.
pub(crate) fn key_value(value: ValueRef<'_>) -> Value {
    match value.as_i64() {
        Some(integer) => Value::I64(integer),
        None => value.into(),
    }
}

/// A row that was read already.
pub(crate) struct ValuesRow<'r> {
    pub(crate) columns: &'r [ColumnDef],
    pub(crate) values: &'r [Value],
}

impl ValuesRow<'_> {
    fn wrong<T>(&self, index: usize) -> Result<T> {
        Err(Error::corrupt("the stored value is of another kind")
            .with_column(self.columns[index].name))
    }
}

impl RowReader for ValuesRow<'_> {
    fn column(&self, index: usize) -> &ColumnDef {
        &self.columns[index]
    }

    fn bool(&self, index: usize) -> Result<Option<bool>> {
        match &self.values[index] {
            Value::Null => Ok(None),
            Value::Bool(value) => Ok(Some(*value)),
            _ => self.wrong(index),
        }
    }

    fn integer(&self, index: usize) -> Result<Option<i64>> {
        match self.values[index].as_ref() {
            ValueRef::Null => Ok(None),
            value => value
                .as_i64()
                .map_or_else(|| self.wrong(index), |value| Ok(Some(value))),
        }
    }

    fn decimal(&self, index: usize) -> Result<Option<rust_decimal::Decimal>> {
        match &self.values[index] {
            Value::Null => Ok(None),
            Value::Decimal(value) => Ok(Some(*value)),
            _ => self.wrong(index),
        }
    }

    fn text(&self, index: usize) -> Result<Option<&str>> {
        match self.values[index].as_ref() {
            ValueRef::Null => Ok(None),
            value => value
                .as_text()
                .map_or_else(|| self.wrong(index), |text| Ok(Some(text))),
        }
    }

    fn bytes(&self, index: usize) -> Result<Option<&[u8]>> {
        match &self.values[index] {
            Value::Null => Ok(None),
            Value::Bytes(value) => Ok(Some(value)),
            _ => self.wrong(index),
        }
    }

    fn date_time(&self, index: usize) -> Result<Option<chrono::DateTime<chrono::Utc>>> {
        match &self.values[index] {
            Value::Null => Ok(None),
            Value::DateTime(value) => Ok(Some(*value)),
            _ => self.wrong(index),
        }
    }
}
