//! Changing and deleting rows.

use genledger_contract::Result;
use genledger_contract::statement::{Delete, Direction, Reply, Update};

use super::assign::assign;
use super::{Plan, rows};
use crate::table::{Changes, Row};
use crate::tables::Tables;

pub(crate) fn update(tables: &Tables, update: &Update) -> Result<Plan> {
    let (table, translated) = tables.resolve(update)?;
    let mut changes = Changes::new();
    let mut updated: Vec<Row> = Vec::new();
    let mut matched = 0;
    for (key, row) in table.scan(&translated.filter, Direction::Ascending) {
        let row = assign(table, row, &translated.assignments, None)?;
        if update.returning {
            updated.push(row.clone());
        }
        changes.insert(key.clone(), Some(row));
        matched += 1;
    }
    let reply = if update.returning {
        Reply::Rows(rows(tables, update.table, &updated)?)
    } else {
        Reply::Count(matched)
    };
    Plan::new(table, changes, reply)
}

pub(crate) fn delete(tables: &Tables, delete: &Delete) -> Result<Plan> {
    let (table, delete) = tables.resolve(delete)?;
    let mut changes = Changes::new();
    let mut deleted = 0;
    for (key, _) in table.scan(&delete.filter, Direction::Ascending) {
        changes.insert(key.clone(), None);
        deleted += 1;
    }
    Plan::new(table, changes, Reply::Count(deleted))
}
