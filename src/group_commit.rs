//! Group commit within a process: requests of many callers become one step of the database.
//!
//! ```text
//! submit ─▶ budget ─▶ queue ─▶ dispatcher ─▶ batches, several at a time ─▶ the reply to each request
//! ```
//!
//! A request waits for room in the budget, then in the queue. The dispatcher takes a group from the queue when it
//! is large enough, old enough, or awaited by its caller, and a batch runs it as one step. If the step fails
//! because of one of its requests, each half is run by itself, so that only the request with the error gets it.
//!
//! What the requests are, and what running them means, is a [`GroupWork`].

mod batch;
mod budget;
mod dispatcher;
mod queue;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use genledger_contract::{Error, ErrorKind, Result};
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

pub(crate) use budget::{Budget, Room};

use dispatcher::Running;
use queue::{Entry, Queue};

/// What a group commit runs.
#[async_trait]
pub(crate) trait GroupWork: Send + Sync + 'static {
    /// What a caller asks for.
    type Request: Send + Sync + 'static;
    /// What the caller gets.
    type Reply: Send + 'static;

    /// Runs requests in one atomic step, and returns the reply to each in their order.
    ///
    /// It may be cancelled while it runs; the requests are passed to [`give_up`](Self::give_up) then.
    ///
    /// # Errors
    /// Returns the error of the step, which had no effect. With several requests each half is run again by itself,
    /// so temporary errors are retried in here.
    async fn run(&self, requests: &[Self::Request]) -> Result<Vec<Result<Self::Reply>>>;

    /// Replies to requests that cannot be run any more, since the time for it has passed or the runtime has ended. Each
    /// may have been run, or its run was cancelled.
    async fn give_up(&self, requests: &[Self::Request]) -> Vec<Result<Self::Reply>>;

    /// A request failed and no caller waits for its reply. Must not panic.
    fn failed(&self, request: Self::Request, error: Error);
}

/// The size and the age of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupLimits {
    /// The most requests of a group.
    pub(crate) requests: usize,
    /// The number of bytes from which a group is not extended.
    pub(crate) bytes: usize,
    /// How long a request whose caller does not wait may be in the queue before its group is run.
    pub(crate) age: Duration,
    /// How long an awaited request waits for others at most, until the group is as large as the one before it: callers
    /// that got their replies at the same time return at the same time.
    pub(crate) gather: Duration,
    /// The most groups that run at the same time.
    pub(crate) batches: usize,
}

/// Runs the requests of many callers in groups. Clones share the queue; when the last one is dropped, the requests
/// in the queue are still run, in the background.
pub(crate) struct GroupCommit<W: GroupWork> {
    shared: Arc<Shared<W>>,
    /// Closes the queue when the last clone is dropped.
    open: Arc<Open<W>>,
}

impl<W: GroupWork> Clone for GroupCommit<W> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            open: Arc::clone(&self.open),
        }
    }
}

/// What callers, the dispatcher and the batches share.
struct Shared<W: GroupWork> {
    work: W,
    limits: GroupLimits,
    budget: Budget,
    queue: Queue<W>,
    /// Wakes the dispatcher.
    wake: Notify,
    /// Wakes those who wait until requests are finished.
    finished: Notify,
}

struct Open<W: GroupWork>(Arc<Shared<W>>);

impl<W: GroupWork> Drop for Open<W> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<W: GroupWork> Shared<W> {
    fn close(&self) {
        self.queue.close();
        self.wake.notify_one();
    }
}

impl<W: GroupWork> GroupCommit<W> {
    /// Starts the dispatcher. Several group commits can share a budget.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) outside of a Tokio runtime.
    pub(crate) fn start(work: W, limits: GroupLimits, budget: Budget) -> Result<Self> {
        let runtime = Handle::try_current()
            .map_err(|error| Error::invalid("needs a Tokio runtime").with_source(error))?;
        let shared = Arc::new(Shared {
            work,
            limits,
            budget,
            queue: Queue::new(),
            wake: Notify::new(),
            finished: Notify::new(),
        });
        runtime.spawn(dispatcher::run(Running(Arc::clone(&shared))));
        Ok(Self {
            open: Arc::new(Open(Arc::clone(&shared))),
            shared,
        })
    }

