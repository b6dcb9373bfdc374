//! The statements of a session, wherever it runs.

use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::backend::{Execute, Outcome};
use genledger_contract::{Reply, Result, RowVisitor, Select, Statement};

use crate::scope::Scope;
use crate::statement::{self, select};

/// The statements of the contract in a scope.
#[derive(Debug)]
pub(crate) struct Statements<S>(pub(crate) S);

#[async_trait]
impl<S: Scope> Execute for Statements<S> {
    async fn execute(&self, statement: Arc<Statement>) -> Result<Outcome<Reply>> {
        if let Statement::Aggregate(aggregate) = &*statement {
            let summed = self
                .0
                .read(|tables| statement::aggregate::aggregate(tables, aggregate))
                .await?;
            // An overflow is not an error of the database.
            return Ok(match summed {
                Ok(groups) => Outcome::Done(Reply::Groups(groups)),
                Err(error) => Outcome::Refused(error),
            });
        }
        self.0
            .write(|tables| statement::plan(tables, &statement))
            .await
            .map(Outcome::Done)
    }

    async fn select(&self, select: Select, mut visitor: RowVisitor) -> Result<Outcome<()>> {
        let rows = self.0.read(|tables| select::rows(tables, &select)).await?;
        // Outside of the scope: an error of the visitor is not one of the database.
        let visited = select::visit(select.table, &select.columns, &rows, &mut visitor);
        Ok(match visited {
            Ok(()) => Outcome::Done(()),
            Err(error) => Outcome::Refused(error),
        })
    }
}
