//! The callers that wait for a task, and tasks whose caller did not wait.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use genledger_contract::{Error, Result};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::GATHER;
use crate::generation::{GenerationTask, LeasedTask};

/// How long a task whose caller was dropped is kept for another one.
const KEPT: Duration = Duration::from_secs(1);

/// Callers in the order in which they came.
pub(super) struct Line<T: GenerationTask> {
    state: Mutex<State<T>>,
    /// Wakes the task that claims.
    pub(super) wake: Notify,
}

struct State<T: GenerationTask> {
    callers: VecDeque<oneshot::Sender<Result<HandOut<T>>>>,
    /// When the first of them came.
    since: Option<Instant>,
    /// The number of tasks of the last claim.
    last: usize,
    kept: VecDeque<Kept<T>>,
    /// The number of tasks that are on their way to a caller.
    handed_out: usize,
    /// Whether a slot or a task of this process has become free.
    freed: bool,
    closed: bool,
}

/// A task whose caller was dropped.
struct Kept<T: GenerationTask> {
    leased: LeasedTask<T>,
    until: Instant,
}

/// A leased task on its way to its caller. If the caller is dropped before it takes it, another one gets it.
pub(super) struct HandOut<T: GenerationTask> {
    leased: Option<LeasedTask<T>>,
    line: Arc<Line<T>>,
}

impl<T: GenerationTask> HandOut<T> {
    pub(super) fn take(mut self) -> Option<LeasedTask<T>> {
        self.leased.take()
    }
}

impl<T: GenerationTask> Drop for HandOut<T> {
    fn drop(&mut self) {
        self.line.arrived(self.leased.take());
    }
}

/// What the task that claims has to do.
pub(super) enum Demand<T: GenerationTask> {
    /// A kept task is handed out again.
    HandOut(LeasedTask<T>),
    /// A kept task that no caller has wanted is given back.
    GiveBack(LeasedTask<T>),
    /// This many callers wait.
    Claim(usize),
    /// Nothing, at most until then.
    Wait(Option<Instant>),
    End,
}

impl<T: GenerationTask> Line<T> {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                callers: VecDeque::new(),
                since: None,
                last: 0,
                kept: VecDeque::new(),
                handed_out: 0,
                freed: false,
                closed: false,
            }),
            wake: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a caller; `None` once it is closed. A sender that is dropped has no task any more.
    pub(super) fn join(&self) -> Option<oneshot::Receiver<Result<HandOut<T>>>> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.state();
        if state.closed {
            return None;
        }
        state.callers.push_back(sender);
        state.since.get_or_insert_with(Instant::now);
        drop(state);
        self.wake.notify_one();
        Some(receiver)
    }

    /// What is to be done now.
    pub(super) fn demand(&self) -> Demand<T> {
        let mut state = self.state();
        state.callers.retain(|caller| !caller.is_closed());
        let waits = !state.callers.is_empty();
        let overdue = |kept: &Kept<T>| kept.until <= Instant::now();
        let releases = state.closed || state.kept.front().is_some_and(overdue);
        if waits && let Some(kept) = state.kept.pop_front() {
            return Demand::HandOut(kept.leased);
        }
        if releases && let Some(kept) = state.kept.pop_front() {
            return Demand::GiveBack(kept.leased);
        }
        if state.closed && state.handed_out == 0 {
            return Demand::End;
        }
        if !waits {
            state.since = None;
            return Demand::Wait(state.kept.front().map(|kept| kept.until));
        }
        // Workers that got their tasks at the same time come back at the same time.
        let until = state.since.map(|since| since + GATHER);
        if state.callers.len() < state.last && until.is_some_and(|until| until > Instant::now()) {
            return Demand::Wait(until);
        }
        state.since = None;
        Demand::Claim(state.callers.len())
    }

    /// A claim had this many tasks.
    pub(super) fn claimed(&self, tasks: usize) {
        self.state().last = tasks;
    }

    /// Hands a task to the first caller that still waits; keeps it if none does.
    pub(super) fn hand_out(self: &Arc<Self>, leased: LeasedTask<T>) {
        self.state().handed_out += 1;
        let mut hand_out = HandOut {
            leased: Some(leased),
            line: Arc::clone(self),
        };
        loop {
            let caller = self.state().callers.pop_front();
            let Some(caller) = caller else {
                // Dropped without the lock: it is kept.
                return;
            };
            let Err(Ok(back)) = caller.send(Ok(hand_out)) else {
                return;
            };
            hand_out = back;
        }
    }

    /// Returns an error to every caller that waits.
    pub(super) fn fail(&self, error: &Error) {
        let callers = std::mem::take(&mut self.state().callers);
        for caller in callers {
            let _dropped = caller.send(Err(error.clone()));
        }
    }

    /// A task was taken by its caller, or was not and is kept.
    fn arrived(&self, left: Option<LeasedTask<T>>) {
        let until = Instant::now() + KEPT;
        let mut state = self.state();
        state.handed_out -= 1;
        state.kept.extend(left.map(|leased| Kept { leased, until }));
        drop(state);
        self.wake.notify_one();
    }

    /// A slot or a task has become free: a pause without tasks ends.
    pub(super) fn freed(&self) {
        self.state().freed = true;
        self.wake.notify_one();
    }

    /// Whether something has become free since the last call.
    pub(super) fn take_freed(&self) -> bool {
        std::mem::take(&mut self.state().freed)
    }

    /// No caller gets a task from now on.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.callers.clear();
        drop(state);
        self.wake.notify_one();
    }
}
