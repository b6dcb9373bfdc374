//! Claiming rows.

use genledger_contract::{Action, Assignment, Claim, Result, RowVisitor};

use super::assign::assign;
use super::{Plan, select};
use crate::table::{Changes, Row};
use crate::tables::Tables;

/// The visitor is called before anything is written, so that nothing is when it fails. In a
/// transaction that is an error as any other: a database has written already by then.
pub(crate) fn claim(tables: &Tables, claim: &Claim, visitor: &mut RowVisitor) -> Result<Plan<u64>> {
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
    let count = u64::try_from(claimed.len()).unwrap_or(u64::MAX);
    let plan = Plan::new(table, changes, count)?;
    let columns: Vec<usize> = (0..claim.table.columns.len()).collect();
    let stored = tables.positions(claim.table)?;
    select::visit(claim.table, &columns, &(claimed, stored), visitor)?;
    Ok(plan)
}
