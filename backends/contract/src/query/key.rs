//! The condition that selects the row with a key.

use crate::entity::key::key_values;
use crate::entity::mapping::Entity;
use crate::error::Result;
use crate::statement::predicate::Predicate;

pub(crate) fn key_predicate<E: Entity>(key: &E::Key) -> Result<Predicate> {
    let values = key_values(E::TABLE, key)?;
    Ok(Predicate::equals(&E::TABLE.key_positions(), values))
}
