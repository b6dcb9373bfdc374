//! Runs the operations of a script on a store and returns their results.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use genledger_contract::query::{ClaimQuery, Count, RowUpdate};
use genledger_contract::row::Value;
use genledger_contract::session::Claimed;
use genledger_contract::{
    Error, ErrorKind, Result, RowOutcome, Session, SessionExt, Store, Transaction,
};

use super::Scripted;
use super::dynamic::{Any, Dynamic, DynamicKey, column, nullable};
use super::operation::{Operation, Read, changes};
use super::query::{Walk, orders};

/// The result of one operation, in a form that can be compared.
#[derive(Debug, PartialEq)]
pub(super) enum StepResult {
    Done,
    Outcomes(Vec<RowOutcome>),
    Changed(bool),
    Affected(u64),
    Rows(Vec<Vec<Any>>),
    /// Returned rows, `None` for a row that did not match.
    Returned(Vec<Option<Vec<Any>>>),
    Matched(Vec<bool>),
    Pages(Vec<Vec<Vec<Any>>>),
    Counted(Count),
    /// The kind, and the paths and rules of the violations.
    Failed(ErrorKind, Vec<(String, String)>),
    /// The operation does not apply at this point of the script.
    Skipped,
}

impl StepResult {
    fn from_outcome<T>(outcome: Result<T>, result: impl FnOnce(T) -> Self) -> Self {
        outcome.map_or_else(|error| Self::failed(&error), result)
    }

    fn failed(error: &Error) -> Self {
        let violations = error.violations().iter();
        let rules = violations.map(|one| (one.path().to_owned(), one.rule().to_owned()));
        Self::Failed(error.kind(), rules.collect())
    }
}

/// Runs a script: a session, and the transactions that the script has begun on it.
pub(super) struct ScriptRunner<E> {
    session: Arc<dyn Session>,
    /// The transaction and those nested in it.
    transactions: Vec<Transaction>,
    marker: PhantomData<fn() -> E>,
}

impl<E: Scripted> ScriptRunner<E> {
    pub(super) fn new(store: &Arc<dyn Store>) -> Self {
        Self {
            session: store.session(),
            transactions: Vec::new(),
            marker: PhantomData,
        }
    }

    /// The session of the last open transaction, or of the store.
    fn session(&self) -> &dyn Session {
        match self.transactions.last() {
            Some(transaction) => transaction,
            None => &*self.session,
        }
    }

    pub(super) async fn read(&self, read: &Read) -> StepResult {
        match read {
            Read::Find(key) => {
                let key = DynamicKey(key.clone());
                let found = self.session().find::<Dynamic<E>>(&key).await;
                StepResult::from_outcome(found, |row| StepResult::Rows(values(row)))
            }
            Read::Walk(walk) => StepResult::from_outcome(self.walk(walk).await, StepResult::Pages),
            Read::Count(of, cap) => {
                let count = self.session().count(of.filter::<E>(), *cap);
                StepResult::from_outcome(count.await, StepResult::Counted)
            }
            Read::Aggregate(sums) => {
                let columns = sums.groups.len() + sums.measures.len();
                let rows = self.session().aggregate(sums.query::<E>()).await;
                StepResult::from_outcome(rows, |rows| {
                    let row = |row: &genledger_contract::query::AggregateRow| {
                        let value = |at| Any(normal(row.value(at).into()));
                        (0..columns).map(value).collect()
                    };
                    StepResult::Rows(rows.iter().map(row).collect())
                })
            }
        }
    }

    async fn walk(&self, walk: &Walk) -> Result<Vec<Vec<Vec<Any>>>> {
        let mut query = walk.query::<E>();
        let mut pages = Vec::new();
        loop {
            let page = self.session().page(&query).await?;
            pages.push(values(page.items));
            match page.next {
                Some(cursor) => query = query.after(cursor),
                None => return Ok(pages),
            }
        }
    }

    /// Inserts rows for reads to read.
    pub(super) async fn fill(&self, rows: &[Vec<Any>]) -> StepResult {
        let outcomes = self.session().insert_if_absent(&dynamic::<E>(rows)).await;
        StepResult::from_outcome(outcomes, StepResult::Outcomes)
    }

    /// Rolls back the transactions that the script has left open, and returns all rows.
    pub(super) async fn end(&mut self) -> StepResult {
        while let Some(transaction) = self.transactions.pop() {
            drop(transaction.rollback().await);
        }
        let everything = Walk {
            condition: super::condition::Condition::All,
            orders: vec![],
            size: 1000,
        };
        StepResult::from_outcome(self.walk(&everything).await, StepResult::Pages)
    }

    /// Runs an operation. `number` is its position in the script.
    pub(super) async fn run(&mut self, number: usize, operation: &Operation) -> StepResult {
        match operation {
            Operation::Begin => self.begin().await,
            Operation::Commit | Operation::Rollback | Operation::Drop => {
                let Some(transaction) = self.transactions.pop() else {
                    return StepResult::Skipped;
                };
                let ended = match operation {
                    Operation::Commit => transaction.commit().await,
                    Operation::Rollback => transaction.rollback().await,
                    _ => {
                        drop(transaction);
                        Ok(())
                    }
                };
                StepResult::from_outcome(ended, |()| StepResult::Done)
            }
            Operation::Read(read) => self.read(read).await,
            write => self.write(number, write).await,
        }
    }