    /// The work.
    pub(crate) fn work(&self) -> &W {
        &self.shared.work
    }

    /// Waits for room for a request of this many bytes.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) for a request that is larger than the budget.
    pub(crate) async fn room(&self, bytes: usize) -> Result<Room> {
        self.shared.budget.acquire(bytes).await
    }

    /// Room for a request of this many bytes; `None` if there is none now.
    ///
    /// # Errors
    /// As [`room`](Self::room).
    pub(crate) fn room_now(&self, bytes: usize) -> Result<Option<Room>> {
        self.shared.budget.try_acquire(bytes)
    }

    /// Adds a request whose reply no caller waits for.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) once it is shut down.
    pub(crate) fn add(&self, request: W::Request, room: Room) -> Result<()> {
        self.push(request, room, None).map(drop)
    }

    /// Adds a request, and returns the future of its reply. If that is dropped, a request that is still in the
    /// queue is removed; one that runs is completed.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) once it is shut down; the future returns the error of the request, and
    /// [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) when the runtime ended while it was run.
    pub(crate) fn submit(
        &self,
        request: W::Request,
        room: Room,
    ) -> Result<impl Future<Output = Result<W::Reply>> + Send> {
        let (sender, reply) = oneshot::channel();
        let removal = Removal {
            number: self.push(request, room, Some(sender))?,
            shared: &self.shared,
        };
        Ok(async move {
            let _removal = removal;
            reply.await.unwrap_or_else(|_| {
                let message = "the runtime ended while the request was run";
                Err(Error::new(ErrorKind::OutcomeUnknown, message))
            })
        })
    }

    fn push(
        &self,
        request: W::Request,
        room: Room,
        caller: Option<oneshot::Sender<Result<W::Reply>>>,
    ) -> Result<u64> {
        let entry = Entry {
            request,
            caller,
            room,
            accepted: Instant::now(),
        };
        let pushed = self.shared.queue.push(entry, &self.shared.limits)?;
        if pushed.wake {
            self.shared.wake.notify_one();
        }
        Ok(pushed.number)
    }

    /// Waits until every request that was added before is finished; their groups are run at once.
    pub(crate) async fn flush(&self) {
        let end = self.shared.queue.flush();
        self.shared.wake.notify_one();
        self.finished(end).await;
    }

    /// Refuses further requests and waits until all are finished, at most this long; then those that are left are
    /// [given up](GroupWork::give_up).
    pub(crate) async fn shut_down(&self, limit: Duration) {
        self.shared.close();
        let in_time = tokio::time::timeout(limit, self.finished(u64::MAX)).await;
        if in_time.is_err() {
            self.shared.queue.stop();
            self.shared.wake.notify_one();
            self.finished(u64::MAX).await;
        }
    }

    /// The number of requests that are not finished, and the age of the oldest.
    pub(crate) fn unfinished(&self) -> (usize, Option<Duration>) {
        self.shared.queue.unfinished()
    }

    /// Waits until every request below this number is finished.
    async fn finished(&self, end: u64) {
        loop {
            let mut finished = std::pin::pin!(self.shared.finished.notified());
            // Registered before the check, so that no wake-up is missed.
            finished.as_mut().enable();
            if self.shared.queue.is_finished(end) {
                return;
            }
            finished.await;
        }
    }
}

/// Removes a request from the queue when its caller no longer waits.
struct Removal<'s, W: GroupWork> {
    shared: &'s Shared<W>,
    number: u64,
}

impl<W: GroupWork> Drop for Removal<'_, W> {
    fn drop(&mut self) {
        if self.shared.queue.remove(self.number) {
            self.shared.finished.notify_waiters();
        }
    }
}
