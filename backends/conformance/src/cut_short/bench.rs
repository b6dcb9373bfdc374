//! Drops the futures of a store at every poll, and checks the store afterwards.

use std::fmt::Debug;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use genledger_contract::{Result, Session, SessionExt, Store, Transaction};
use tokio::time::timeout;

use super::{MOMENTS, cut_short};
use crate::ask::matching;
use crate::databases::Databases;
use crate::harness::Applicable;
use crate::model::{Account, Entry};

/// The most polls of an operation before it is dropped; after that it may complete.
const MOST_POLLS: usize = 60;

/// A store with one connection, and another store that observes its effects.
pub(crate) struct Bench {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) session: Arc<dyn Session>,
    pub(crate) observer: Arc<dyn Session>,
}

impl Bench {
    pub(crate) async fn new(databases: &Databases) -> Applicable<Self> {
        let database = databases.migrated().await;
        // A store without connections has none to lose.
        let store = database
            .one_connection()
            .await
            .unwrap_or_else(|_| Arc::clone(&database.store));
        Ok(Self {
            session: store.session(),
            store,
            observer: database.second().await?.session(),
        })
    }

    /// Expects a write to succeed within five seconds.
    pub(crate) async fn serves(&self) {
        let row = Account::new(i64::MIN);
        timeout(Duration::from_secs(5), self.session.insert(&row))
            .await
            .expect("a write does not succeed within five seconds")
            .unwrap();
        assert!(self.observer.delete::<Account>(&row.id).await.unwrap());
    }

    /// Drops the future of `operation` after every number of polls, until it completes. Rounds are numbered:
    /// each is prepared, and checked afterwards, with whether it completed.
    pub(crate) async fn everywhere<T: Debug, Fut: Future<Output = Result<T>>>(
        &self,
        prepare: impl AsyncFn(i64),
        operation: impl Fn(i64) -> Fut,
        check: impl AsyncFn(i64, bool),
    ) {
        let mut round = 0;
        for moment in MOMENTS {
            for polls in 1.. {
                round += 1;
                prepare(round).await;
                let polls = if polls > MOST_POLLS {
                    usize::MAX
                } else {
                    polls
                };
                let outcome = cut_short(operation(round), polls, moment).await;
                let completed = outcome.is_some();
                if let Some(outcome) = outcome {
                    outcome.unwrap();
                }
                check(round, completed).await;
                self.serves().await;
                if completed {
                    break;
                }
            }
        }
    }

    /// Drops a statement of a transaction after every number of polls, until it completes, and lets
    /// `end` end the transaction. It has inserted the account with the number of the round.
    pub(crate) async fn inside(
        &self,
        statement: impl for<'a> Fn(&'a Transaction, i64) -> BoxFuture<'a, Result<()>>,
        end: impl AsyncFn(Transaction, i64),
    ) {
        let mut round = 0;
        for moment in MOMENTS {
            for polls in 1..=MOST_POLLS {
                round += 1;
                let tx = self.store.begin().await.unwrap();
                tx.insert(&Account::new(round)).await.unwrap();
                let completed = cut_short(statement(&tx, round), polls, moment).await;
                end(tx, round).await;
                self.serves().await;
                if completed.is_some() {
                    break;
                }
            }
        }
    }

    /// Drops the end of a transaction after every number of polls, until it completes, and checks
    /// its hundred entries. The beginning and the statements complete.
    pub(crate) async fn ending(
        &self,
        end: impl Fn(Transaction) -> BoxFuture<'static, Result<()>>,
        check: impl AsyncFn(i64, bool),
    ) {
        let mut round = 0;
        for moment in MOMENTS {
            for polls in 1..=MOST_POLLS {
                round += 1;
                let tx = self.store.begin().await.unwrap();
                tx.insert_many(&entries(round, 100)).await.unwrap();
                let outcome = cut_short(end(tx), polls, moment).await;
                let completed = outcome.is_some();
                if let Some(outcome) = outcome {
                    outcome.unwrap();
                }
                self.serves().await;
                check(round, completed).await;
                if completed {
                    break;
                }
            }
        }
    }

    /// Expects that the account and the entries of a round are not stored.
    pub(crate) async fn nothing_of(&self, round: i64) {
        assert_eq!(self.observer.find::<Account>(&round).await.unwrap(), None);
        assert_eq!(self.entries_of(round).await, 0);
    }

    /// The number of stored entries of a round.
    pub(crate) async fn entries_of(&self, round: i64) -> usize {
        let range = numbers(round, 10_000);
        let filter = Entry::ID.ge(range.start) & Entry::ID.lt(range.end);
        matching(&*self.observer, filter).await.len()
    }
}

/// The numbers of a round's rows.
pub(crate) const fn numbers(round: i64, rows: i64) -> Range<i64> {
    round * 10_000..round * 10_000 + rows
}

/// Entries of a round.
pub(crate) fn entries(round: i64, rows: i64) -> Vec<Entry> {
    numbers(round, rows).map(|id| Entry::new(id, id)).collect()
}
