//! Runs statements on a connection.

mod aggregate;
mod change;
mod claim;
mod explain;
mod insert;
mod key_positions;
mod overflow;
mod present;
mod refuse;
mod select;
#[cfg(test)]
mod tests;
mod unit;
mod update_each;
mod upsert;

use genledger_contract::backend::Outcome;
use genledger_contract::statement::{Reply, Statement};
use genledger_contract::{Error, Result};

pub(crate) use explain::explain;
pub(crate) use select::select;

use crate::executor::Context;
use refuse::refuse;

/// Runs a statement.
pub(crate) async fn execute(context: Context<'_>, statement: &Statement) -> Result<Outcome<Reply>> {
    let dialect = context.dialect;
    refuse!(dialect.check(dialect.place(statement.table())));
    match statement {
        Statement::Insert(insert) => insert::insert(context, insert).await,
        Statement::Upsert(upsert) => upsert::upsert(context, upsert).await,
        Statement::Update(update) => change::update(context, update).await,
        Statement::UpdateEach(update) => update_each::update_each(context, update).await,
        Statement::Delete(delete) => change::delete(context, delete).await,
        Statement::Aggregate(aggregate) => aggregate::aggregate(context, aggregate).await,
        Statement::Claim(claim) => claim::claim(context, claim).await,
        _ => Ok(Outcome::Refused(Error::unsupported(
            "a statement of a newer version",
        ))),
    }
}
