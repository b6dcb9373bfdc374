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
    let requests = [request];
    match store {
        StoreOrTx::Store(store) => in_store(&**store, clock, &requests).await,
        StoreOrTx::Transaction(tx) => within(tx, clock, &requests).await,
    }
}

/// In transactions of its own. One whose outcome is not known is run again: if it was committed, its entry is found, and
/// if it still may be, the rows that it has written make this one wait for it.
async fn in_store(store: &dyn Store, clock: &dyn Clock, requests: &[&Request]) -> Result<Answer> {
    let policy = RetryPolicy::default();
    let begun = Instant::now();
    let (mut losses, mut unknown) = (0, 0);
    loop {
        let now = clock.now();
        let is_repeated = losses > 0;
        let work = |tx: Tx| async move { group(&tx, requests, now, is_repeated).await };
        let outcome = store.transaction_with(RetryPolicy::never(), work).await;
        match outcome.and_then(only) {
            Ok(answer) => return answer,
            Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
                if begun.elapsed() >= policy.deadline {
                    return Err(error);
                }
                unknown += 1;
                sleep(policy.wait(unknown)).await;
            }
            Err(error) if is_lost(&error) && losses < REPETITIONS => {
                losses += 1;
                sleep(policy.wait(losses)).await;
            }
            Err(error) => return Err(last(error)),
        }
    }
}

/// As a nested transaction, so that a failure rolls back only this request. If the database has ended the whole
/// transaction, the next attempt returns that.
async fn within(tx: &Tx, clock: &dyn Clock, requests: &[&Request]) -> Result<Answer> {
    let mut losses = 0;
    loop {
        let nested = tx.begin().await?;
        let outcome = group(&nested, requests, clock.now(), losses > 0).await;
        match nested.end(outcome.and_then(only)).await {
            Ok(answer) => return answer,
            Err(error) if is_lost(&error) && losses < REPETITIONS => losses += 1,
            Err(error) => return Err(last(error)),
        }
    }
}

/// The answer to the only request of a group.
fn only(mut answers: Vec<Option<Result<Answer>>>) -> Result<Result<Answer>> {
    answers.pop().flatten().ok_or_else(|| {
        let message = "other sessions have changed the account at the same time, again and again";
        Error::new(ErrorKind::SerializationFailure, message).with_table(CustomerBalance::TABLE.name)
    })
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
