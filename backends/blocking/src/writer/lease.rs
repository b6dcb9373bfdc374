//! The connection that writes, while it belongs to a transaction.

use std::sync::mpsc::Sender;

use genledger_contract::Result;
use tokio::sync::{OwnedMappedMutexGuard, oneshot};

use super::connection::WriterConnection;
use super::queue::Message;
use crate::activity::Activity;
use crate::connection::{Blocking, ended};
use crate::job::{Mode, guarded};

/// The lock of the connection, which is held from BEGIN to the end of the transaction.
pub(super) type Held<C> = OwnedMappedMutexGuard<Option<WriterConnection<C>>, WriterConnection<C>>;

/// The connection of an open transaction. When it is dropped, wherever that is, the thread rolls back.
pub(crate) struct Lease<C: Blocking> {
    /// None when the transaction has ended.
    held: Option<Held<C>>,
    thread: Sender<Message<C>>,
}

impl<C: Blocking> Lease<C> {
    /// Begins a transaction: at once where that is possible, and otherwise on the thread, which may wait for a lock of
    /// another process.
    pub(super) async fn begin(mut held: Held<C>, thread: &Sender<Message<C>>) -> Result<Self> {
        held.release_reads();
        let begun = held.try_begin(Activity::Transaction);
        let mut lease = Self {
            held: Some(held),
            thread: thread.clone(),
        };
        if begun? {
            return Ok(lease);
        }
        let begin = move || {
            lease.connection()?.begin(Activity::Transaction)?;
            Ok(lease)
        };
        run(thread, begin).await?
    }

    fn connection(&mut self) -> Result<&mut WriterConnection<C>> {
        self.held.as_deref_mut().ok_or_else(ended)
    }

    /// Runs a statement on this thread.
    pub(crate) fn run<T>(
        &mut self,
        mode: Mode,
        task: impl FnOnce(&mut C) -> Result<T>,
    ) -> Result<T> {
        let connection = self.connection()?;
        if !connection.in_transaction() {
            // SQLite ended the transaction by itself, as it does when the disk is full.
            return Err(ended());
        }
        connection.step(mode, |connection| guarded(|| task(connection)))?
    }

    /// Runs work of the transaction on the thread, with the lease. It runs to its end even if this future is dropped.
    pub(crate) async fn run_on_thread<T: Send + 'static>(
        self,
        work: impl FnOnce(Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let thread = self.thread.clone();
        run(&thread, move || work(self)).await?
    }

    /// Commits on the thread. A transaction that is not committed is rolled back.
    pub(crate) async fn commit(mut self) -> Result<()> {
        let ended_by = self.end(WriterConnection::commit);
        ended_by.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Rolls back on the thread.
    pub(crate) async fn roll_back(mut self) -> Result<()> {
        let rolled_back = self.end(|_| Ok(()));
        rolled_back.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Ends the transaction on the thread. What `end` does not commit is rolled back.
    fn end(
        &mut self,
        end: fn(&mut WriterConnection<C>) -> Result<()>,
    ) -> oneshot::Receiver<Result<()>> {
        let (reply, result) = oneshot::channel();
        if let Some(mut held) = self.held.take() {
            let work = move || {
                let ended = end(&mut held);
                let undone = held.roll_back();
                // The lock is free for the next one before this caller wakes up.
                let unsettled = (!held.is_settled()).then_some(held);
                drop(reply.send(ended.and(undone)));
                if let Some(mut held) = unsettled {
                    held.settle();
                }
            };
            // The thread does not end while the connection is leased.
            drop(self.thread.send(Message::Run(Box::new(work))));
        }
        result
    }
}

impl<C: Blocking> Drop for Lease<C> {
    fn drop(&mut self) {
        drop(self.end(|_| Ok(())));
    }
}

/// Runs work on the thread.
async fn run<C: Blocking, T: Send + 'static>(
    thread: &Sender<Message<C>>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let (reply, result) = oneshot::channel();
    let work = move || drop(reply.send(work()));
    // The thread does not end while the connection is leased.
    drop(thread.send(Message::Run(Box::new(work))));
    result.await.map_err(|_| ended())
}
