//! Plays operations on a store and returns what it answered.

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

/// The answer to one operation, fit to be compared.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Done,
    Outcomes(Vec<RowOutcome>),
    Changed(bool),
    Affected(u64),
    Rows(Vec<Vec<Any>>),
    /// Rows that were returned, and what was not there.
    Returned(Vec<Option<Vec<Any>>>),
    Matched(Vec<bool>),
    Pages(Vec<Vec<Vec<Any>>>),
    Counted(Count),
    /// The kind, and the paths and rules of the violations.
    Failed(ErrorKind, Vec<(String, String)>),
    /// The operation makes no sense where the script stands.
    PassedOver,
}

impl Answer {
    fn of<T>(outcome: Result<T>, answer: impl FnOnce(T) -> Self) -> Self {
        outcome.map_or_else(|error| Self::failed(&error), answer)
    }

    fn failed(error: &Error) -> Self {
        let violations = error.violations().iter();
        let rules = violations.map(|one| (one.path().to_owned(), one.rule().to_owned()));
        Self::Failed(error.kind(), rules.collect())
    }
}

/// A session, and the transactions that the script has begun on it.
pub(super) struct Player<E> {
    session: Arc<dyn Session>,
    /// The transaction and those nested in it.
    transactions: Vec<Transaction>,
    marker: PhantomData<fn() -> E>,
}

impl<E: Scripted> Player<E> {
    pub(super) fn new(store: &Arc<dyn Store>) -> Self {
        Self {
            session: store.session(),
            transactions: Vec::new(),
            marker: PhantomData,
        }
    }

    /// Where statements go.
    fn session(&self) -> &dyn Session {
        match self.transactions.last() {
            Some(transaction) => transaction,
            None => &*self.session,
        }
    }

    pub(super) async fn read(&self, read: &Read) -> Answer {
        match read {
            Read::Find(key) => {
                let key = DynamicKey(key.clone());
                let found = self.session().find::<Dynamic<E>>(&key).await;
                Answer::of(found, |row| Answer::Rows(values(row)))
            }
            Read::Walk(walk) => Answer::of(self.walk(walk).await, Answer::Pages),
            Read::Count(of, cap) => {
                let count = self.session().count(of.filter::<E>(), *cap);
                Answer::of(count.await, Answer::Counted)
            }
            Read::Aggregate(sums) => {
                let columns = sums.groups.len() + sums.measures.len();
                let rows = self.session().aggregate(sums.query::<E>()).await;
                Answer::of(rows, |rows| {
                    let row = |row: &genledger_contract::query::AggregateRow| {
                        let value = |at| Any(normal(row.value(at).into()));
                        (0..columns).map(value).collect()
                    };
                    Answer::Rows(rows.iter().map(row).collect())
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
    pub(super) async fn fill(&self, rows: &[Vec<Any>]) -> Answer {
        let outcomes = self.session().insert_if_absent(&dynamic::<E>(rows)).await;
        Answer::of(outcomes, Answer::Outcomes)
    }

    /// Ends what the script has left open, and returns all rows.
    pub(super) async fn end(&mut self) -> Answer {
        while let Some(transaction) = self.transactions.pop() {
            drop(transaction.rollback().await);
        }
        let everything = Walk {
            condition: super::condition::Condition::All,
            orders: vec![],
            size: 1000,
        };
        Answer::of(self.walk(&everything).await, Answer::Pages)
    }

    /// Plays an operation that may write. `number` tells it from the others of the script.
    pub(super) async fn play(&mut self, number: usize, operation: &Operation) -> Answer {
        match operation {
            Operation::Begin => self.begin().await,
            Operation::Commit | Operation::Rollback | Operation::Drop => {
                let Some(transaction) = self.transactions.pop() else {
                    return Answer::PassedOver;
                };
                let ended = match operation {
                    Operation::Commit => transaction.commit().await,
                    Operation::Rollback => transaction.rollback().await,
                    _ => {
                        drop(transaction);
                        Ok(())
                    }
                };
                Answer::of(ended, |()| Answer::Done)
            }
            Operation::Read(read) => self.read(read).await,
            write => self.write(number, write).await,
        }
    }

    async fn begin(&mut self) -> Answer {
        match self.session().begin().await {
            Ok(transaction) => {
                self.transactions.push(transaction);
                Answer::Done
            }
            Err(error) => Answer::failed(&error),
        }
    }

    async fn write(&self, number: usize, operation: &Operation) -> Answer {
        let session = self.session();
        match operation {
            Operation::Insert(row) => {
                let inserted = session.insert(&Dynamic::<E>::new(row.clone())).await;
                Answer::of(inserted, |()| Answer::Done)
            }
            Operation::InsertMany(rows) => {
                let inserted = session.insert_many(&dynamic::<E>(rows)).await;
                Answer::of(inserted, |()| Answer::Done)
            }
            Operation::InsertIfAbsent(rows) => self.fill(rows).await,
            Operation::Upsert(rows, with) => {
                let upserted = E::upsert(session, &dynamic(rows), changes(with)).await;
                Answer::of(upserted, |()| Answer::Done)
            }
            Operation::UpdateIf(key, guard, with) => {
                let key = DynamicKey(key.clone());
                let update = session.update_if(&key, guard.guard::<E>(), changes(with));
                Answer::of(update.await, Answer::Changed)
            }
            Operation::UpdateReturning(key, guard, with) => {
                let key = DynamicKey(key.clone());
                let update = session.update_returning(&key, guard.guard::<E>(), changes(with));
                Answer::of(update.await, |row| {
                    Answer::Returned(vec![row.map(|row| row.values)])
                })
            }
            Operation::UpdateEach(updates, returning) => {
                let updates = updates.iter().map(|(key, guard, with)| {
                    let key = DynamicKey(key.clone());
                    RowUpdate::new(&key, guard.guard::<E>(), changes(with))
                });
                if *returning {
                    let rows = session.update_each_returning(updates).await;
                    Answer::of(rows, |rows: Vec<Option<Dynamic<E>>>| {
                        let values = |row: Option<Dynamic<E>>| row.map(|row| row.values);
                        Answer::Returned(rows.into_iter().map(values).collect())
                    })
                } else {
                    Answer::of(session.update_each(updates).await, Answer::Matched)
                }
            }
            Operation::UpdateWhere(of, with) => {
                let update = session.update_where(of.filter::<E>(), changes(with));
                Answer::of(update.await, Answer::Affected)
            }
            Operation::Delete(key) => {
                let key = DynamicKey(key.clone());
                let deleted = session.delete::<Dynamic<E>>(&key).await;
                Answer::of(deleted, Answer::Changed)
            }
            Operation::DeleteWhere(of) => {
                let deleted = session.delete_where(of.filter::<E>());
                Answer::of(deleted.await, Answer::Affected)
            }
            Operation::Claim(of, order, limit, with) => {
                let query = claim::<E>(number, of, order, *limit);
                let query = changes(with).into_iter().fold(query, ClaimQuery::set);
                let claimed = session.claim(query).await;
                Answer::of(claimed.and_then(Claimed::into_rows), |rows| {
                    Answer::Rows(values(rows))
                })
            }
            other => unreachable!("{other:?} does not write"),
        }
    }
}

/// A claim in a total order, so that there is one right answer.
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

/// Integers of every width are the same answer.
fn normal(value: Value) -> Value {
    value.as_ref().as_i64().map_or(value, Value::I64)
}
