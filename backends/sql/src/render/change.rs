//! Renders updates and deletes.

use genledger_contract::table::{Kind, TableDef};
use sea_query::{CaseStatement, DeleteStatement, Expr, ExprTrait, Query, UpdateStatement};

use super::condition::condition;
use super::convert::{read, stored};
use super::expr::{Source, column, name, placeholder};
use crate::dialect::Dialect;
use crate::shape::{ActionShape, AssignmentShape, Cases, Condition};

pub(super) fn update(
    dialect: &Dialect,
    table: &'static TableDef,
    assignments: &[AssignmentShape],
    filter: &Condition,
    returning: bool,
) -> UpdateStatement {
    let mut update = Query::update();
    update.table(name(table));
    assign(&mut update, dialect, table, assignments, Source::Bound);
    if *filter != Condition::True {
        update.and_where(condition(dialect, table, filter, Source::Bound));
    }
    if returning {
        let columns = (0..table.columns.len()).map(|position| read(dialect, table, position));
        update.returning(Query::returning().exprs(columns));
    }
    update
}

/// Renders the assignments of an update.
pub(super) fn assign(
    update: &mut UpdateStatement,
    dialect: &Dialect,
    table: &'static TableDef,
    assignments: &[AssignmentShape],
    source: Source,
) {
    for assignment in assignments {
        let target = &table.columns[assignment.column];
        let value = match assignment.action {
            ActionShape::Set(slot) => stored(dialect, target, source.value(slot)),
            ActionShape::Add(slot) => column(table, assignment.column).add(source.value(slot)),
            ActionShape::SetByKey(cases) => {
                stored(dialect, target, by_key(table, assignment.column, cases))
            }
            ActionShape::AddByKey(cases) => {
                column(table, assignment.column).add(by_key(table, assignment.column, cases))
            }
            // Validation rejects these outside of an upsert; the column keeps its value.
            ActionShape::Inserted | ActionShape::AddInserted => column(table, assignment.column),
        };
        update.value(target.name, value);
    }
}

/// The value for the key of the row (`MySQL`), with an explicit type, since the type of a CASE of
/// placeholders is unknown when the statement is prepared.
fn by_key(table: &'static TableDef, target: usize, cases: Cases) -> Expr {
    let keys = table.key_positions();
    let value_type = match table.columns[target].column_type.kind() {
        Kind::Bool | Kind::I16 | Kind::I32 | Kind::I64 => "SIGNED",
        Kind::Decimal => "DECIMAL(38, 6)",
        Kind::DateTime => "DATETIME(6)",
        Kind::Bytes => "BINARY",
        Kind::Text | Kind::Json => "CHAR",
    };
    let mut slots = cases.first..;
    let mut by_key = CaseStatement::new();
    for _ in 0..cases.count {
        let key = keys
            .iter()
            .zip(slots.by_ref())
            .map(|(position, slot)| column(table, *position).eq(placeholder(slot)))
            .reduce(Expr::and);
        let Some((key, value)) = key.zip(slots.next()) else {
            break;
        };
        by_key = by_key.case(key, placeholder(value).cast_as(value_type));
    }
    by_key.into()
}

pub(super) fn delete(
    dialect: &Dialect,
    table: &'static TableDef,
    filter: &Condition,
) -> DeleteStatement {
    let mut delete = Query::delete();
    delete.from_table(name(table));
    if *filter != Condition::True {
        delete.and_where(condition(dialect, table, filter, Source::Bound));
    }
    delete
}
