//! Runs many guarded updates.

mod arrays;
mod by_key;
mod job;
mod steps;

use genledger_contract::Result;
use genledger_contract::backend::Outcome;
use genledger_contract::statement::{Reply, Update, UpdateEach, UpdatedRows};

use crate::connection::Connection;
use crate::executor::{Context, Scope};
use crate::lower::Lower;
use crate::lower::update_row::UpdateRow;

use super::refuse::refuse;
use super::unit::Unit;
use job::{Job, Outcomes};
use steps::{Step, steps};

/// Runs updates one after the other, in one transaction. Those whose order does not matter share
/// statements, if a statement costs a round trip.
pub(crate) async fn update_each(
    mut context: Context<'_>,
    each: &UpdateEach,
) -> Result<Outcome<Reply>> {
    let (dialect, limits) = (context.dialect, context.connection.limits());
    let updates: Vec<Update> = each
        .updates
        .iter()
        .map(|update| Update {
            table: each.table,
            assignments: update.assignments.clone(),
            filter: update.filter(each.table),
            returning: each.returning,
        })
        .collect();
    // Checked before anything is sent.
    for update in &updates {
        drop(refuse!(
            Lower::new(dialect, limits, each.table).update(update)
        ));
    }
    let rows: Vec<UpdateRow<'_>> = updates
        .iter()
        .map(|update| Lower::new(dialect, limits, each.table).update_row(update))
        .collect();
    let steps = steps(dialect, &limits, each, &rows);
    let job = Job {
        dialect,
        each,
        updates: &updates,
        rows: &rows,
    };
    let mut outcomes = Outcomes::none(each);
    let updated = if context.scope == Scope::Autocommit
        && let [step] = &steps[..]
        && is_one_statement(&job, step)
    {
        run(&job, context.connection, step, &mut outcomes).await?;
        outcomes.in_order()?
    } else {
        let unit = Unit::begin(&mut context).await?;
        let updated = run_all(&job, context.connection, &steps, outcomes).await;
        unit.end(&mut context, updated).await?
    };
    Ok(Outcome::Done(Reply::Updated(updated)))
}

fn is_one_statement(job: &Job<'_>, step: &Step) -> bool {
    match step {
        Step::One(_) => job.dialect.has_returning() || !job.each.returning,
        Step::Many(_) => job.dialect.has_arrays(),
    }
}

async fn run_all(
    job: &Job<'_>,
    connection: &mut dyn Connection,
    steps: &[Step],
    mut outcomes: Outcomes,
) -> Result<UpdatedRows> {
    for step in steps {
        run(job, connection, step, &mut outcomes).await?;
    }
    outcomes.in_order()
}

async fn run(
    job: &Job<'_>,
    connection: &mut dyn Connection,
    step: &Step,
    outcomes: &mut Outcomes,
) -> Result<()> {
    match step {
        Step::One(update) => job.one(connection, *update, outcomes).await,
        Step::Many(many) if job.dialect.has_arrays() => {
            arrays::run(job, connection, many, outcomes).await
        }
        Step::Many(many) => by_key::run(job, connection, many, outcomes).await,
    }
}
