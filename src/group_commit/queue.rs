//! The requests that wait, and the numbers of those that run.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use genledger_contract::Result;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::budget::{Room, shut_down};
use super::{GroupLimits, GroupWork};

/// A request in the queue. A batch keeps the requests apart, as `R = ()`.
pub(super) struct Entry<W: GroupWork, R = <W as GroupWork>::Request> {
    pub(super) request: R,
    /// The caller, if it waits.
    pub(super) caller: Option<oneshot::Sender<Result<W::Reply>>>,
    pub(super) room: Room,
    pub(super) accepted: Instant,
}

impl<W: GroupWork, R> Entry<W, R> {
    pub(super) fn replace_request<T>(self, request: T) -> (R, Entry<W, T>) {
        let entry = Entry {
            request,
            caller: self.caller,
            room: self.room,
            accepted: self.accepted,
        };
        (self.request, entry)
    }
}

/// A request that was added.
pub(super) struct Pushed {
    pub(super) number: u64,
    /// Whether the dispatcher has something to do.
    pub(super) wake: bool,
}

/// What the dispatcher does next.
pub(super) enum Next<W: GroupWork> {
    /// It runs these requests.
    Run(Vec<(u64, Entry<W>)>),
    /// It waits to be woken up, at most until then.
    Wait(Option<Instant>),
    /// The queue is closed and empty.
    End,
    /// The requests that are left are given up.
    Stop,
}

/// Requests in the order of their numbers, which they get when they are added.
pub(super) struct Queue<W: GroupWork>(Mutex<State<W>>);

struct State<W: GroupWork> {
    waiting: BTreeMap<u64, Entry<W>>,
    /// The bytes of those.
    bytes: usize,
    /// The number of those whose callers wait.
    awaited: usize,
    /// When the requests that run, or whose batch was cancelled, were accepted.
    running: BTreeMap<u64, Instant>,
    /// The number of batches that run.
    batches: usize,
    /// The size of the last group.
    last: usize,
    /// Requests whose batch was cancelled.
    cancelled: Vec<(u64, Entry<W>)>,
    next: u64,
    /// Requests below this number are run at once.
    flush: u64,
    closed: bool,
    stopped: bool,
}

