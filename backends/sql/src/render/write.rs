//! Updates and deletes.

use genledger_contract::TableDef;
use sea_query::{DeleteStatement, ExprTrait, Query, UpdateStatement};

use super::{column, condition::condition, placeholder, stored};
use crate::dialect::Dialect;
use crate::shape::{ActionShape, AssignmentShape, Condition};

pub(super) fn update(
    dialect: &Dialect,
    table: &'static TableDef,
    assignments: &[AssignmentShape],
    filter: &Condition,
    returning: bool,
) -> UpdateStatement {
    let mut update = Query::update();
    update.table(table.name);
    assign(&mut update, dialect, table, assignments);
    if *filter != Condition::True {
        update.and_where(condition(dialect, table, filter));
    }
    if returning {
        let columns = table.columns.iter().map(|column| column.name);
        update.returning(Query::returning().columns(columns));
    }
    update
}

/// What becomes of the rows of an update.
pub(super) fn assign(
    update: &mut UpdateStatement,
    dialect: &Dialect,
    table: &'static TableDef,
    assignments: &[AssignmentShape],
) {
    for assignment in assignments {
        let target = &table.columns[assignment.column];
        let value = match assignment.action {
            ActionShape::Set(slot) => stored(dialect, target.column_type, slot),
            ActionShape::Add(slot) => column(table, assignment.column).add(placeholder(slot)),
            // Validation refuses these outside of an upsert; the column keeps its value.
            ActionShape::Inserted | ActionShape::AddInserted => column(table, assignment.column),
        };
        update.value(target.name, value);
    }
}

pub(super) fn delete(
    dialect: &Dialect,
    table: &'static TableDef,
    filter: &Condition,
) -> DeleteStatement {
    let mut delete = Query::delete();
    delete.from_table(table.name);
    if *filter != Condition::True {
        delete.and_where(condition(dialect, table, filter));
    }
    delete
}
