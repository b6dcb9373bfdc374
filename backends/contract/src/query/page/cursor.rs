//! Cursors of pages: opaque, versioned, and bound to their query.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result, Violation};
use crate::row::value::Value;
use crate::statement::predicate::Predicate;
use crate::statement::select::{Direction, OrderBy};
use crate::table::definition::TableDef;
use crate::table::kind::Kind;

const VERSION: u8 = 1;
const DIGEST_BYTES: usize = 8;

/// The start of the next page of a query, as an opaque text that is safe in URLs.
///
/// It holds the version of its format, a fingerprint of the query and a digest. A cursor of another query, or
/// one that was changed, is refused. The digest has no key: forging a cursor gains nothing, since every page
/// applies the caller's filter again.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    pub(super) fn new(fingerprint: u64, values: &[Value]) -> Self {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&fingerprint.to_be_bytes());
        for value in values {
            write(&mut bytes, value);
        }
        let digest = digest(&bytes);
        bytes.extend_from_slice(&digest.to_be_bytes());
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The values that the last row had in the columns of the order.
    pub(super) fn values(
        &self,
        fingerprint: u64,
        table: &TableDef,
        order: &[OrderBy],
    ) -> Result<Vec<Value>> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.0).map_err(|_| malformed())?;
        let (content, stored) = bytes
            .split_last_chunk::<DIGEST_BYTES>()
            .ok_or_else(malformed)?;
        if digest(content).to_be_bytes() != *stored {
            return Err(malformed());
        }
        let mut content = Reader(content);
        if content.take::<1>()? != [VERSION] {
            return Err(malformed());
        }
        if content.take::<8>()? != fingerprint.to_be_bytes() {
            return Err(refused("other_query", "belongs to another query"));
        }
        let values = order
            .iter()
            .map(|order| {
                let value = content.value()?;
                let kind = table.columns[order.column].column_type.kind();
                if fits(kind, &value) {
                    Ok(value)
                } else {
                    Err(malformed())
                }
            })
            .collect::<Result<_>>()?;
        if content.0.is_empty() {
            Ok(values)
        } else {
            Err(malformed())
        }
    }
}

fn fits(kind: Kind, value: &Value) -> bool {
    match (kind, value.as_ref().kind()) {
        (_, None) | (Kind::I16 | Kind::I32 | Kind::I64, Some(Kind::I64)) => true,
        (kind, Some(found)) => kind == found,
    }
}

fn malformed() -> Error {
    refused(
        "malformed",
        "is not a cursor of this library, or was changed",
    )
}

fn refused(rule: &'static str, message: &'static str) -> Error {
    Violation::new("after", rule, message).into()
}

fn digest(bytes: &[u8]) -> u64 {
    let hash = Sha256::digest(bytes);
    hash.iter()
        .take(DIGEST_BYTES)
        .fold(0, |digest, byte| digest << 8 | u64::from(*byte))
}

/// Identifies a query: the table, the filter with its values, and the order.
pub(super) fn fingerprint(table: &TableDef, filter: &Predicate, order: &[OrderBy]) -> u64 {
    let mut bytes = Vec::new();
    text(&mut bytes, table.name.as_bytes());
    condition(&mut bytes, filter);
    for order in order {
        number(&mut bytes, order.column);
        bytes.push(u8::from(order.direction == Direction::Descending));
    }
    digest(&bytes)
}

/// Writes a condition in a form that no other condition has.
fn condition(bytes: &mut Vec<u8>, predicate: &Predicate) {
    let mut parts = |tag: u8, parts: &[Predicate]| {
        bytes.push(tag);
        number(bytes, parts.len());
        for part in parts {
            condition(bytes, part);
        }
    };
    match predicate {
        Predicate::True => bytes.push(b'T'),
        Predicate::False => bytes.push(b'F'),
        Predicate::Compare {
            column,
            comparison,
            value,
        } => {
            bytes.extend([b'c', *comparison as u8]);
            number(bytes, *column);
            write(bytes, value);
        }
        Predicate::CompareColumns {
            column,
            plus,
            comparison,
            other,
        } => {
            bytes.extend([b'C', *comparison as u8]);
            number(bytes, *column);
            write(bytes, plus.as_ref().unwrap_or(&Value::Null));
            number(bytes, *other);
        }
        Predicate::In { column, values } => {
            bytes.push(b'i');
            number(bytes, *column);
            number(bytes, values.len());
            for value in values {
                write(bytes, value);
            }
        }
        Predicate::IsNull { column } => {
            bytes.push(b'n');
            number(bytes, *column);
        }
        Predicate::StartsWith { column, prefix } => {
            bytes.push(b'p');
            number(bytes, *column);
            text(bytes, prefix.as_bytes());
        }
        Predicate::Contains { column, part } => {
            bytes.push(b'h');
            number(bytes, *column);
            text(bytes, part.as_bytes());
        }
        Predicate::And(all) => parts(b'&', all),
        Predicate::Or(any) => parts(b'|', any),
        Predicate::Not(inner) => parts(b'!', std::slice::from_ref(inner)),
    }
}

