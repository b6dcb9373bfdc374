//! The statements as pure functions of the tables: the reply of a statement and the changes that it makes.
//! They are applied in a [`scope`](crate::scope).

pub(crate) mod aggregate;
mod insert;
pub(crate) mod select;
mod translate;
mod update;

use genledger_contract::row::Rows;
use genledger_contract::statement::{Reply, Statement};
use genledger_contract::table::TableDef;
use genledger_contract::{Error, Result};

use crate::table::{Changes, Row, Table};
use crate::tables::Tables;

/// The changes of a statement, and its reply once they are applied.
pub(crate) struct Plan {
    /// The table's name and its changes.
    changes: (&'static str, Changes),
    reply: Reply,
}

impl Plan {
    /// Changes that keep the table's unique keys.
    ///
    /// # Errors
    /// Returns `UniqueViolation`.
    fn new(table: &Table, changes: Changes, reply: Reply) -> Result<Self> {
        table.check_unique(&changes)?;
        Ok(Self {
            changes: (table.definition.name, changes),
            reply,
        })
    }

    /// Applies the changes to the tables that they were planned with, and returns the reply.
    pub(crate) fn apply(self, tables: &mut Tables) -> Reply {
        let (name, changes) = self.changes;
        tables.apply(name, changes);
        self.reply
    }
}

/// The plan of a statement that writes.
///
/// # Errors
/// Returns errors of the database.
pub(crate) fn plan(tables: &Tables, statement: &Statement) -> Result<Plan> {
    match statement {
        Statement::Insert(insert) => insert::insert(tables, insert),
        Statement::Upsert(upsert) => insert::upsert(tables, upsert),
        Statement::Update(update) => update::update(tables, update),
        Statement::UpdateEach(update) => update::update_each(tables, update),
        Statement::Delete(delete) => update::delete(tables, delete),
        Statement::Claim(claim) => update::claim(tables, claim),
        _ => Err(Error::unsupported("a statement of a newer version")),
    }
}

/// Rows of a table with the columns of a statement's description.
fn rows<'r>(
    tables: &Tables,
    table: &'static TableDef,
    rows: impl IntoIterator<Item = &'r Row>,
) -> Result<Rows> {
    let stored = tables.positions(table)?;
    let mut packed = Rows::new(table);
    for row in rows {
        packed.push_values(stored.iter().map(|column| row[*column].as_ref()))?;
    }
    Ok(packed)
}
