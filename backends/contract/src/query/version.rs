//! Updates of entities with a version.

use crate::entity::mapping::Versioned;
use crate::error::Result;
use crate::row::batch::RowBatch;
use crate::row::value::Value;
use crate::statement::change::{Action, Assignment, Update};
use crate::statement::predicate::{Comparison, Predicate};

/// The entity with the next version, and the update that stores it over the row with its version.
pub(crate) fn next_version<E: Versioned>(entity: &E) -> (E, Result<Update>) {
    let next = entity
        .clone()
        .with_version(entity.version().wrapping_add(1));
    let update = || {
        let row = RowBatch::of(std::slice::from_ref(&next))?;
        let keys = E::TABLE.key_positions();
        let version = Value::I64(entity.version());
        let filter = Predicate::equals(&keys, row.key(0)).and(Predicate::compare(
            E::VERSION_COLUMN,
            Comparison::Eq,
            version,
        ));
        let assignments = (0..E::TABLE.columns.len())
            .filter(|column| !keys.contains(column))
            .map(|column| Assignment {
                column,
                action: Action::Set(row.value(0, column).into()),
            });
        Ok(Update {
            table: E::TABLE,
            assignments: assignments.collect(),
            filter,
            returning: false,
        })
    };
    let update = update();
    (next, update)
}
