//! The result of appending one row.

use genledger_contract::entity::Column;
use genledger_contract::{Entity, Error, ErrorKind, Result, RowOutcome};

/// Whether the row is new; an error when another row has its key, which is the column `key`.
pub(crate) fn one_outcome<E: Entity, T, A>(
    outcomes: &[RowOutcome],
    key: Column<E, T, A>,
) -> Result<bool> {
    match outcomes {
        [RowOutcome::New] => Ok(true),
        [RowOutcome::Present] => Ok(false),
        [RowOutcome::Different] => {
            let message = "a row with this key and different content is already present";
            Err(Error::new(ErrorKind::UniqueViolation, message)
                .with_table(E::TABLE.name)
                .with_column(key.definition().name))
        }
        _ => Err(Error::corrupt(
            "the store returned outcomes for another number of rows",
        )),
    }
}
