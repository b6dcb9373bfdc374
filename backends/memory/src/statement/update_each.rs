//! Many guarded updates.

use genledger_contract::Result;
use genledger_contract::statement::{Reply, UpdateEach, UpdatedRows};

use super::assign::assign;
use super::{Plan, rows};
use crate::table::{Changes, Key, Row, Taken};
use crate::tables::Tables;

/// Each update meets what the earlier ones left. No update changes a key, so that a row that is there
/// stays where it is.
pub(crate) fn update_each(tables: &Tables, each: &UpdateEach) -> Result<Plan> {
    let (table, translated) = tables.resolve(each)?;
    let mut changes = Changes::new();
    let mut taken = Taken::default();
    let mut matched = Vec::with_capacity(each.updates.len());
    let mut updated: Vec<Row> = Vec::new();
    for update in &translated.updates {
        let key = Key::new(update.key.iter().cloned());
        let present = changes
            .get(&key)
            .map_or_else(|| table.rows.get(&key), Option::as_ref)
            .filter(|row| update.guard.selects(&|column| row[column].as_ref()));
        matched.push(present.is_some());
        if let Some(row) = present {
            let row = assign(table, row, &update.assignments, None)?;
            updated.push(row.clone());
            // As a database does, which executes one after the other.
            table.take_unique(&mut taken, &changes, &key, &row)?;
            changes.insert(table.key_of(&row), Some(row));
        }
    }
    if !each.returning {
        updated.clear();
    }
    let rows = rows(tables, each.table, &updated)?;
    Plan::new(
        table,
        changes,
        Reply::Updated(UpdatedRows { matched, rows }),
    )
}
