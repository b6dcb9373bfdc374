//! The writer thread, which runs everything that may block.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::sync::{OwnedMutexGuard, oneshot};

use super::connection::WriterConnection;
use super::idle::IdleWatch;
use super::queue::{Message, Writes};
use super::{Lock, alone, group};
use crate::connection::Blocking;

/// How often the thread checks whether the reads that it waits for have ended.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

type Guard<C> = OwnedMutexGuard<Option<WriterConnection<C>>>;

/// The connection of a closed store, and the reply to the call that closed it.
type Closed<C> = (WriterConnection<C>, Option<oneshot::Sender<()>>);

/// The thread waits for its queue only, never for the lock of the connection: the transaction that has it needs the
/// thread for its end.
pub(super) struct WriterThread<C: Blocking> {
    lock: Lock<C>,
    /// The attempt to lock the connection, which sends [`Message::Free`].
    locking: Option<Pin<Box<dyn Future<Output = Guard<C>> + Send>>>,
    waker: Waker,
    writes: Writes<C>,
    idle: Arc<IdleWatch<C>>,
}

struct SendFree<C>(Sender<Message<C>>);

impl<C: Send + 'static> Wake for SendFree<C> {
    fn wake(self: Arc<Self>) {
        // An error means that the thread has ended.
        drop(self.0.send(Message::Free));
    }
}

impl<C: Blocking> WriterThread<C> {
    pub(super) fn new(
        lock: Lock<C>,
        idle: Arc<IdleWatch<C>>,
        (messages, queue): (Sender<Message<C>>, Receiver<Message<C>>),
    ) -> Self {
        Self {
            lock,
            locking: None,
            waker: Arc::new(SendFree(messages)).into(),
            writes: Writes::new(queue),
            idle,
        }
    }

    /// Handles messages until [`Message::Close`]; `close` is called with the connection.
    pub(super) fn serve(mut self, close: impl FnOnce(C)) {
        let (connection, done) = loop {
            match self.receive() {
                Some(Message::Run(work)) => work(),
                Some(Message::Free) | None => {}
                Some(write) => self.writes.waiting.push_back(write),
            }
            if let Some(closed) = self.write() {
                break closed;
            }
        };
        close(connection.into_inner());
        if let Some(done) = done {
            let _ = done.send(());
        }
    }

    /// The next message. `None` when it is time to check something else.
    fn receive(&mut self) -> Option<Message<C>> {
        let delays_reads = self.lock.try_lock().is_ok_and(|connection| {
            connection
                .as_ref()
                .is_some_and(WriterConnection::delays_reads)
        });
        let wait = if delays_reads {
            POLL_INTERVAL
        } else {
            self.idle.check()
        };
        let message = self.writes.queue.recv_timeout(wait).ok();
        if message.is_none()
            && let Ok(mut connection) = self.lock.try_lock()
            && let Some(connection) = connection.as_mut()
        {
            connection.settle();
        }
        message
    }

    /// Runs the writes that wait, if the connection is free. Transactions that wait have their turn after each group.
    /// Returns the connection after [`Message::Close`].
    fn write(&mut self) -> Option<Closed<C>> {
        while !self.writes.waiting.is_empty() {
            let mut guard = self.lock()?;
            let connection = guard.as_mut()?;
            match self.writes.next()? {
                Message::Write(job) if job.mode().joins() => {
                    group::run(connection, &mut self.writes, job);
                }
                Message::Write(job) => alone::run(connection, job),
                Message::Close(done) => return guard.take().map(|connection| (connection, done)),
                Message::Run(work) => work(),
                Message::Free => {}
            }
            connection.settle();
        }
        None
    }

    /// Locks the connection if it is free.
    fn lock(&mut self) -> Option<Guard<C>> {
        let lock = &self.lock;
        let locking = self
            .locking
            .get_or_insert_with(|| Box::pin(Arc::clone(lock).lock_owned()));
        match locking.as_mut().poll(&mut Context::from_waker(&self.waker)) {
            Poll::Ready(guard) => {
                self.locking = None;
                Some(guard)
            }
            Poll::Pending => None,
        }
    }
}
