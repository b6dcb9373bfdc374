//! What the columns of an entity refuse.

use crate::entity::mapping::Entity;
use crate::error::{Error, Result, Violations};
use crate::row::batch::{RowBatch, all_of};
use crate::row::check::Purpose;
use crate::row::encode::Receive;
use crate::row::value::ValueRef;
use crate::table::definition::{ColumnDef, TableDef};

/// Checks the values of a row and keeps none.
struct Check {
    table: &'static TableDef,
    position: usize,
    bytes: usize,
    found: Violations,
}

impl Check {
    fn of<E: Entity>(entity: &E) -> (Self, Result<()>) {
        let mut check = Self {
            table: E::TABLE,
            position: 0,
            bytes: 0,
            found: Violations::new(),
        };
        let written = entity.write(&mut check);
        (check, written)
    }
}

impl Receive for Check {
    fn target(&self) -> Result<(&'static TableDef, &'static ColumnDef, Purpose)> {
        let column = self.table.columns.get(self.position);
        let column = column.ok_or_else(|| Error::invalid("there are more values than columns"))?;
        Ok((self.table, column, Purpose::Write))
    }

    fn take(&mut self, value: ValueRef<'_>, _exact: bool) -> Result<()> {
        self.position += 1;
        self.bytes += value.bytes();
        Ok(())
    }

    fn refuse(&mut self, error: Error) -> Result<()> {
        self.position += 1;
        self.found.extend(error.violations().iter().cloned());
        Ok(())
    }
}

impl Violations {
    /// The violations of the bounds of an entity's columns: lengths, digits, ranges, codes that are not
    /// known. A write of the entity fails with the same violations.
    ///
    /// ```
    /// use genledger_contract::{Entity, Violations};
    ///
    /// /// A login.
    /// #[derive(Clone, Entity)]
    /// #[entity(crate = genledger_contract, table = "logins", key(id))]
    /// struct Login {
    ///     /// Its number.
    ///     #[column(range(1, 100))]
    ///     id: i64,
    ///     /// The user.
    ///     #[column(max_chars = 4)]
    ///     #[json(name = "User")]
    ///     user: String,
    /// }
    ///
    /// let found = Violations::of(&Login { id: 0, user: "grace".into() });
    /// let found: Vec<_> = found.as_slice().iter().map(|one| (one.path(), one.rule())).collect();
    /// assert_eq!(found, [("id", "out_of_range"), ("User", "too_long")]);
    /// ```
    #[must_use]
    pub fn of<E: Entity>(entity: &E) -> Self {
        let (mut check, written) = Check::of(entity);
        if let Err(error) = written {
            check.found.extend(error.violations().iter().cloned());
        }
        check.found
    }
}

impl RowBatch {
    /// About how many bytes an entity takes on the wire, as [`bytes`](Self::bytes) of a batch of it, without a batch.
    ///
    /// # Errors
    /// Those of [`of`](Self::of).
    pub fn bytes_of<E: Entity>(entity: &E) -> Result<usize> {
        let (check, written) = Check::of(entity);
        all_of(check.found, written).map_err(|error| error.with_table(E::TABLE.name))?;
        Ok(check.bytes)
    }
}
