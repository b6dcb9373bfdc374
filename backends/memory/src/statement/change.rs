//! Changing and deleting rows.

use genledger_contract::{Delete, Direction, Result, Update};

use super::Plan;
use super::assign::assign;
use crate::table::Changes;
use crate::tables::Tables;

pub(crate) fn update(tables: &Tables, update: &Update) -> Result<Plan<u64>> {
    let (table, update) = tables.resolve(update)?;
    let mut changes = Changes::new();
    let mut matched = 0;
    for (key, row) in table.scan(&update.filter, Direction::Ascending) {
        let row = assign(table, row, &update.assignments, None)?;
        changes.insert(key.clone(), Some(row));
        matched += 1;
    }
    Plan::new(table, changes, matched)
}

pub(crate) fn delete(tables: &Tables, delete: &Delete) -> Result<Plan<u64>> {
    let (table, delete) = tables.resolve(delete)?;
    let mut changes = Changes::new();
    let mut deleted = 0;
    for (key, _) in table.scan(&delete.filter, Direction::Ascending) {
        changes.insert(key.clone(), None);
        deleted += 1;
    }
    Plan::new(table, changes, deleted)
}
