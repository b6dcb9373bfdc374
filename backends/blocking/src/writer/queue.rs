//! The queue of the writer thread.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;

use tokio::sync::oneshot;

use crate::job::Job;

/// A message to the writer thread.
pub(super) enum Message<C> {
    /// A write, for which the thread locks the connection.
    Write(Box<dyn Job<C>>),
    /// Work of a transaction, which has locked the connection. It runs at once.
    Run(Box<dyn FnOnce() + Send>),
    /// The connection may have become free.
    Free,
    /// Ends the thread after the writes that it received before, and after an open transaction.
    Close(Option<oneshot::Sender<()>>),
}

/// The writes that wait for the connection.
pub(super) struct Writes<C> {
    /// Received while a transaction had the connection.
    pub(super) waiting: VecDeque<Message<C>>,
    pub(super) queue: Receiver<Message<C>>,
}

impl<C> Writes<C> {
    pub(super) const fn new(queue: Receiver<Message<C>>) -> Self {
        Self {
            waiting: VecDeque::new(),
            queue,
        }
    }

    pub(super) fn next(&mut self) -> Option<Message<C>> {
        self.waiting
            .pop_front()
            .or_else(|| self.queue.try_recv().ok())
    }

    /// The next write, if it can join a group. The connection is locked, so there is no work of a transaction.
    pub(super) fn next_to_join(&mut self) -> Option<Box<dyn Job<C>>> {
        loop {
            match self.next()? {
                Message::Write(job) if job.mode().joins() => {
                    if job.start() {
                        return Some(job);
                    }
                }
                Message::Free => {}
                other => {
                    self.waiting.push_front(other);
                    return None;
                }
            }
        }
    }
}
