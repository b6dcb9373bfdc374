//! Encoding of single values.

use chrono::{DateTime, Utc};
use genledger_contract::row::ValueRef;
use genledger_contract::table::Kind;
use genledger_sql::Param;
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Postgres, Type};

/// 2000-01-01, from which the server counts, in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;

/// The OIDs of a type and of its array type; those of built-in types never change.
#[derive(Clone, Copy, Debug)]
pub(super) struct TypeOid {
    pub(super) scalar: u32,
    pub(super) array: u32,
}

impl TypeOid {
    pub(super) const fn of(kind: Kind) -> Self {
        let (scalar, array) = match kind {
            Kind::Bool => (16, 1000),
            Kind::I16 => (21, 1005),
            Kind::I32 => (23, 1007),
            Kind::I64 => (20, 1016),
            Kind::Decimal => (1700, 1231),
            Kind::Text => (25, 1009),
            Kind::Bytes => (17, 1001),
            Kind::Json => (114, 199),
            Kind::DateTime => (1184, 1185),
        };
        Self { scalar, array }
    }
}

/// A single bound value.
#[derive(Debug)]
pub(super) struct Scalar<'a> {
    value: ValueRef<'a>,
    kind: Kind,
}

impl<'a> Scalar<'a> {
    pub(super) fn of(param: &Param<'a>) -> Self {
        Self {
            value: param.value,
            kind: param.value.kind().unwrap_or(param.column_type.kind()),
        }
    }
}

impl Type<Postgres> for Scalar<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(TypeOid::of(Kind::Text).scalar))
    }
}

impl Encode<'_, Postgres> for Scalar<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        encode(self.value, self.kind, buffer)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(TypeOid::of(self.kind).scalar)))
    }
}

/// Writes a value in the binary format of a kind.
fn encode(
    value: ValueRef<'_>,
    kind: Kind,
    buffer: &mut PgArgumentBuffer,
) -> Result<IsNull, BoxDynError> {
    match (kind, value) {
        (_, ValueRef::Null) => return Ok(IsNull::Yes),
        (Kind::Bool, ValueRef::Bool(value)) => buffer.push(u8::from(value)),
        (Kind::I16, ValueRef::I16(value)) => buffer.extend_from_slice(&value.to_be_bytes()),
        (Kind::I32, ValueRef::I32(value)) => buffer.extend_from_slice(&value.to_be_bytes()),
        (Kind::I64, ValueRef::I64(value)) => buffer.extend_from_slice(&value.to_be_bytes()),
        (Kind::Decimal, ValueRef::Decimal(value)) => {
            return Encode::<Postgres>::encode(value, buffer);
        }
        (Kind::Text | Kind::Json, ValueRef::Text(value) | ValueRef::Json(value)) => {
            buffer.extend_from_slice(value.as_bytes());
        }
        (Kind::Bytes, ValueRef::Bytes(value)) => buffer.extend_from_slice(value),
        (Kind::DateTime, ValueRef::DateTime(value)) => {
            buffer.extend_from_slice(&micros(value)?.to_be_bytes());
        }
        // Unreachable: every value was checked against its column.
        _ => return Err("the kind of the value is not that of its column".into()),
    }
    Ok(IsNull::No)
}

/// Writes a value after its length, as in an array and in a COPY.
pub(super) fn element(
    value: ValueRef<'_>,
    kind: Kind,
    buffer: &mut PgArgumentBuffer,
) -> Result<(), BoxDynError> {
    let start = buffer.len();
    buffer.extend_from_slice(&(-1_i32).to_be_bytes());
    if let IsNull::No = encode(value, kind, buffer)? {
        let length = i32::try_from(buffer.len() - start - 4)?;
        buffer[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

fn micros(moment: DateTime<Utc>) -> Result<i64, BoxDynError> {
    moment
        .timestamp_micros()
        .checked_sub(EPOCH)
        .ok_or_else(|| "the time is out of range".into())
}

/// The moment from the microseconds of the server; `None` outside of chrono's range, as are `infinity`
/// and `-infinity`.
pub(crate) fn moment(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros.checked_add(EPOCH)?)
}