impl<W: GroupWork> Queue<W> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(State {
            waiting: BTreeMap::new(),
            bytes: 0,
            awaited: 0,
            running: BTreeMap::new(),
            batches: 0,
            last: 0,
            cancelled: Vec::new(),
            next: 0,
            flush: 0,
            closed: false,
            stopped: false,
        }))
    }

    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request.
    pub(super) fn push(&self, entry: Entry<W>, limits: &GroupLimits) -> Result<Pushed> {
        let mut state = self.state();
        if state.closed {
            return Err(shut_down());
        }
        let number = state.next;
        state.next += 1;
        // The dispatcher is woken up once for each change that may make a group due: the first request starts
        // the time limit of the group.
        let before = (
            state.waiting.is_empty(),
            state.awaited > 0,
            state.is_as_large(),
            state.is_full(limits),
        );
        state.insert(number, entry);
        let after = (
            false,
            state.awaited > 0,
            state.is_as_large(),
            state.is_full(limits),
        );
        Ok(Pushed {
            number,
            wake: before != after,
        })
    }

    /// Removes a request that does not run yet.
    pub(super) fn remove(&self, number: u64) -> bool {
        self.state().take(number).is_some()
    }

    /// Takes the next group if one is due and another batch may run. Every request is due while callers wait for
    /// room.
    pub(super) fn next(&self, limits: &GroupLimits, is_full: bool) -> Next<W> {
        let mut state = self.state();
        if state.stopped {
            return Next::Stop;
        }
        let Some((&first, oldest)) = state.waiting.first_key_value() else {
            return if state.closed && state.running.is_empty() {
                Next::End
            } else {
                Next::Wait(None)
            };
        };
        if state.batches >= limits.batches.max(1) {
            return Next::Wait(None);
        }
        let wait = match state.awaited {
            0 => limits.age,
            _ if state.is_as_large() => Duration::ZERO,
            _ => limits.gather,
        };
        let due = oldest.accepted + wait;
        let at_once = is_full || state.closed || first < state.flush;
        if !at_once && !state.is_full(limits) && due > Instant::now() {
            return Next::Wait(Some(due));
        }
        let mut group = Vec::with_capacity(limits.requests.min(state.waiting.len()));
        let mut bytes = 0;
        while group.len() < limits.requests.max(1)
            && bytes < limits.bytes.max(1)
            && let Some((&number, _)) = state.waiting.first_key_value()
            && let Some(entry) = state.take(number)
        {
            bytes += entry.room.bytes();
            state.running.insert(number, entry.accepted);
            group.push((number, entry));
        }
        state.batches += 1;
        state.last = group.len();
        Next::Run(group)
    }

    /// Takes every request that does not run, as one group; nothing can be added any more.
    pub(super) fn drain(&self) -> Vec<(u64, Entry<W>)> {
        let mut state = self.state();
        state.closed = true;
        state.bytes = 0;
        state.awaited = 0;
        let mut left = std::mem::take(&mut state.cancelled);
        for (number, entry) in std::mem::take(&mut state.waiting) {
            state.running.insert(number, entry.accepted);
            left.push((number, entry));
        }
        state.batches += 1;
        left
    }

    /// A batch has ended, which finished some requests, and was cancelled before it could finish the others.
    pub(super) fn finish(&self, finished: &[u64], cancelled: Vec<(u64, Entry<W>)>) {
        let mut state = self.state();
        state.batches -= 1;
        for number in finished {
            state.running.remove(number);
        }
        state.cancelled.extend(cancelled);
    }

    /// From now on every request that is there is due. Returns the number of the next request.
    pub(super) fn flush(&self) -> u64 {
        let mut state = self.state();
        state.flush = state.next;
        state.next
    }

    pub(super) fn close(&self) {
        self.state().closed = true;
    }

    /// The requests that are left are to be given up.
    pub(super) fn stop(&self) {
        let mut state = self.state();
        state.closed = true;
        state.stopped = true;
    }

    /// Whether every request below this number is finished.
    pub(super) fn is_finished(&self, end: u64) -> bool {
        let state = self.state();
        let oldest = state.oldest();
        oldest.is_none_or(|(number, _)| number >= end)
    }

    pub(super) fn unfinished(&self) -> (usize, Option<Duration>) {
        let state = self.state();
        let count = state.waiting.len() + state.running.len();
        let age = state.oldest().map(|(_, accepted)| accepted.elapsed());
        (count, age)
    }
}

impl<W: GroupWork> State<W> {
    fn insert(&mut self, number: u64, entry: Entry<W>) {
        self.bytes += entry.room.bytes();
        self.awaited += usize::from(entry.caller.is_some());
        self.waiting.insert(number, entry);
    }

    fn take(&mut self, number: u64) -> Option<Entry<W>> {
        let entry = self.waiting.remove(&number)?;
        self.bytes -= entry.room.bytes();
        self.awaited -= usize::from(entry.caller.is_some());
        Some(entry)
    }

    /// Whether as many requests wait as the last group had.
    fn is_as_large(&self) -> bool {
        self.waiting.len() >= self.last
    }

    fn is_full(&self, limits: &GroupLimits) -> bool {
        self.waiting.len() >= limits.requests || self.bytes >= limits.bytes
    }

    fn oldest(&self) -> Option<(u64, Instant)> {
        let waiting = self.waiting.first_key_value();
        let waiting = waiting.map(|(number, entry)| (*number, entry.accepted));
        let running = self.running.first_key_value();
        let running = running.map(|(number, accepted)| (*number, *accepted));
        waiting.into_iter().chain(running).min_by_key(|one| one.0)
    }
}
