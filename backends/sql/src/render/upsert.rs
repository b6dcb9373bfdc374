//! Renders what an upsert changes in a stored row.

use genledger_contract::table::TableDef;
use sea_query::{Expr, ExprTrait, Func, OnConflict};

use super::convert::stored;
use super::expr::placeholder;
use crate::dialect::{Dialect, Family};
use crate::shape::{ActionShape, AssignmentShape};

/// `ON CONFLICT (key) DO UPDATE SET …`, and on `MySQL` `ON DUPLICATE KEY UPDATE …`, which is equivalent
/// since the table of an upsert has no second unique key.
pub(super) fn on_present(
    dialect: &Dialect,
    table: &'static TableDef,
    assignments: &[AssignmentShape],
) -> OnConflict {
    let mut on_conflict = OnConflict::columns(table.primary_key.iter().copied());
    for assignment in assignments {
        let target = &table.columns[assignment.column];
        let stored_value = || Expr::col((table.name, target.name));
        let inserted = || match dialect.family() {
            // Deprecated in MySQL, but MariaDB has no other spelling.
            Family::MySql => Func::cust("VALUES").arg(Expr::col(target.name)).into(),
            Family::Sqlite | Family::Postgres => Expr::col(("excluded", target.name)),
        };
        let value = match assignment.action {
            ActionShape::Set(slot) => stored(dialect, target, placeholder(slot)),
            ActionShape::Add(slot) => stored_value().add(placeholder(slot)),
            ActionShape::Inserted => inserted(),
            ActionShape::AddInserted => stored_value().add(inserted()),
            // Only updates have these.
            ActionShape::SetByKey(_) | ActionShape::AddByKey(_) => stored_value(),
        };
        on_conflict.value(target.name, value);
    }
    on_conflict
}
