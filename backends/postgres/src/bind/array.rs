//! A column of a batch as one array.

use genledger_contract::{Kind, RowBatch};
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Postgres, Type};

use super::value::{TypeOid, encode};

/// The values of one column in some rows, written straight from the batch: no vector of values
/// comes in between.
#[derive(Debug)]
pub(super) struct Array<'a> {
    batch: &'a RowBatch,
    rows: &'a [usize],
    column: usize,
    kind: Kind,
}

impl<'a> Array<'a> {
    pub(super) const fn new(batch: &'a RowBatch, rows: &'a [usize], column: usize) -> Self {
        Self {
            batch,
            rows,
            column,
            kind: batch.table().columns[column].column_type.kind(),
        }
    }
}

impl Type<Postgres> for Array<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(TypeOid::of(Kind::Text).array))
    }
}

impl Encode<'_, Postgres> for Array<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let oid = TypeOid::of(self.kind);
        let dimensions: i32 = 1;
        let may_have_nulls: i32 = 1;
        let lower_bound: i32 = 1;
        buffer.extend_from_slice(&dimensions.to_be_bytes());
        buffer.extend_from_slice(&may_have_nulls.to_be_bytes());
        buffer.extend_from_slice(&oid.scalar.to_be_bytes());
        buffer.extend_from_slice(&i32::try_from(self.rows.len())?.to_be_bytes());
        buffer.extend_from_slice(&lower_bound.to_be_bytes());
        for row in self.rows {
            let start = buffer.len();
            buffer.extend_from_slice(&(-1_i32).to_be_bytes());
            let value = self.batch.value(*row, self.column);
            if let IsNull::No = encode(value, self.kind, buffer)? {
                let length = i32::try_from(buffer.len() - start - 4)?;
                buffer[start..start + 4].copy_from_slice(&length.to_be_bytes());
            }
        }
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(TypeOid::of(self.kind).array)))
    }

    fn size_hint(&self) -> usize {
        20 + self.rows.len() * 4
    }
}
