//! The statements as pieces of work for an executor.

use genledger_contract::{
    Aggregate, Claim, Delete, Insert, Result, RowOutcome, RowVisitor, Select, Update, Upsert, Value,
};

use crate::executor::{Access, Executor, Work};
use crate::outcome::Outcome;
use crate::run;

/// A piece of work, and what it does.
pub(crate) struct Job<T> {
    steps: Steps,
    work: Work<Outcome<T>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Steps {
    Read,
    OneWrite,
    Writes,
}

impl<T: Send + 'static> Job<T> {
    /// Runs it.
    pub(crate) async fn run(self, executor: &impl Executor) -> Result<Outcome<T>> {
        match self.steps {
            Steps::Read => executor.run(Access::Read, self.work).await,
            Steps::OneWrite => executor.run_statement(self.work).await,
            Steps::Writes => executor.run(Access::Write, self.work).await,
        }
    }
}

/// What an insert of so many rows takes. That of one row writes nothing when it fails.
const fn steps(rows: usize) -> Steps {
    if rows == 1 {
        Steps::OneWrite
    } else {
        Steps::Writes
    }
}

const fn job<T>(steps: Steps, work: Work<Outcome<T>>) -> Job<T> {
    Job { steps, work }
}

pub(crate) fn insert(insert: Insert) -> Job<Vec<RowOutcome>> {
    let steps = steps(insert.rows.len());
    job(
        steps,
        Box::new(|context| {
            Box::pin(async move { run::insert(context, &insert).await.map(Outcome::Done) })
        }),
    )
}

pub(crate) fn upsert(upsert: Upsert) -> Job<()> {
    let steps = steps(upsert.rows.len());
    job(
        steps,
        Box::new(|context| {
            Box::pin(async move { run::upsert(context, &upsert).await.map(Outcome::Done) })
        }),
    )
}

pub(crate) fn update(update: Update) -> Job<u64> {
    job(
        Steps::OneWrite,
        Box::new(|context| Box::pin(async move { run::update(context, &update).await })),
    )
}

pub(crate) fn delete(delete: Delete) -> Job<u64> {
    job(
        Steps::OneWrite,
        Box::new(|context| Box::pin(async move { run::delete(context, &delete).await })),
    )
}

pub(crate) fn select(select: Select, visitor: RowVisitor) -> Job<()> {
    job(
        Steps::Read,
        Box::new(|context| Box::pin(async move { run::select(context, &select, visitor).await })),
    )
}

pub(crate) fn aggregate(aggregate: Aggregate) -> Job<Vec<Vec<Value>>> {
    job(
        Steps::Read,
        Box::new(|context| Box::pin(async move { run::aggregate(context, &aggregate).await })),
    )
}

pub(crate) fn claim(claim: Claim, visitor: RowVisitor) -> Job<u64> {
    job(
        Steps::Writes,
        Box::new(|context| {
            Box::pin(async move {
                run::claim(context, &claim, visitor)
                    .await
                    .map(Outcome::Done)
            })
        }),
    )
}
