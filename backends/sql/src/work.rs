//! Runs statements on an executor.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use genledger_contract::backend::{Events, Outcome};
use genledger_contract::statement::{ReadStatement, Reply, RowVisitor, Select, Statement};
use genledger_contract::table::{ColumnDef, ColumnType, TableDef};
use genledger_contract::{Error, ErrorKind, Result};

use crate::connection::Visit;
use crate::dialect::Dialect;
use crate::executor::{Executor, Work, WorkOnce};
use crate::hints::Hints;
use crate::run;
use crate::traced::Traced;

/// The dialect and the events of a store's statements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatementSettings {
    /// The dialect.
    pub(crate) dialect: &'static Dialect,
    /// The events.
    pub(crate) events: Events,
}

/// Executes a statement on an executor.
pub(crate) async fn execute(
    executor: &impl Executor,
    StatementSettings { dialect, events }: StatementSettings,
    statement: Arc<Statement>,
) -> Result<Outcome<Reply>> {
    let table = statement.table();
    let hints = Hints::of(&statement);
    let listener = events.of(statement.name(), Some(table.name));
    let outcome = if statement.is_read() {
        let work: WorkOnce<Outcome<Reply>> = Box::new(move |context| {
            Box::pin(async move {
                let mut slot = None;
                let context = Traced::context(context, listener, &mut slot);
                run::execute(context.with_dialect(dialect), &statement).await
            })
        });
        executor.read(hints, work).await
    } else {
        let work: Work<Outcome<Reply>> = Box::new(move |context| {
            let (statement, listener) = (Arc::clone(&statement), listener.clone());
            Box::pin(async move {
                let mut slot = None;
                let context = Traced::context(context, listener, &mut slot);
                run::execute(context.with_dialect(dialect), &statement).await
            })
        });
        executor.write(hints, work).await
    };
    match dialect.name_entity(outcome) {
        Ok(Outcome::Refused(error)) => Ok(Outcome::Refused(name_key(error, table))),
        Err(error) => Err(name_key(error, table)),
        done @ Ok(Outcome::Done(_)) => done,
    }
}

/// The error of a taken key names the first column of the key. PostgreSQL and MySQL name the key.
#[cold]
fn name_key(error: Error, table: &TableDef) -> Error {
    if error.kind() != ErrorKind::UniqueViolation {
        return error;
    }
    let first_column = |name: &str| {
        let unique = table.unique.iter().find(|unique| unique.name == name);
        let is_primary = name == "PRIMARY" || name.ends_with("_pkey");
        let columns = unique
            .map(|unique| unique.columns)
            .or(is_primary.then_some(table.primary_key))?;
        columns.first().copied()
    };
    error.with_table(table.name).map_column(first_column)
}

/// Reads rows on an executor.
pub(crate) async fn select(
    executor: &impl Executor,
    StatementSettings { dialect, events }: StatementSettings,
    select: Select,
    visitor: RowVisitor,
) -> Result<Outcome<()>> {
    let hints = Hints::of_select(&select);
    let listener = events.of("select", Some(select.table.name));
    let work: WorkOnce<Outcome<()>> = Box::new(move |context| {
        Box::pin(async move {
            let mut slot = None;
            let context = Traced::context(context, listener, &mut slot);
            run::select(context.with_dialect(dialect), &select, visitor).await
        })
    });
    let outcome = executor.read(hints, work).await;
    dialect.name_entity(outcome)
}

/// Returns the plan of a statement.
pub(crate) async fn plan(
    executor: &impl Executor,
    StatementSettings { dialect, events }: StatementSettings,
    statement: ReadStatement,
) -> Result<Outcome<String>> {
    let listener = events.of("explain", Some(statement.table().name));
    let work: WorkOnce<Outcome<String>> = Box::new(move |context| {
        Box::pin(async move {
            let mut slot = None;
            let context = Traced::context(context, listener, &mut slot);
            run::explain(context.with_dialect(dialect), &statement).await
        })
    });
    let outcome = executor.read(Hints::default(), work).await;
    dialect.name_entity(outcome)
}

/// Returns the time of the database.
pub(crate) async fn time(executor: &impl Executor, events: Events) -> Result<DateTime<Utc>> {
    let listener = events.of("time", None);
    let work: WorkOnce<DateTime<Utc>> = Box::new(|context| {
        Box::pin(async move {
            let mut slot = None;
            let context = Traced::context(context, listener, &mut slot);
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
            time.ok_or_else(|| Error::corrupt("the database returned no time"))
        })
    });
    executor.read(Hints::default(), work).await
}

const TIME: ColumnDef = ColumnDef::new("time", ColumnType::I64);
