//! Updates, deletes and claims.

use genledger_contract::Result;
use genledger_contract::row::Value;
use genledger_contract::statement::{
    Action, Assignment, Claim, ClaimedRows, Delete, Direction, Reply, Update, UpdateEach,
    UpdatedRows,
};

use super::{Plan, rows, select};
use crate::table::{Changes, Key, Row, Table, TakenValues, add, fit};
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

/// Each update sees the changes of the earlier ones. No update changes a primary key, so rows keep their keys.
pub(crate) fn update_each(tables: &Tables, each: &UpdateEach) -> Result<Plan> {
    let (table, translated) = tables.resolve(each)?;
    let mut changes = Changes::new();
    let mut taken = TakenValues::default();
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
            // Checked after each update, as a database does that executes one after the other.
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

/// One transaction writes at a time, so a free row is never locked by another one.
pub(crate) fn claim(tables: &Tables, claim: &Claim) -> Result<Plan> {
    let (table, translated) = tables.resolve(claim)?;
    let mut assignments = translated.assignments.clone();
    assignments.push(Assignment {
        column: translated.token_column,
        action: Action::Set(claim.token.clone()),
    });
    let limit = Some(claim.limit.into());
    let mut claimed: Vec<Row> = Vec::new();
    let mut changes = Changes::new();
    for row in select::ordered(table, &translated.filter, &translated.order, limit) {
        let row = assign(table, &row, &assignments, None)?;
        changes.insert(table.key_of(&row), Some(row.clone()));
        claimed.push(row);
    }
    let rows = rows(tables, claim.table, &claimed)?;
    let reply = Reply::Claimed(ClaimedRows {
        rows,
        contended: false,
    });
    Plan::new(table, changes, reply)
}

/// The row after the assignments; `inserted` is the row that an upsert was to insert.
///
/// # Errors
/// Returns `Invalid` when a column cannot hold its new value.
pub(super) fn assign(
    table: &Table,
    row: &Row,
    assignments: &[Assignment],
    inserted: Option<&Row>,
) -> Result<Row> {
    let mut values = row.to_vec();
    for Assignment { column, action } in assignments {
        // A statement is validated, so only an upsert refers to an inserted row.
        let inserted = inserted.map_or(&Value::Null, |row| &row[*column]);
        let definition = &table.definition.columns[*column];
        let stored = &values[*column];
        values[*column] = match action {
            Action::Set(value) => fit(table.definition, definition, value.clone()),
            Action::Inserted => fit(table.definition, definition, inserted.clone()),
            Action::Add(value) => add(table.definition, definition, stored, value),
            Action::AddInserted => add(table.definition, definition, stored, inserted),
        }?;
    }
    Ok(values.into())
}
