//! Requests are decided and written in one transaction, again if another session was faster.

use std::time::Instant;

use chrono::{DateTime, Utc};
use genledger_contract::session::RetryPolicy;
use genledger_contract::{Entity, Error, ErrorKind, Result, Store, StoreExt, Tx};
use tokio::time::sleep;

use super::decide::{Answer, decide};
use super::operation::Request;
use super::{read, write};
use crate::accounting::{BalanceEntry, CustomerBalance};
use crate::store_or_tx::StoreOrTx;
use crate::time::Clock;

/// How often a request is run again whose account others have changed.
const REPETITIONS: u32 = 5;

/// Decides and writes requests of any customers in their order, in a transaction that is open. `None` is the answer to a
/// request that was not decided, since another session has changed its account at the same time: nothing of it was
/// written, and it must be run again.
///
/// In a repetition the accounts are locked before they are read, so that each session gets its turn.
///
/// An error is that of a statement, or of a record that something else has changed, and then nothing must be committed.
pub(super) async fn group(
    tx: &Tx,
    requests: &[&Request],
    now: DateTime<Utc>,
    is_repeated: bool,
) -> Result<Vec<Option<Result<Answer>>>> {
    if is_repeated {
        write::lock(tx, requests).await?;
    }
    let known = read::read(tx, requests).await?;
    let plan = decide(&known, requests, now);
    write::write(tx, plan, requests).await
}

/// The answer to one request, after as many attempts as it takes.
pub(super) async fn one(store: &StoreOrTx, clock: &dyn Clock, request: &Request) -> Result<Answer> {
    match store {
        StoreOrTx::Store(store) => {
            let mut answers = all(&**store, clock, &[request]).await?;
            answers.pop().ok_or_else(without_answer)?
        }
        StoreOrTx::Transaction(tx) => within(tx, clock, request).await,
    }
}

/// The outcome of each request of any customers, in as few transactions as it takes. One whose outcome is not known is run
/// again: if it was committed, its entries are found, and if it still may be, the rows that it has written make this one
/// wait for it.
///
/// An error concerns all requests, of which nothing was written.
pub(super) async fn all(
    store: &dyn Store,
    clock: &dyn Clock,
    requests: &[&Request],
) -> Result<Vec<Result<Answer>>> {
    let policy = RetryPolicy::default();
    let begun = Instant::now();
    let mut answers: Vec<Option<Result<Answer>>> = requests.iter().map(|_| None).collect();
    let mut left: Vec<usize> = (0..requests.len()).collect();
    let (mut losses, mut unknown) = (0, 0);
    while !left.is_empty() {
        let now = clock.now();
        let is_repeated = losses > 0;
        let asked: Vec<&Request> = left.iter().map(|index| requests[*index]).collect();
        let asked = &asked[..];
        let work = |tx: Tx| async move { group(&tx, asked, now, is_repeated).await };
        match store.transaction_with(RetryPolicy::never(), work).await {
            Ok(found) => {
                for (index, answer) in left.iter().zip(found) {
                    answers[*index] = answer;
                }
                left.retain(|index| answers[*index].is_none());
                if losses >= REPETITIONS {
                    break;
                }
                losses += 1;
                if !left.is_empty() {
                    sleep(policy.wait(losses)).await;
                }
            }
            Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
                if begun.elapsed() >= policy.deadline {
                    return failed(answers, error);
                }
                unknown += 1;
                sleep(policy.wait(unknown)).await;
            }
            Err(error) if is_lost(&error) && losses < REPETITIONS => {
                losses += 1;
                sleep(policy.wait(losses)).await;
            }
            Err(error) => return failed(answers, last(error)),
        }
    }
    let answers = answers.into_iter();
    Ok(answers
        .map(|answer| answer.unwrap_or_else(|| Err(overtaken())))
        .collect())
}

/// An answer to each request: the error to those that were not written.
fn failed(answers: Vec<Option<Result<Answer>>>, error: Error) -> Result<Vec<Result<Answer>>> {
    if answers.iter().all(Option::is_none) {
        return Err(error);
    }
    let answers = answers.into_iter();
    let answers = answers.map(|answer| answer.unwrap_or_else(|| Err(error.clone())));
    Ok(answers.collect())
}

/// As a nested transaction, so that a failure rolls back only this request. If the database has ended the whole
/// transaction, the next attempt returns that.
async fn within(tx: &Tx, clock: &dyn Clock, request: &Request) -> Result<Answer> {
    let mut losses = 0;
    loop {
        let nested = tx.begin().await?;
        let outcome = group(&nested, &[request], clock.now(), losses > 0).await;
        match nested.end(outcome.and_then(only)).await {
            Ok(answer) => return answer,
            Err(error) if is_lost(&error) && losses < REPETITIONS => losses += 1,
            Err(error) => return Err(last(error)),
        }
    }
}

/// The answer to the only request of a group.
fn only(mut answers: Vec<Option<Result<Answer>>>) -> Result<Result<Answer>> {
    answers.pop().flatten().ok_or_else(overtaken)
}

fn overtaken() -> Error {
    let message = "other sessions have changed the account at the same time, again and again";
    Error::new(ErrorKind::SerializationFailure, message).with_table(CustomerBalance::TABLE.name)
}

fn without_answer() -> Error {
    Error::corrupt("a request without an answer")
}

/// Whether a request is run again. A unique key that is taken is that of an entry which another session has written at the
/// same time: the next attempt finds it.
fn is_lost(error: &Error) -> bool {
    error.is_retryable() || error.kind() == ErrorKind::UniqueViolation
}

/// The error of the last attempt.
fn last(error: Error) -> Error {
    let is_taken = error.kind() == ErrorKind::UniqueViolation;
    if is_taken && error.table() == Some(BalanceEntry::TABLE.name) {
        let message = "the account has entries after its last one";
        return Error::corrupt(message)
            .with_table(CustomerBalance::TABLE.name)
            .with_source(error);
    }
    error
}
