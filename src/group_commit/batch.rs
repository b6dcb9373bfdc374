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
    answer: Answered,
}

enum Answered {
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
                answer: Answered::No,
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
        let mut ranges = vec![0..self.requests.len()];
        while let Some(range) = ranges.pop() {
            match shared.work.run(&self.requests[range.clone()]).await {
                Ok(answers) => self.answer(range, answers),
                Err(_) if range.len() > 1 => {
                    let middle = range.start + range.len() / 2;
                    ranges.extend([middle..range.end, range.start..middle]);
                }
                Err(error) => self.answer(range, vec![Err(error)]),
            }
        }
    }

    /// Gives all requests up.
    pub(super) async fn give_up(mut self) {
        let shared = Arc::clone(&self.shared);
        let answers = shared.work.give_up(&self.requests).await;
        self.answer(0..self.requests.len(), answers);
    }

    fn answer(&mut self, range: Range<usize>, answers: Vec<Result<W::Answer>>) {
        let missing = || {
            Err(Error::corrupt(
                "the work returned answers for fewer requests",
            ))
        };
        let answers = answers.into_iter().chain(std::iter::repeat_with(missing));
        for (caller, answer) in self.callers[range].iter_mut().zip(answers) {
            caller.answer(answer);
        }
    }
}

impl<W: GroupWork> Caller<W> {
    fn answer(&mut self, answer: Result<W::Answer>) {
        let untaken = match self.entry.reply.take() {
            Some(reply) => reply.send(answer).err(),
            None => Some(answer),
        };
        self.answer = match untaken {
            Some(Err(error)) => Answered::Failed(error),
            _ => Answered::Yes,
        };
    }
}

impl<W: GroupWork> Drop for Batch<W> {
    fn drop(&mut self) {
        let mut answered = Vec::with_capacity(self.callers.len());
        let mut cancelled = Vec::new();
        let requests = std::mem::take(&mut self.requests);
        for (request, mut caller) in requests.into_iter().zip(self.callers.drain(..)) {
            if matches!(caller.answer, Answered::No) && std::thread::panicking() {
                caller.answer(Err(panicked()));
            }
            match caller.answer {
                Answered::No => {
                    let (_, entry) = caller.entry.replace_request(request);
                    cancelled.push((caller.number, entry));
                    continue;
                }
                Answered::Yes => {}
                Answered::Failed(error) => self.shared.work.failed(request, error),
            }
            answered.push(caller.number);
        }
        self.shared.queue.finish(&answered, cancelled);
        self.shared.wake.notify_one();
        self.shared.answered.notify_waiters();
    }
}

fn panicked() -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        "running the request panicked, and it is unknown whether it took effect",
    )
}
