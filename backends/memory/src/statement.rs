//! The statements as pure functions of the tables: what a statement replies and what it would
//! change. Whether and where that happens is decided in [`scope`](crate::scope).

pub(crate) mod aggregate;
mod assign;
mod change;
mod claim;
mod insert;
pub(crate) mod select;
mod translate;
mod update_each;

use genledger_contract::row::Rows;
use genledger_contract::statement::{Reply, Statement};
use genledger_contract::table::TableDef;
use genledger_contract::{Error, Result};

use crate::table::{Changes, Row, Table};
use crate::tables::Tables;

/// What a statement changes, and what it replies once that is done.
pub(crate) struct Plan {
    /// The table's name and its changes.
    pub(crate) changes: (&'static str, Changes),
    pub(crate) reply: Reply,
}

impl Plan {
    /// Changes that keep the table's unique keys.
    ///
    /// # Errors
    /// `UniqueViolation`.
    fn new(table: &Table, changes: Changes, reply: Reply) -> Result<Self> {
        table.check_unique(&changes)?;
        Ok(Self {
            changes: (table.definition.name, changes),
            reply,
        })
    }
}

/// What a statement that writes would change.
///
/// # Errors
/// Those that a database reports.
pub(crate) fn plan(tables: &Tables, statement: &Statement) -> Result<Plan> {
    match statement {
        Statement::Insert(insert) => insert::insert(tables, insert),
        Statement::Upsert(upsert) => insert::upsert(tables, upsert),
        Statement::Update(update) => change::update(tables, update),
        Statement::UpdateEach(update) => update_each::update_each(tables, update),
        Statement::Delete(delete) => change::delete(tables, delete),
        Statement::Claim(claim) => claim::claim(tables, claim),
        _ => Err(Error::unsupported("a statement of a newer version")),
    }
}

/// Rows of a table as the description of a statement knows them.
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
