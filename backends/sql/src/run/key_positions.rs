//! Finds the positions of rows, which arrive in any order, in a list of keys.

use std::collections::HashMap;

use genledger_contract::Result;
use genledger_contract::row::{RowReader, Value};
use genledger_contract::table::ColumnDef;

use crate::values;

/// The positions of keys in a list.
pub(super) struct KeyPositions(HashMap<Vec<Value>, usize>);

impl KeyPositions {
    pub(super) fn of<'k>(keys: impl IntoIterator<Item = &'k [Value]>) -> Self {
        let key = |key: &[Value]| -> Vec<Value> {
            let values = key.iter();
            values
                .map(|value| values::key_value(value.as_ref()))
                .collect()
        };
        Self(keys.into_iter().map(key).zip(0..).collect())
    }

    /// The position of a row, whose key is in the columns `key`.
    ///
    /// # Errors
    /// Returns [`Corrupt`](genledger_contract::ErrorKind::Corrupt) when the key cannot be read.
    pub(super) fn position(
        &self,
        row: &dyn RowReader,
        key: impl IntoIterator<Item = usize>,
        columns: &[ColumnDef],
    ) -> Result<Option<usize>> {
        let key: Result<Vec<Value>> = key
            .into_iter()
            .map(|index| {
                let value = values::read(row, index, columns[index].column_type)?;
                Ok(values::key_value(value.as_ref()))
            })
            .collect();
        Ok(self.0.get(&key?).copied())
    }
}
