//! Runs migrations: each script once, in order, in one process at a time.
//!
//! 1. Plan the steps, which only requires read permissions. Without steps, return.
//! 2. Acquire the lease, a row that expires. If another process holds it, wait and plan again.
//! 3. Plan again, and run the steps. Each is a transaction that renews the lease, records the step as
//!    started, runs it, and records it as done.
//!
//! `MySQL` commits implicitly before a statement that changes the schema. This commits the record that
//! the step has started, from which the next process recognizes an interrupted step: if it then fails
//! because the object exists, it had been applied. On other databases a step is atomic.
//!
//! SQLite needs no lease, since the open transaction of its writer excludes all other writers.

mod adopt;
mod history;
mod lease;
mod plan;
mod single;
mod steps;
mod task;

use std::sync::Arc;
use std::time::Duration;

use genledger_contract::schema::{MigrationReport, Script};
use genledger_contract::{Error, MigrationSet, Result};
use tracing::dispatcher::{Dispatch, get_default};
use tracing::instrument::WithSubscriber;
use tracing::{Instrument, Span};

use crate::dialect::{Dialect, Family};
use crate::executor::Executor;
use crate::hints::Hints;
use crate::schema::SchemaDriver;
use crate::traced::Traced;
use crate::work::StatementSettings;
use lease::LeaseGuard;
use plan::Plan;
use steps::RunEnd;
use task::{TARGET, Task};

/// The first and the longest wait for a process that holds the lease.
const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// The operation in the events of a migration's statements.
const OPERATION: &str = "migrate";

/// Migrates the sets.
pub(crate) async fn run<X: Executor>(
    executor: &Arc<X>,
    StatementSettings { dialect, events }: StatementSettings,
    schema: &'static dyn SchemaDriver,
    sets: &[MigrationSet],
) -> Result<MigrationReport> {
    MigrationSet::check_all(sets)?;
    for set in sets {
        let scripts = set.scripts_of(dialect.name())?;
        for table in set.tables {
            dialect.check(dialect.place(table))?;
        }
        check_placed(dialect, set, &scripts)?;
        if dialect.family() == Family::MySql {
            single::check(set, &scripts)?;
        }
    }
    let task = Task {
        dialect,
        events,
        schema,
        sets: sets.into(),
    };
    let mut report = MigrationReport::default();
    adopt::run(executor, &task, &mut report).await?;
    let mut wait = FIRST_WAIT;
    loop {
        let plan = plan_steps(&**executor, &task).await?;
        if plan.is_empty() {
            plan.check()?;
            return Ok(report);
        }
        let (applied, end) = run_steps(executor, &task).await?;
        report.applied.extend(applied);
        match end {
            RunEnd::Done => {
                // Check that the scripts created the described tables.
                plan_steps(&**executor, &task).await?.finished()?;
                return Ok(report);
            }
            RunEnd::Busy => {
                tracing::debug!(target: TARGET, "another process is migrating");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
    }
}

/// Returns an error for scripts of tables in the layout, since scripts contain the table names of the
/// entities.
fn check_placed(dialect: &Dialect, set: &MigrationSet, scripts: &[&Script]) -> Result<()> {
    let mut tables = set.tables.iter();
    let placed = tables.find(|table| dialect.is_placed_elsewhere(table));
    match placed {
        Some(table) if !scripts.is_empty() => Err(Error::invalid(format!(
            "the scripts of {} create tables that the layout of the store declares as existing: omit \
             the set, and create missing tables with MigrationSet::of",
            set.name
        ))
        .with_table(table.name)),
        _ => Ok(()),
    }
}

/// Plans the steps.
async fn plan_steps<X: Executor>(executor: &X, task: &Task) -> Result<Plan> {
    let task = task.clone();
    let listener = task.events.of(OPERATION, None);
    executor
        .read(
            Hints::default(),
            Box::new(move |context| {
                Box::pin(async move {
                    let mut slot = None;
                    let context = Traced::context(context, listener, &mut slot);
                    Plan::of(context.connection, task.dialect, &task).await
                })
            }),
        )
        .await
}

/// Runs the steps, unless another process holds the lease.
async fn run_steps<X: Executor>(executor: &Arc<X>, task: &Task) -> Result<(Vec<String>, RunEnd)> {
    let task = task.clone();
    // SQLite needs no lease.
    let guard = (task.dialect.family() != Family::Sqlite).then(|| LeaseGuard::new(executor));
    let owner = guard.as_ref().map(LeaseGuard::owner);
    let listener = task.events.of(OPERATION, None);
    // The steps may run on another thread, which has neither.
    let (span, subscriber) = (Span::current(), get_default(Dispatch::clone));
    let work = executor.run_unlimited(Box::new(move |context| {
        let run = async move {
            let mut slot = None;
            let context = Traced::context(context, listener, &mut slot);
            steps::run(context, &task, owner.as_ref()).await
        };
        Box::pin(run.instrument(span).with_subscriber(subscriber))
    }));
    match guard {
        Some(guard) => guard.during(work).await,
        None => work.await,
    }
}
