//! Claiming rows.

use genledger_contract::{Action, Assignment, Claim, Result, RowVisitor};

use super::assign::assign;
use super::{Plan, select};
use crate::table::{Changes, Row};
use crate::tables::Tables;

/// The answer has two layers: an error of the plan is one of the database, an error in its answer
/// is one of the visitor, which is called before anything is written, so that then nothing is.
pub(crate) fn claim(
    tables: &Tables,
    claim: &Claim,
    visitor: &mut RowVisitor,
) -> Result<Plan<Result<u64>>> {
    let table = tables.table(claim.table)?;
    let limit = Some(claim.limit.into());
    let mut assignments = claim.assignments.clone();
    assignments.push(Assignment {
        column: claim.token_column,
        action: Action::Set(claim.token.clone()),
    });
    let mut claimed: Vec<Row> = Vec::new();
    let mut changes = Changes::new();
    for row in select::ordered(table, &claim.filter, &claim.order, limit) {
        let row = assign(table, &row, &assignments, None)?;
        changes.insert(table.key_of(&row), Some(row.clone()));
        claimed.push(row);
    }
    let count = u64::try_from(claimed.len()).unwrap_or(u64::MAX);
    let plan = Plan::new(table, changes, Ok(count))?;
    let columns: Vec<usize> = (0..claim.table.columns.len()).collect();
    match select::visit(claim.table, &columns, &claimed, visitor) {
        Ok(()) => Ok(plan),
        Err(error) => Ok(Plan::nothing(Err(error))),
    }
}
