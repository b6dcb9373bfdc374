//! The digest of a row, by which an audit finds changes that other programs have made.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use genledger_contract::row::ParamSink;
use genledger_contract::table::{ColumnType, TableDef, UuidFormat};
use genledger_contract::{Entity, Error, Result};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The column of the digest itself, which is left out.
const DIGEST: &str = "digest";

/// The digest before the first one of a chain.
pub(super) const NO_DIGEST: &str =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// The digest of a row: SHA-256 of its table and of its columns in the order of their names. NULL is left out.
/// `previous` is that of the row before it, in a chain.
pub(super) fn row_digest<E: Entity>(row: &E, previous: Option<&str>) -> Result<String> {
    let mut columns = columns(row)?;
    columns.sort_unstable();
    let mut text = format!("genledger-row/1 {}\n", E::TABLE.name);
    if let Some(previous) = previous {
        text.push_str(&format!("previous={previous}\n"));
    }
    for (name, value) in columns {
        text.push_str(&format!("{name}={value}\n"));
    }
    Ok(hex(&text))
}

/// The columns of a row, as their values are in its digest, which is left out, as NULL is.
pub(super) fn columns<E: Entity>(row: &E) -> Result<Vec<(&'static str, String)>> {
    let mut columns = Columns {
        table: E::TABLE,
        position: 0,
        found: Vec::with_capacity(E::TABLE.columns.len()),
    };
    row.write(&mut columns)?;
    Ok(columns.found)
}

/// SHA-256 as 64 lower-case digits.
pub(super) fn hex(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a text can be a digest.
pub(super) fn is_digest(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 64 && text.bytes().all(digit)
}

/// A text in which only visible ASCII is left as it is, so that no value can end its line.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if (0x21..=0x7e).contains(&byte) && byte != b'%' {
            escaped.push(char::from(byte));
        } else {
            // Writing into a String does not fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// The columns of a row with their values, as they are read: nothing is checked.
struct Columns {
    table: &'static TableDef,
    position: usize,
    found: Vec<(&'static str, String)>,
}

impl Columns {
    fn take(&mut self, value: Option<String>) -> Result<()> {
        let column = self.table.columns.get(self.position);
        let column = column.ok_or_else(|| Error::invalid("there are more values than columns"))?;
        self.position += 1;
        if column.name != DIGEST {
            self.found.extend(value.map(|value| (column.name, value)));
        }
        Ok(())
    }

    fn column_type(&self) -> Option<ColumnType> {
        let column = self.table.columns.get(self.position)?;
        Some(column.column_type)
    }
}

impl ParamSink for Columns {
    fn null(&mut self) -> Result<()> {
        self.take(None)
    }

    fn bool(&mut self, value: bool) -> Result<()> {
        self.take(Some(value.to_string()))
    }

    fn integer(&mut self, value: i64) -> Result<()> {
        self.take(Some(value.to_string()))
    }

    fn decimal(&mut self, value: Decimal) -> Result<()> {
        self.take(Some(value.normalize().to_string()))
    }

    fn text(&mut self, value: &str) -> Result<()> {
        self.take(Some(escaped(value)))
    }

    fn bytes(&mut self, value: &[u8]) -> Result<()> {
        self.take(Some(
            value.iter().map(|byte| format!("{byte:02x}")).collect(),
        ))
    }

    fn json(&mut self, value: &str) -> Result<()> {
        self.text(value)
    }

    fn date_time(&mut self, value: DateTime<Utc>) -> Result<()> {
        self.take(Some(value.timestamp_micros().to_string()))
    }

    fn uuid(&mut self, value: Uuid) -> Result<()> {
        self.take(Some(match self.column_type() {
            Some(ColumnType::Uuid(UuidFormat::Simple)) => value.simple().to_string(),
            _ => value.hyphenated().to_string(),
        }))
    }

    fn unrecognized_integer(&mut self, code: i64) -> Result<()> {
        self.integer(code)
    }

    fn unrecognized_text(&mut self, code: &str) -> Result<()> {
        self.text(code)
    }
}
