//! Decodes the values of rows in place.

mod numeric;

use chrono::{DateTime, Utc};
use genledger_sqlx::{Decoded, Mismatch, ReadRow};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use sqlx::postgres::{PgRow, PgTypeKind, PgValueFormat, PgValueRef};
use sqlx::{Column, Row, TypeInfo, ValueRef};

use crate::bind;
use crate::connection::PgDriver;

// The OIDs of the built-in types, which never change.
const BOOL: u32 = 16;
const BYTEA: u32 = 17;
const CHAR: u32 = 18;
const NAME: u32 = 19;
const INT8: u32 = 20;
const INT2: u32 = 21;
const INT4: u32 = 23;
const TEXT: u32 = 25;
const JSON: u32 = 114;
const UNKNOWN: u32 = 705;
const BPCHAR: u32 = 1042;
const VARCHAR: u32 = 1043;
const TIMESTAMP: u32 = 1114;
const TIMESTAMPTZ: u32 = 1184;
const NUMERIC: u32 = 1700;
const JSONB: u32 = 3802;

/// The version byte before the text of a `jsonb`.
const JSONB_VERSION: u8 = 1;

impl ReadRow<PgRow> for PgDriver {
    fn bool(row: &PgRow, index: usize) -> Decoded<bool> {
        let Some((oid, bytes, _)) = raw(row, index)? else {
            return Ok(None);
        };
        match oid {
            BOOL => Ok(bytes.first().map(|byte| *byte != 0)),
            _ => match Self::integer(row, index)? {
                Some(0) => Ok(Some(false)),
                Some(1) => Ok(Some(true)),
                _ => Err(mismatch(row, index)),
            },
        }
    }

    fn integer(row: &PgRow, index: usize) -> Decoded<i64> {
        let Some((oid, bytes, _)) = raw(row, index)? else {
            return Ok(None);
        };
        let integer = match oid {
            INT8 => bytes.try_into().ok().map(i64::from_be_bytes),
            INT4 => bytes.try_into().ok().map(i32::from_be_bytes).map(i64::from),
            INT2 => bytes.try_into().ok().map(i16::from_be_bytes).map(i64::from),
            BOOL => bytes.first().copied().map(i64::from),
            NUMERIC => numeric::decimal(bytes)
                .filter(Decimal::is_integer)
                .and_then(|decimal| decimal.to_i64()),
            _ => None,
        };
        found(integer, row, index)
    }

    fn decimal(row: &PgRow, index: usize) -> Decoded<Decimal> {
        let Some((oid, bytes, _)) = raw(row, index)? else {
            return Ok(None);
        };
        match oid {
            NUMERIC => found(numeric::decimal(bytes), row, index),
            _ => Ok(Self::integer(row, index)?.map(Decimal::from)),
        }
    }

    fn text(row: &PgRow, index: usize) -> Decoded<&str> {
        let Some((oid, bytes, value)) = raw(row, index)? else {
            return Ok(None);
        };
        let bytes = match oid {
            TEXT | VARCHAR | BPCHAR | NAME | CHAR | JSON | UNKNOWN => bytes,
            JSONB => bytes.strip_prefix(&[JSONB_VERSION]).unwrap_or(bytes),
            // An enum is sent as its label; citext is a text type of an extension.
            _ if is_text(&value) => bytes,
            _ => return Err(mismatch(row, index)),
        };
        found(str::from_utf8(bytes).ok(), row, index)
    }

    fn bytes(row: &PgRow, index: usize) -> Decoded<&[u8]> {
        match raw(row, index)? {
            None => Ok(None),
            Some((BYTEA, bytes, _)) => Ok(Some(bytes)),
            Some(_) => Err(mismatch(row, index)),
        }
    }

    fn date_time(row: &PgRow, index: usize) -> Decoded<DateTime<Utc>> {
        match raw(row, index)? {
            None => Ok(None),
            Some((TIMESTAMPTZ | TIMESTAMP, bytes, _)) => {
                let micros = bytes.try_into().ok().map(i64::from_be_bytes);
                found(micros.and_then(bind::moment), row, index)
            }
            Some(_) => Err(mismatch(row, index)),
        }
    }
}

/// The OID of the type, the bytes, and the value of the driver; `None` is NULL.
fn raw(row: &PgRow, index: usize) -> Decoded<(u32, &[u8], PgValueRef<'_>)> {
    let value = row
        .try_get_raw(index)
        .map_err(|_| Mismatch("missing".to_owned()))?;
    if value.is_null() {
        return Ok(None);
    }
    // Statements are prepared, so the server sends its binary format.
    match (value.as_bytes(), value.format()) {
        (Ok(bytes), PgValueFormat::Binary) => {
            let oid = row.column(index).type_info().oid().map_or(0, |oid| oid.0);
            Ok(Some((oid, bytes, value)))
        }
        _ => Err(mismatch(row, index)),
    }
}

fn found<T>(value: Option<T>, row: &PgRow, index: usize) -> Decoded<T> {
    value.map(Some).ok_or_else(|| mismatch(row, index))
}

fn is_text(value: &PgValueRef<'_>) -> bool {
    let info = value.type_info();
    matches!(info.kind(), PgTypeKind::Enum(_)) || info.name().eq_ignore_ascii_case("citext")
}

#[cold]
fn mismatch(row: &PgRow, index: usize) -> Mismatch {
    Mismatch(format!("a {}", row.column(index).type_info().name()))
}
