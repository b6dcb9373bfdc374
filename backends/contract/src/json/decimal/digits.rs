//! The text of a decimal, without an allocation.

use std::fmt;

/// A sign, a zero before the point, the point, and 29 digits.
const MOST: usize = 32;

/// The text of one decimal.
#[derive(Default)]
pub(super) struct Digits {
    bytes: [u8; MOST],
    length: usize,
}

impl Digits {
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl fmt::Write for Digits {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        let place = self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
