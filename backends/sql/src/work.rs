//! The statements as pieces of work for an executor.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use genledger_contract::backend::Outcome;
use genledger_contract::{
    ColumnDef, ColumnType, Error, Reply, Result, RowVisitor, Select, Statement,
};

use crate::connection::Visit;
use crate::dialect::Dialect;
use crate::executor::{Executor, Work, WorkOnce};
use crate::run;

/// Executes a statement on an executor.
pub(crate) async fn execute(
    executor: &impl Executor,
    dialect: &'static Dialect,
    statement: Arc<Statement>,
) -> Result<Outcome<Reply>> {
    let outcome = if statement.is_read() {
        let work: WorkOnce<Outcome<Reply>> = Box::new(move |context| {
            Box::pin(async move { run::execute(context.speaking(dialect), &statement).await })
        });
        executor.read(work).await
    } else {
        let one_write = is_one_write(&statement);
        let work: Work<Outcome<Reply>> = Box::new(move |context| {
            let statement = Arc::clone(&statement);
            Box::pin(async move { run::execute(context.speaking(dialect), &statement).await })
        });
        if one_write {
            executor.write_statement(work).await
        } else {
            executor.write(work).await
        }
    };
    dialect.name_entity(outcome)
}

/// Whether the database undoes the statement by itself when it fails, so that a store which joins the
/// writes of several callers need not guard it. An insert of one row writes nothing when it fails.
fn is_one_write(statement: &Statement) -> bool {
    match statement {
        Statement::Update(_) | Statement::Delete(_) => true,
        Statement::Insert(insert) => insert.rows.len() == 1,
        Statement::Upsert(upsert) => upsert.rows.len() == 1,
        _ => false,
    }
}

/// Reads rows on an executor.
pub(crate) async fn select(
    executor: &impl Executor,
    dialect: &'static Dialect,
    select: Select,
    visitor: RowVisitor,
) -> Result<Outcome<()>> {
    let work: WorkOnce<Outcome<()>> = Box::new(move |context| {
        Box::pin(async move { run::select(context.speaking(dialect), &select, visitor).await })
    });
    let outcome = executor.read(work).await;
    dialect.name_entity(outcome)
}

/// What time it is by the clock of the database.
pub(crate) async fn time(executor: &impl Executor) -> Result<DateTime<Utc>> {
    let work: WorkOnce<DateTime<Utc>> = Box::new(|context| {
        Box::pin(async move {
            let sql = format!("SELECT {}", context.dialect.now_millis());
            let mut time = None;
            let visit: Visit<'_> = &mut |row| {
                time = row.integer(0)?.and_then(DateTime::from_timestamp_millis);
                Ok(())
            };
            let columns = [TIME];
            context
                .connection
                .query(&sql.into(), &[], &columns, visit)
                .await?;
            time.ok_or_else(|| Error::corrupt("the database did not say what time it is"))
        })
    });
    executor.read(work).await
}

const TIME: ColumnDef = ColumnDef {
    name: "time",
    column_type: ColumnType::I64,
    nullable: false,
    default: None,
    range: None,
    description: "",
    codes: &[],
    sensitive: false,
    sql_types: &[],
};
