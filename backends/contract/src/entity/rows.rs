//! Entities on their way into a batch of rows.

use crate::entity::mapping::Entity;
use crate::error::{Error, ErrorKind, Result, Violations};
use crate::row::batch::RowBatch;

impl RowBatch {
    /// A batch of entities.
    ///
    /// # Errors
    /// Returns [`ErrorKind::Invalid`] when a value does not fit its column; the violation's path names the
    /// row (`[3].username`) when there are several.
    pub fn of<E: Entity>(entities: &[E]) -> Result<Self> {
        let mut batch = Self::new(E::TABLE);
        batch.reserve(entities.len());
        for (index, entity) in entities.iter().enumerate() {
            batch.push(entity).map_err(|error| {
                if entities.len() == 1 {
                    error
                } else {
                    at_row(error, index)
                }
            })?;
        }
        Ok(batch)
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Returns [`ErrorKind::Invalid`] with a violation for every value that does not fit its column; the
    /// batch is unchanged then.
    pub fn push<E: Entity>(&mut self, entity: &E) -> Result<()> {
        self.push_with(|row| entity.write(row))
    }
}

/// Puts the row's position before the paths of the violations.
fn at_row(error: Error, row: usize) -> Error {
    if error.kind() != ErrorKind::Invalid || error.violations().is_empty() {
        return error;
    }
    let table = error.table().map(str::to_owned);
    let mut violations = Violations::new();
    violations.extend(
        error
            .violations()
            .iter()
            .cloned()
            .map(|violation| violation.within(&format!("[{row}]"))),
    );
    let error = Error::from(violations);
    match table {
        Some(table) => error.with_table(table),
        None => error,
    }
}