    async fn begin(&mut self) -> StepResult {
        match self.session().begin().await {
            Ok(transaction) => {
                self.transactions.push(transaction);
                StepResult::Done
            }
            Err(error) => StepResult::failed(&error),
        }
    }

    async fn write(&self, number: usize, operation: &Operation) -> StepResult {
        let session = self.session();
        match operation {
            Operation::Insert(row) => {
                let inserted = session.insert(&Dynamic::<E>::new(row.clone())).await;
                StepResult::from_outcome(inserted, |()| StepResult::Done)
            }
            Operation::InsertMany(rows) => {
                let inserted = session.insert_many(&dynamic::<E>(rows)).await;
                StepResult::from_outcome(inserted, |()| StepResult::Done)
            }
            Operation::InsertIfAbsent(rows) => self.fill(rows).await,
            Operation::Upsert(rows, with) => {
                let upserted = E::upsert(session, &dynamic(rows), changes(with)).await;
                StepResult::from_outcome(upserted, |()| StepResult::Done)
            }
            Operation::UpdateIf(key, guard, with) => {
                let key = DynamicKey(key.clone());
                let update = session.update_if(&key, guard.guard::<E>(), changes(with));
                StepResult::from_outcome(update.await, StepResult::Changed)
            }
            Operation::UpdateReturning(key, guard, with) => {
                let key = DynamicKey(key.clone());
                let update = session.update_returning(&key, guard.guard::<E>(), changes(with));
                StepResult::from_outcome(update.await, |row| {
                    StepResult::Returned(vec![row.map(|row| row.values)])
                })
            }
            Operation::UpdateEach(updates, returning) => {
                let updates = updates.iter().map(|(key, guard, with)| {
                    let key = DynamicKey(key.clone());
                    RowUpdate::new(&key, guard.guard::<E>(), changes(with))
                });
                if *returning {
                    let rows = session.update_each_returning(updates).await;
                    StepResult::from_outcome(rows, |rows: Vec<Option<Dynamic<E>>>| {
                        let values = |row: Option<Dynamic<E>>| row.map(|row| row.values);
                        StepResult::Returned(rows.into_iter().map(values).collect())
                    })
                } else {
                    StepResult::from_outcome(
                        session.update_each(updates).await,
                        StepResult::Matched,
                    )
                }
            }
            Operation::UpdateWhere(of, with) => {
                let update = session.update_where(of.filter::<E>(), changes(with));
                StepResult::from_outcome(update.await, StepResult::Affected)
            }
            Operation::Delete(key) => {
                let key = DynamicKey(key.clone());
                let deleted = session.delete::<Dynamic<E>>(&key).await;
                StepResult::from_outcome(deleted, StepResult::Changed)
            }
            Operation::DeleteWhere(of) => {
                let deleted = session.delete_where(of.filter::<E>());
                StepResult::from_outcome(deleted.await, StepResult::Affected)
            }
            Operation::Claim(of, order, limit, with) => {
                let query = claim::<E>(number, of, order, *limit);
                let query = changes(with).into_iter().fold(query, ClaimQuery::set);
                let claimed = session.claim(query).await;
                StepResult::from_outcome(claimed.and_then(Claimed::into_rows), |rows| {
                    StepResult::Rows(values(rows))
                })
            }
            other => unreachable!("{other:?} does not write"),
        }
    }
}

/// A claim in a total order, so that its result is unique.
fn claim<E: Scripted>(
    number: usize,
    of: &super::condition::Condition,
    order: &super::query::Orders,
    limit: u32,
) -> ClaimQuery<Dynamic<E>> {
    let token = E::TOKEN.expect("a column for the token");
    let token = E::TABLE.position(token).expect("the token's column");
    let mut order = order.clone();
    for at in E::TABLE.key_positions() {
        if !order.iter().any(|(column, _)| *column == at) {
            order.push((at, false));
        }
    }
    let free = nullable::<E>(token).is_null() & of.filter();
    let stamp = Any(Value::Text(format!("claim {number}")));
    ClaimQuery::new(free, column::<E>(token), stamp)
        .order_by(orders(&order))
        .limit(limit)
}

fn dynamic<E>(rows: &[Vec<Any>]) -> Vec<Dynamic<E>> {
    rows.iter().cloned().map(Dynamic::new).collect()
}

fn values<E>(rows: impl IntoIterator<Item = Dynamic<E>>) -> Vec<Vec<Any>> {
    rows.into_iter().map(|row| row.values).collect()
}

/// Integers of every width compare as equal.
fn normal(value: Value) -> Value {
    value.as_ref().as_i64().map_or(value, Value::I64)
}
