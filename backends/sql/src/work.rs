//! The statements as pieces of work for an executor.

use std::sync::{Arc, Mutex, PoisonError};

use genledger_contract::{
    Aggregate, Claim, Delete, Insert, Result, RowOutcome, RowVisitor, Select, Update, Upsert, Value,
};

use crate::executor::{Executor, Work, WorkOnce};
use crate::outcome::Outcome;
use crate::run;

/// A piece of work, and what it does.
pub(crate) enum Job<T> {
    Read(WorkOnce<Outcome<T>>),
    OneWrite(Work<Outcome<T>>),
    Writes(Work<Outcome<T>>),
}

impl<T: Send + 'static> Job<T> {
    /// Runs it.
    pub(crate) async fn run(self, executor: &impl Executor) -> Result<Outcome<T>> {
        match self {
            Self::Read(work) => executor.read(work).await,
            Self::OneWrite(work) => executor.write_statement(work).await,
            Self::Writes(work) => executor.write(work).await,
        }
    }

    /// What an insert of so many rows takes. That of one row writes nothing when it fails.
    fn rows(rows: usize, work: Work<Outcome<T>>) -> Self {
        if rows == 1 {
            Self::OneWrite(work)
        } else {
            Self::Writes(work)
        }
    }
}

pub(crate) fn insert(insert: Insert) -> Job<Vec<RowOutcome>> {
    let rows = insert.rows.len();
    let insert = Arc::new(insert);
    Job::rows(
        rows,
        Box::new(move |context| {
            let insert = Arc::clone(&insert);
            Box::pin(async move { run::insert(context, &insert).await })
        }),
    )
}

pub(crate) fn upsert(upsert: Upsert) -> Job<()> {
    let rows = upsert.rows.len();
    let upsert = Arc::new(upsert);
    Job::rows(
        rows,
        Box::new(move |context| {
            let upsert = Arc::clone(&upsert);
            Box::pin(async move { run::upsert(context, &upsert).await })
        }),
    )
}

pub(crate) fn update(update: Update) -> Job<u64> {
    let update = Arc::new(update);
    Job::OneWrite(Box::new(move |context| {
        let update = Arc::clone(&update);
        Box::pin(async move { run::update(context, &update).await })
    }))
}

pub(crate) fn delete(delete: Delete) -> Job<u64> {
    let delete = Arc::new(delete);
    Job::OneWrite(Box::new(move |context| {
        let delete = Arc::clone(&delete);
        Box::pin(async move { run::delete(context, &delete).await })
    }))
}

pub(crate) fn select(select: Select, visitor: RowVisitor) -> Job<()> {
    Job::Read(Box::new(|context| {
        Box::pin(async move { run::select(context, &select, visitor).await })
    }))
}

pub(crate) fn aggregate(aggregate: Aggregate) -> Job<Vec<Vec<Value>>> {
    Job::Read(Box::new(|context| {
        Box::pin(async move { run::aggregate(context, &aggregate).await })
    }))
}

pub(crate) fn claim(claim: Claim, visitor: RowVisitor) -> Job<u64> {
    let claim = Arc::new(claim);
    // Shared, since a claim whose transaction is undone is run again.
    let visitor = Arc::new(Mutex::new(visitor));
    Job::Writes(Box::new(move |context| {
        let claim = Arc::clone(&claim);
        let visitor = Arc::clone(&visitor);
        let visit: RowVisitor = Box::new(move |row| {
            let mut visitor = visitor.lock().unwrap_or_else(PoisonError::into_inner);
            visitor(row)
        });
        Box::pin(async move { run::claim(context, &claim, visit).await.map(Outcome::Done) })
    }))
}
