//! Claiming rows.

use genledger_contract::Result;
use genledger_contract::statement::{Action, Assignment, Claim, ClaimedRows, Reply};

use super::assign::assign;
use super::{Plan, rows, select};
use crate::table::{Changes, Row};
use crate::tables::Tables;

/// One transaction writes at a time, so that a free row is never locked by another one.
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
