//! Types of fields: writing a Rust type to its column and reading it back.

mod integer;
pub(crate) mod json;
mod plain;

use crate::error::{Error, Result};
use crate::row::reader::RowReader;
use crate::row::sink::ParamSink;
use crate::table::definition::CodeDef;
use crate::table::kind::ColumnType;

/// A type that can be the field of an entity.
///
/// Implemented for `bool`, the integers, `Decimal`, `String`, `Vec<u8>`, `DateTime<Utc>`, `Uuid`,
/// [`Json`](crate::entity::Json) and [`JsonText`](crate::entity::JsonText), `Option` of them, coded enums (`#[derive(CodedEnum)]`) and newtypes
/// (`#[derive(Field)]`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of an entity",
    label = "not a field",
    note = "derive `Field` for a newtype or `CodedEnum` for an enum, or store it as JSON with `#[column(json)]`"
)]
pub trait Field: Sized {
    /// The column type unless the entity declares another.
    const TYPE: ColumnType;
    /// Whether the column is nullable.
    const NULLABLE: bool = false;
    /// The known codes, for coded enums.
    const CODES: &'static [CodeDef] = &[];

    /// Writes the value.
    ///
    /// # Errors
    /// Returns the errors of the sink.
    fn write(&self, sink: &mut dyn ParamSink) -> Result<()>;

    /// Reads a stored value that is not NULL; `None` for NULL.
    ///
    /// # Errors
    /// Returns [`Corrupt`](crate::ErrorKind::Corrupt) when the stored value cannot be read as this type.
    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>>;

    /// Reads the value of a column.
    ///
    /// # Errors
    /// Returns [`Corrupt`](crate::ErrorKind::Corrupt) when the stored value is NULL or cannot be read as
    /// this type.
    #[inline]
    fn read(row: &dyn RowReader, index: usize) -> Result<Self> {
        Self::read_option(row, index)?
            .ok_or_else(|| corrupt(row, index, "NULL in a column that is not nullable"))
    }
}

/// Kept out of the code that reads values, which is inlined into every entity.
#[cold]
#[inline(never)]
fn corrupt(row: &dyn RowReader, index: usize, message: &'static str) -> Error {
    Error::corrupt(message).with_column(row.column(index).name)
}

impl<T: Field> Field for Option<T> {
    const TYPE: ColumnType = T::TYPE;
    const NULLABLE: bool = true;
    const CODES: &'static [CodeDef] = T::CODES;

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        match self {
            Some(value) => value.write(sink),
            None => sink.null(),
        }
    }

    #[inline]
    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        T::read_option(row, index).map(Some)
    }
}

/// Types whose stored form is text: `String`, its `Option`, and newtypes around it. Columns of
/// these types can be filtered by prefix and by what they contain.
pub trait TextField: Field {}

impl TextField for String {}

impl<T: TextField> TextField for Option<T> {}
