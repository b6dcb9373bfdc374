//! One group that runs.

use std::ops::Range;
use std::sync::Arc;

use genledger_contract::{Error, ErrorKind, Result};

use super::queue::Entry;
use super::{GroupWork, Shared};

/// The requests of a group, and who waits for each.
pub(super) struct Batch<W: GroupWork> {
    requests: Vec<W::Request>,
    callers: Vec<Caller<W>>,
    shared: Arc<Shared<W>>,
}

struct Caller<W: GroupWork> {
    number: u64,
    entry: Entry<W, ()>,
    completion: Completion,
}

enum Completion {
    No,
    Yes,
    /// With an error that no caller took.
    Failed(Error),
}

impl<W: GroupWork> Batch<W> {
    pub(super) fn new(group: Vec<(u64, Entry<W>)>, shared: Arc<Shared<W>>) -> Self {
        let (mut requests, mut callers) = (Vec::new(), Vec::new());
        for (number, entry) in group {
            let (request, entry) = entry.replace_request(());
            requests.push(request);
            callers.push(Caller {
                number,
                entry,
                completion: Completion::No,
            });
        }
        Self {
            requests,
            callers,
            shared,
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Runs the group, and in halves where that fails.
    pub(super) async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let mut ranges = Vec::new();
        ranges.push(0..self.requests.len());
        while let Some(range) = ranges.pop() {
            match shared.work.run(&self.requests[range.clone()]).await {
                Ok(replies) => self.reply(range, replies),
                Err(_) if range.len() > 1 => {
                    let middle = range.start + range.len() / 2;
                    ranges.extend([middle..range.end, range.start..middle]);
                }
                Err(error) => self.reply(range, vec![Err(error)]),
            }
        }
    }

    /// Gives all requests up.
    pub(super) async fn give_up(mut self) {
        let shared = Arc::clone(&self.shared);
        let replies = shared.work.give_up(&self.requests).await;
        self.reply(0..self.requests.len(), replies);
    }

    /// Fails all requests, since they could not be given up in time.
    pub(super) fn fail(mut self) {
        let error = || Error::new(ErrorKind::OutcomeUnknown, "the runtime has ended");
        let errors = self.requests.iter().map(|_| Err(error())).collect();
        self.reply(0..self.requests.len(), errors);
    }

    fn reply(&mut self, range: Range<usize>, replies: Vec<Result<W::Reply>>) {
        let missing = || {
            Err(Error::corrupt(
                "the work returned replies to fewer requests",
            ))
        };
        let replies = replies.into_iter().chain(std::iter::repeat_with(missing));
        for (caller, reply) in self.callers[range].iter_mut().zip(replies) {
            caller.reply(reply);
        }
    }
}

impl<W: GroupWork> Caller<W> {
    fn reply(&mut self, reply: Result<W::Reply>) {
        let untaken = match self.entry.caller.take() {
            Some(sender) => sender.send(reply).err(),
            None => Some(reply),
        };
        self.completion = match untaken {
            Some(Err(error)) => Completion::Failed(error),
            _ => Completion::Yes,
        };
    }
}

impl<W: GroupWork> Drop for Batch<W> {
    fn drop(&mut self) {
        let mut finished = Vec::with_capacity(self.callers.len());
        let mut cancelled = Vec::new();
        let requests = std::mem::take(&mut self.requests);
        for (request, mut caller) in requests.into_iter().zip(self.callers.drain(..)) {
            if matches!(caller.completion, Completion::No) && std::thread::panicking() {
                caller.reply(Err(panicked()));
            }
            match caller.completion {
                Completion::No => {
                    let ((), entry) = caller.entry.replace_request(request);
                    cancelled.push((caller.number, entry));
                    continue;
                }
                Completion::Yes => {}
                Completion::Failed(error) => self.shared.work.failed(request, error),
            }
            finished.push(caller.number);
        }
        self.shared.queue.finish(&finished, cancelled);
        self.shared.wake.notify_one();
        self.shared.finished.notify_waiters();
    }
}

fn panicked() -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        "running the request panicked, and it is unknown whether it took effect",
    )
}
