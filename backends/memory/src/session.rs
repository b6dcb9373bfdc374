//! The statements of a session, wherever it runs.

use async_trait::async_trait;
use genledger_contract::{
    Aggregate, Claim, Delete, Insert, Result, RowOutcome, RowVisitor, Select, Session, Update,
    Upsert, Value, validate_predicate,
};

use crate::scope::Scope;
use crate::statement::{aggregate, change, claim, insert, select};

/// A session: the statements of the contract in a scope.
#[derive(Debug)]
pub(crate) struct Statements<S>(pub(crate) S);

#[async_trait]
impl<S: Scope> Session for Statements<S> {
    async fn execute_insert(&self, statement: Insert) -> Result<Vec<RowOutcome>> {
        self.0.check_alive().await?;
        if statement.rows.is_empty() {
            return Ok(Vec::new());
        }
        self.0
            .write(|tables| insert::insert(tables, &statement))
            .await
    }

    async fn execute_upsert(&self, statement: Upsert) -> Result<()> {
        self.0.check_alive().await?;
        statement.validate()?;
        if statement.rows.is_empty() {
            return Ok(());
        }
        self.0
            .write(|tables| insert::upsert(tables, &statement))
            .await
    }

    async fn execute_update(&self, statement: Update) -> Result<u64> {
        self.0.check_alive().await?;
        statement.validate()?;
        self.0
            .write(|tables| change::update(tables, &statement))
            .await
    }

    async fn execute_delete(&self, statement: Delete) -> Result<u64> {
        self.0.check_alive().await?;
        validate_predicate(statement.table, &statement.filter)?;
        self.0
            .write(|tables| change::delete(tables, &statement))
            .await
    }

    async fn execute_select(&self, statement: Select, mut visitor: RowVisitor) -> Result<()> {
        self.0.check_alive().await?;
        statement.validate()?;
        let rows = self
            .0
            .read(|tables| select::rows(tables, &statement))
            .await?;
        // Outside of the scope: an error of the visitor is none of the database.
        select::visit(statement.table, &statement.columns, &rows, &mut visitor)
    }

    async fn execute_aggregate(&self, statement: Aggregate) -> Result<Vec<Vec<Value>>> {
        self.0.check_alive().await?;
        statement.validate()?;
        self.0
            .read(|tables| aggregate::aggregate(tables, &statement))
            .await?
    }

    async fn execute_claim(&self, statement: Claim, mut visitor: RowVisitor) -> Result<u64> {
        self.0.check_alive().await?;
        statement.validate()?;
        self.0
            .write(|tables| claim::claim(tables, &statement, &mut visitor))
            .await
    }
}
