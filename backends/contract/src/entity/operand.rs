//! What a column is compared with, or set to.

use crate::entity::field::Field;
use crate::error::Result;
use crate::row::check::Purpose;
use crate::row::encode::{Encoded, encode_with};
use crate::row::sink::ParamSink;
use crate::table::definition::TableDef;

/// A value that can be compared with, or set into, a column of type `T`: a `T`, the inside of an
/// `Option`, or a `&str` for text.
pub trait Operand<T> {
    /// Writes the value.
    ///
    /// # Errors
    /// Returns the errors of the sink.
    fn write(self, sink: &mut dyn ParamSink) -> Result<()>;
}

impl<T: Field> Operand<T> for T {
    fn write(self, sink: &mut dyn ParamSink) -> Result<()> {
        Field::write(&self, sink)
    }
}

impl<T: Field> Operand<T> for &T {
    fn write(self, sink: &mut dyn ParamSink) -> Result<()> {
        Field::write(self, sink)
    }
}

impl<T: Field> Operand<Option<T>> for T {
    fn write(self, sink: &mut dyn ParamSink) -> Result<()> {
        Field::write(&self, sink)
    }
}

impl Operand<String> for &str {
    fn write(self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.text(self)
    }
}

impl Operand<Option<String>> for &str {
    fn write(self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.text(self)
    }
}

/// Encodes one value for the column at `position`.
pub(crate) fn encode<T>(
    table: &'static TableDef,
    position: usize,
    purpose: Purpose,
    operand: impl Operand<T>,
) -> Result<Encoded> {
    encode_with(table, position, purpose, |sink| operand.write(sink))
}
