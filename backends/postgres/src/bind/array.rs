//! Encoding of arrays.

use genledger_contract::row::ValueRef;
use genledger_contract::table::Kind;
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Postgres, Type};

use super::value::{TypeOid, element};

/// An array of values of one kind, encoded without a vector in between.
pub(super) struct Array<F> {
    kind: Kind,
    length: usize,
    value: F,
}

impl<'a, F: Fn(usize) -> ValueRef<'a>> Array<F> {
    /// An array of `length` values, which `value` returns by their position.
    pub(super) const fn new(kind: Kind, length: usize, value: F) -> Self {
        Self {
            kind,
            length,
            value,
        }
    }
}

impl<F> Type<Postgres> for Array<F> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(TypeOid::of(Kind::Text).array))
    }
}

impl<'a, F: Fn(usize) -> ValueRef<'a>> Encode<'_, Postgres> for Array<F> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let oid = TypeOid::of(self.kind);
        let dimensions: i32 = 1;
        let may_have_nulls: i32 = 1;
        let lower_bound: i32 = 1;
        buffer.extend_from_slice(&dimensions.to_be_bytes());
        buffer.extend_from_slice(&may_have_nulls.to_be_bytes());
        buffer.extend_from_slice(&oid.scalar.to_be_bytes());
        buffer.extend_from_slice(&i32::try_from(self.length)?.to_be_bytes());
        buffer.extend_from_slice(&lower_bound.to_be_bytes());
        for place in 0..self.length {
            element((self.value)(place), self.kind, buffer)?;
        }
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(TypeOid::of(self.kind).array)))
    }

    fn size_hint(&self) -> usize {
        20 + self.length * 4
    }
}
