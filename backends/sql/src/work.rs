//! The statements as pieces of work for an executor.

use genledger_contract::{
    Aggregate, Claim, Delete, Insert, RowOutcome, RowVisitor, Select, Update, Upsert, Value,
};

use crate::executor::{Access, Work};
use crate::outcome::Outcome;
use crate::run;

/// A piece of work, and whether it writes.
pub(crate) struct Job<T> {
    pub(crate) access: Access,
    pub(crate) work: Work<Outcome<T>>,
}

const fn write<T>(work: Work<Outcome<T>>) -> Job<T> {
    Job {
        access: Access::Write,
        work,
    }
}

const fn read<T>(work: Work<Outcome<T>>) -> Job<T> {
    Job {
        access: Access::Read,
        work,
    }
}

pub(crate) fn insert(insert: Insert) -> Job<Vec<RowOutcome>> {
    write(Box::new(|context| {
        Box::pin(async move { run::insert(context, &insert).await.map(Outcome::Done) })
    }))
}

pub(crate) fn upsert(upsert: Upsert) -> Job<()> {
    write(Box::new(|context| {
        Box::pin(async move { run::upsert(context, &upsert).await.map(Outcome::Done) })
    }))
}

pub(crate) fn update(update: Update) -> Job<u64> {
    write(Box::new(|context| {
        Box::pin(async move { run::update(context, &update).await })
    }))
}

pub(crate) fn delete(delete: Delete) -> Job<u64> {
    write(Box::new(|context| {
        Box::pin(async move { run::delete(context, &delete).await })
    }))
}

pub(crate) fn select(select: Select, visitor: RowVisitor) -> Job<()> {
    read(Box::new(|context| {
        Box::pin(async move { run::select(context, &select, visitor).await })
    }))
}

pub(crate) fn aggregate(aggregate: Aggregate) -> Job<Vec<Vec<Value>>> {
    read(Box::new(|context| {
        Box::pin(async move { run::aggregate(context, &aggregate).await })
    }))
}

pub(crate) fn claim(claim: Claim, visitor: RowVisitor) -> Job<u64> {
    write(Box::new(|context| {
        Box::pin(async move { run::claim(context, &claim, visitor).await.map(Outcome::Done) })
    }))
}