fn number(bytes: &mut Vec<u8>, number: usize) {
    let number = u64::try_from(number).unwrap_or(u64::MAX);
    bytes.extend_from_slice(&number.to_be_bytes());
}

fn write(bytes: &mut Vec<u8>, value: &Value) {
    let mut put = |tag: u8, content: &[u8]| {
        bytes.push(tag);
        bytes.extend_from_slice(content);
    };
    match value {
        Value::Null => put(0, &[]),
        Value::Bool(value) => put(1, &[u8::from(*value)]),
        Value::I16(value) => put(2, &i64::from(*value).to_be_bytes()),
        Value::I32(value) => put(2, &i64::from(*value).to_be_bytes()),
        Value::I64(value) => put(2, &value.to_be_bytes()),
        Value::Decimal(value) => put(3, &value.serialize()),
        Value::DateTime(value) => put(4, &value.timestamp_micros().to_be_bytes()),
        Value::Text(value) | Value::Json(value) => text(bytes, value.as_bytes()),
        Value::Bytes(value) => text(bytes, value),
    }
}

fn text(bytes: &mut Vec<u8>, content: &[u8]) {
    // Texts of an order and of a filter are far shorter than 4 GiB.
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    bytes.push(5);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(content);
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or_else(malformed)?;
        self.0 = rest;
        Ok(*head)
    }

    fn value(&mut self) -> Result<Value> {
        Ok(match self.take::<1>()?[0] {
            0 => Value::Null,
            1 => Value::Bool(self.take::<1>()? == [1]),
            2 => Value::I64(i64::from_be_bytes(self.take()?)),
            3 => Value::Decimal(Decimal::deserialize(self.take()?)),
            4 => {
                let micros = i64::from_be_bytes(self.take()?);
                Value::DateTime(DateTime::from_timestamp_micros(micros).ok_or_else(malformed)?)
            }
            5 => {
                let length = u32::from_be_bytes(self.take()?);
                let length = usize::try_from(length).map_err(|_| malformed())?;
                let (head, rest) = self.0.split_at_checked(length).ok_or_else(malformed)?;
                self.0 = rest;
                let text = str::from_utf8(head).map_err(|_| malformed())?;
                Value::Text(text.to_owned())
            }
            _ => return Err(malformed()),
        })
    }
}

impl FromStr for Cursor {
    type Err = std::convert::Infallible;

    /// Accepts any text; whether it is a cursor of the query is checked when it is used.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl From<String> for Cursor {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursor(..)")
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Entity;
    use crate::error::ErrorKind;
    use crate::table::kind::Kind;

    /// A row.
    #[derive(Clone, Debug, Entity)]
    #[entity(crate = genledger_contract, table = "rows", key(id))]
    struct Row {
        /// Its number.
        id: i64,
    }

    fn read_back(values: &[Value]) -> Result<Vec<Value>> {
        let order = OrderBy {
            column: 0,
            direction: Direction::Ascending,
        };
        assert_eq!(Row::TABLE.columns[0].column_type.kind(), Kind::I64);
        Cursor::new(7, values).values(7, Row::TABLE, &[order])
    }

    #[test]
    fn values_of_the_columns_of_the_order_are_taken() {
        for value in [Value::I64(5), Value::Null] {
            assert_eq!(read_back(std::slice::from_ref(&value)).unwrap(), [value]);
        }
    }

    #[test]
    fn forged_values_are_refused() {
        for values in [
            &[Value::Text("5".to_owned())][..],
            &[Value::Bool(true)],
            &[Value::Decimal(Decimal::ONE)],
            &[],
            &[Value::I64(5), Value::I64(6)],
        ] {
            let error = read_back(values).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{values:?}");
        }
    }
}
