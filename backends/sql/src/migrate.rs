//! Running migrations: each script once, in order, by one process at a time.
//!
//! 1. Look, which takes the right to read only. Nothing to do: done.
//! 2. Take the lease, a row with an end; where another process has it, wait and look again.
//! 3. Look again, and take the steps. Each is a transaction that first renews the lease, notes the
//!    step as started, takes it, and notes it as done.
//!
//! `MySQL` commits by itself before a statement that changes the schema. What it commits is the note
//! that the step has started, so that the next process knows of a step that was cut short: where it
//! then fails because what it makes is there, it was done. Elsewhere a step is done in full or not
//! at all, and a step of several transactions does not exist.
//!
//! SQLite's writer keeps all others out for as long as its transaction is open, and needs no lease.

mod history;
mod lease;
mod plan;
mod single;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use genledger_contract::backend::Events;
use genledger_contract::schema::{MigrationReport, Script};
use genledger_contract::{Error, ErrorKind, MigrationSet, Result};
use tracing::dispatcher::{Dispatch, get_default};
use tracing::instrument::WithSubscriber;
use tracing::{Instrument, Span};

use crate::dialect::{Dialect, Family};
use crate::executor::Executor;
use crate::schema::SchemaDriver;
use crate::traced::Traced;
use crate::work::Manner;
use lease::Holding;
use plan::Plan;
use steps::End;

/// The first and the longest wait for a process that has the lease.
const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// The target of the events of migrations.
const TARGET: &str = Events::MIGRATION;

/// What the statements of a migration are a part of.
const OPERATION: &str = "migrate";

/// What a migration is about; it is shared with the work on a connection.
#[derive(Clone)]
struct Task {
    dialect: &'static Dialect,
    events: Events,
    schema: &'static dyn SchemaDriver,
    sets: Arc<[MigrationSet]>,
}

/// Migrates the sets.
pub(crate) async fn run<X: Executor>(
    executor: &Arc<X>,
    Manner { dialect, events }: Manner,
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
    let mut wait = FIRST_WAIT;
    loop {
        let plan = look(&**executor, &task).await?;
        if plan.is_empty() {
            plan.check()?;
            return Ok(report);
        }
        let (applied, end) = take(executor, &task).await?;
        report.applied.extend(applied);
        match end {
            End::Done => {
                // Whether the scripts did what the descriptions say.
                look(&**executor, &task).await?.finished()?;
                return Ok(report);
            }
            End::Busy => {
                tracing::debug!(target: TARGET, "another process migrates");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
    }
}

/// Refuses scripts of tables that have names, schemas or types of their own: they name the tables as the
/// library makes them.
fn check_placed(dialect: &Dialect, set: &MigrationSet, scripts: &[&Script]) -> Result<()> {
    let placed = set.tables.iter().find(|table| dialect.is_placed(table));
    match placed {
        Some(table) if !scripts.is_empty() => Err(Error::invalid(format!(
            "the scripts of {} make tables that the layout of the store says are there already: leave \
             the set out, and give the tables that are missing to a MigrationSet::of",
            set.name
        ))
        .with_table(table.name)),
        _ => Ok(()),
    }
}

/// What is to be done.
async fn look<X: Executor>(executor: &X, task: &Task) -> Result<Plan> {
    let task = task.clone();
    let listener = task.events.of(OPERATION, None);
    executor
        .read(Box::new(move |context| {
            Box::pin(async move {
                let mut slot = None;
                let context = Traced::context(context, listener, &mut slot);
                Plan::of(context.connection, task.dialect, &task).await
            })
        }))
        .await
}

/// Takes the steps, as long as no other process has the lease.
async fn take<X: Executor>(executor: &Arc<X>, task: &Task) -> Result<(Vec<String>, End)> {
    let task = task.clone();
    // SQLite's writer needs no lease.
    let holding = (task.dialect.family() != Family::Sqlite).then(|| Holding::new(executor));
    let owner = holding.as_ref().map(Holding::owner);
    let listener = task.events.of(OPERATION, None);
    // The steps may be taken on another thread, which has neither.
    let (span, subscriber) = (Span::current(), get_default(Dispatch::clone));
    let work = executor.run_unlimited(Box::new(move |context| {
        let taken = async move {
            let mut slot = None;
            let context = Traced::context(context, listener, &mut slot);
            steps::run(context, &task, owner.as_ref()).await
        };
        Box::pin(taken.instrument(span).with_subscriber(subscriber))
    }));
    match holding {
        Some(holding) => holding.during(work).await,
        None => work.await,
    }
}

/// An error that says which step it is about.
fn failed(set: &str, step: &str, error: Error) -> Error {
    match error.kind() {
        ErrorKind::Unavailable | ErrorKind::SerializationFailure | ErrorKind::OutcomeUnknown => {
            error
        }
        ErrorKind::Denied => Error::new(
            ErrorKind::Denied,
            format!("the server denied a step of the migration of {set}: {step}"),
        )
        .with_source(error),
        _ => Error::new(
            ErrorKind::Schema,
            format!("a step of the migration of {set} failed: {step}"),
        )
        .with_source(error),
    }
}
