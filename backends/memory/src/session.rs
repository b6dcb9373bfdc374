//! Executes the statements of the contract in a scope.

use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::backend::{Execute, Outcome};
use genledger_contract::statement::{Reply, RowVisitor, Select, Statement};
use genledger_contract::{Result, RowOutcome};

use crate::scope::Scope;
use crate::statement::{self, select};

/// Executes statements in a scope.
#[derive(Debug)]
pub(crate) struct Statements<S>(pub(crate) S);

impl<S: Scope> Statements<S> {
    async fn executed(&self, statement: &Statement) -> Result<Outcome<Reply>> {
        if let Statement::Aggregate(aggregate) = statement {
            let aggregated = self
                .0
                .read(|tables| statement::aggregate::aggregate(tables, aggregate))
                .await?;
            // An overflow is not an error of the database.
            return Ok(match aggregated {
                Ok(groups) => Outcome::Done(Reply::Groups(groups)),
                Err(error) => Outcome::Refused(error),
            });
        }
        self.0
            .write(|tables| statement::plan(tables, statement))
            .await
            .map(Outcome::Done)
    }
}

#[async_trait]
impl<S: Scope> Execute for Statements<S> {
    async fn execute(&self, statement: Arc<Statement>) -> Result<Outcome<Reply>> {
        let (name, table) = (statement.name(), statement.table().name);
        let executed = self.executed(&statement);
        self.0
            .events()
            .during(name, Some(table), executed, |outcome| match outcome {
                Outcome::Done(reply) => rows(reply),
                Outcome::Refused(_) => None,
            })
            .await
    }

    async fn select(&self, select: Select, mut visitor: RowVisitor) -> Result<Outcome<()>> {
        let read = self.0.read(|tables| select::rows(tables, &select));
        let rows = self
            .0
            .events()
            .during("select", Some(select.table.name), read, |rows| {
                Some(count(rows.0.len()))
            })
            .await?;
        // Outside of the scope: an error of the visitor is not one of the database.
        let visited = select::visit(select.table, &select.columns, &rows, &mut visitor);
        Ok(match visited {
            Ok(()) => Outcome::Done(()),
            Err(error) => Outcome::Refused(error),
        })
    }
}

/// The number of rows that a statement has matched, written or read.
fn rows(reply: &Reply) -> Option<u64> {
    match reply {
        Reply::Count(matched) => Some(*matched),
        Reply::Inserted(outcomes) => {
            let new = outcomes
                .iter()
                .filter(|outcome| **outcome == RowOutcome::New);
            Some(count(new.count()))
        }
        Reply::Rows(rows) => Some(count(rows.len())),
        Reply::Updated(updated) => {
            let matched = updated.matched.iter().filter(|matched| **matched);
            Some(count(matched.count()))
        }
        Reply::Groups(groups) => Some(count(groups.len())),
        Reply::Claimed(claimed) => Some(count(claimed.rows.len())),
        _ => None,
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
