//! Values packed tightly: few allocations for any number of rows.

use std::ops::Range;

use chrono::DateTime;
use rust_decimal::Decimal;

use crate::error::{Error, Result};
use crate::row::value::ValueRef;

/// Values in one vector, their text and their bytes in one buffer each.
#[derive(Clone, Default)]
pub(super) struct Cells {
    cells: Vec<Cell>,
    text: String,
    bytes: Vec<u8>,
    /// The errors of values that could not be read.
    errors: Vec<Error>,
}

#[derive(Clone, Copy)]
enum Cell {
    Null,
    Bool(bool),
    I16(i16),
    I32(i32),
    I64(i64),
    Decimal(Decimal),
    Text(Span),
    Bytes(Span),
    Json(Span),
    Micros(i64),
    Unreadable(u32),
}

#[derive(Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

/// The lengths of the buffers at some moment, to truncate back to.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    cells: usize,
    text: usize,
    bytes: usize,
}

impl Cells {
    pub(super) const fn new() -> Self {
        Self {
            cells: Vec::new(),
            text: String::new(),
            bytes: Vec::new(),
            errors: Vec::new(),
        }
    }

    pub(super) fn reserve(&mut self, cells: usize) {
        self.cells.reserve(cells);
    }

    pub(super) const fn len(&self) -> usize {
        self.cells.len()
    }

    pub(super) const fn mark(&self) -> Mark {
        Mark {
            cells: self.cells.len(),
            text: self.text.len(),
            bytes: self.bytes.len(),
        }
    }

    pub(super) fn truncate(&mut self, mark: Mark) {
        self.cells.truncate(mark.cells);
        self.text.truncate(mark.text);
        self.bytes.truncate(mark.bytes);
    }

    pub(super) fn push(&mut self, value: ValueRef<'_>) -> Result<()> {
        let cell = match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Bool(value) => Cell::Bool(value),
            ValueRef::I16(value) => Cell::I16(value),
            ValueRef::I32(value) => Cell::I32(value),
            ValueRef::I64(value) => Cell::I64(value),
            ValueRef::Decimal(value) => Cell::Decimal(value),
            ValueRef::Text(value) => Cell::Text(self.add_text(value)?),
            ValueRef::Bytes(value) => {
                let span = Span::after(self.bytes.len(), value.len())?;
                self.bytes.extend_from_slice(value);
                Cell::Bytes(span)
            }
            ValueRef::Json(value) => Cell::Json(self.add_text(value)?),
            ValueRef::DateTime(value) => Cell::Micros(value.timestamp_micros()),
        };
        self.cells.push(cell);
        Ok(())
    }

    /// Adds an error in place of a value that could not be read.
    pub(super) fn push_unreadable(&mut self, error: Error) {
        let index = u32::try_from(self.errors.len()).unwrap_or(u32::MAX);
        self.errors.push(error);
        self.cells.push(Cell::Unreadable(index));
    }

    /// The value at `index`.
    ///
    /// # Errors
    /// Returns the error of a value that could not be read.
    pub(super) fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        Ok(match self.cells[index] {
            Cell::Null => ValueRef::Null,
            Cell::Bool(value) => ValueRef::Bool(value),
            Cell::I16(value) => ValueRef::I16(value),
            Cell::I32(value) => ValueRef::I32(value),
            Cell::I64(value) => ValueRef::I64(value),
            Cell::Decimal(value) => ValueRef::Decimal(value),
            Cell::Text(span) => ValueRef::Text(&self.text[span.range()]),
            Cell::Bytes(span) => ValueRef::Bytes(&self.bytes[span.range()]),
            Cell::Json(span) => ValueRef::Json(&self.text[span.range()]),
            Cell::Micros(micros) => {
                DateTime::from_timestamp_micros(micros).map_or(ValueRef::Null, ValueRef::DateTime)
            }
            Cell::Unreadable(index) => {
                let error = usize::try_from(index)
                    .ok()
                    .and_then(|index| self.errors.get(index));
                return Err(error
                    .cloned()
                    .unwrap_or_else(|| Error::corrupt("the stored value cannot be read")));
            }
        })
    }

    /// About how many bytes the values of a range take on the wire.
    pub(super) fn bytes(&self, range: Range<usize>) -> usize {
        self.cells[range]
            .iter()
            .map(|cell| match cell {
                Cell::Text(span) | Cell::Bytes(span) | Cell::Json(span) => span.range().len(),
                _ => 8,
            })
            .sum()
    }

    fn add_text(&mut self, text: &str) -> Result<Span> {
        let span = Span::after(self.text.len(), text.len())?;
        self.text.push_str(text);
        Ok(span)
    }
}

impl Span {
    fn after(start: usize, length: usize) -> Result<Self> {
        let offset = |offset: usize| {
            u32::try_from(offset)
                .map_err(|_| Error::invalid("a batch holds more than 4 GiB of text or of bytes"))
        };
        Ok(Self {
            start: offset(start)?,
            end: offset(start + length)?,
        })
    }

    fn range(self) -> Range<usize> {
        let at = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        at(self.start)..at(self.end)
    }
}
