//! Decodes the values of rows in place.

use chrono::{DateTime, NaiveDateTime, Utc};
use genledger_sqlx::{Decoded, Mismatch, ReadRow};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use sqlx::decode::Decode;
use sqlx::mysql::{MySqlRow, MySqlTypeInfo, MySqlValueRef};
use sqlx::{Column, MySql, Row, Type, TypeInfo, ValueRef};

use crate::connection::MySqlDriver;

impl ReadRow<MySqlRow> for MySqlDriver {
    fn bool(row: &MySqlRow, index: usize) -> Decoded<bool> {
        match Self::integer(row, index)? {
            None => Ok(None),
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(_) => Err(mismatch(row, index)),
        }
    }

    fn integer(row: &MySqlRow, index: usize) -> Decoded<i64> {
        let Some((info, value)) = raw(row, index)? else {
            return Ok(None);
        };
        let integer = if is::<i64>(info) {
            decode::<i64>(value)
        } else if is::<u64>(info) {
            decode::<u64>(value).and_then(|value| value.to_i64())
        } else if is::<Decimal>(info) {
            // Sums are decimals.
            decode::<Decimal>(value)
                .filter(Decimal::is_integer)
                .and_then(|value| value.to_i64())
        } else {
            None
        };
        found(integer, row, index)
    }

    fn decimal(row: &MySqlRow, index: usize) -> Decoded<Decimal> {
        match raw(row, index)? {
            None => Ok(None),
            Some((info, value)) if is::<Decimal>(info) => found(decode(value), row, index),
            Some(_) => Ok(Self::integer(row, index)?.map(Decimal::from)),
        }
    }

    fn text(row: &MySqlRow, index: usize) -> Decoded<&str> {
        match raw(row, index)? {
            None => Ok(None),
            // MySQL has a type for JSON; MariaDB's is text.
            Some((info, value)) if is::<[u8]>(info) || info.name() == "JSON" => {
                found(decode(value), row, index)
            }
            Some(_) => Err(mismatch(row, index)),
        }
    }

    fn bytes(row: &MySqlRow, index: usize) -> Decoded<&[u8]> {
        match raw(row, index)? {
            None => Ok(None),
            Some((info, value)) if is::<[u8]>(info) => found(decode(value), row, index),
            Some(_) => Err(mismatch(row, index)),
        }
    }

    fn date_time(row: &MySqlRow, index: usize) -> Decoded<DateTime<Utc>> {
        match raw(row, index)? {
            None => Ok(None),
            Some((info, value)) if is::<DateTime<Utc>>(info) => {
                let moment = decode::<NaiveDateTime>(value).map(|moment| moment.and_utc());
                found(moment, row, index)
            }
            Some(_) => Err(mismatch(row, index)),
        }
    }
}

/// Whether values of this type can be decoded as `T`.
fn is<T: Type<MySql> + ?Sized>(info: &MySqlTypeInfo) -> bool {
    T::compatible(info)
}

fn decode<'r, T: Decode<'r, MySql>>(value: MySqlValueRef<'r>) -> Option<T> {
    T::decode(value).ok()
}

fn found<T>(value: Option<T>, row: &MySqlRow, index: usize) -> Decoded<T> {
    value.map(Some).ok_or_else(|| mismatch(row, index))
}

/// The type and the value; `None` is NULL.
fn raw(row: &MySqlRow, index: usize) -> Decoded<(&MySqlTypeInfo, MySqlValueRef<'_>)> {
    let value = row
        .try_get_raw(index)
        .map_err(|_| Mismatch("missing".to_owned()))?;
    if value.is_null() {
        return Ok(None);
    }
    Ok(Some((row.column(index).type_info(), value)))
}

#[cold]
fn mismatch(row: &MySqlRow, index: usize) -> Mismatch {
    Mismatch(format!("a {}", row.column(index).type_info().name()))
}
