//! The search for an order of the calls on a task.

use std::collections::HashSet;

use genledger::contract::ErrorKind;
use genledger::id::ImageTaskId;

use super::call::{Answer, Call, Verb};
use super::model::Model;

/// A set of calls, by their positions.
type Set = u128;

/// Which calls were ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Past {
    done: Set,
    /// Repetitions that were recognised, and have not read the task yet.
    reading: Set,
    /// Sweeps that have rescued an attempt.
    swept: Set,
    /// The latest beginning of all of them.
    latest: u64,
}

/// The calls on one task.
struct Search<'a> {
    /// In the order in which they began.
    calls: Vec<&'a Call>,
    /// Sweeps, each as often as it can rescue an attempt of this task. None must be used.
    sweeps: Vec<&'a Call>,
    /// What led nowhere.
    visited: HashSet<(Past, Model)>,
    /// The longest order that was found, and the task after it.
    longest: (Vec<usize>, Model),
    order: Vec<usize>,
}

const fn has(set: Set, position: usize) -> bool {
    set >> position & 1 == 1
}

/// Whether a call that changes nothing now would change something later, with the same answer: a report of a lost lease
/// releases the slot of an attempt that was given up.
fn may_release(call: &Call) -> bool {
    let is_report = matches!(call.verb, Verb::Complete(..) | Verb::Fail(..));
    is_report && call.answer == Answer::Refused(ErrorKind::StaleLease)
}

/// Whether the calls on a task have an order; if not, the longest one, and what cannot follow it.
pub(super) fn check(task: ImageTaskId, model: &Model, calls: &[Call]) -> Result<(), String> {
    let mut own: Vec<&Call> = calls
        .iter()
        .filter(|call| call.task == Some(task))
        .collect();
    own.sort_unstable_by_key(|call| call.from);
    let sweeps = calls.iter().filter(|call| call.verb == Verb::Sweep);
    let sweeps: Vec<&Call> = sweeps.flat_map(|call| [call, call]).collect();
    assert!(
        own.len() <= 128 && sweeps.len() <= 128,
        "too many calls for a set"
    );
    let mut search = Search {
        calls: own,
        sweeps,
        visited: HashSet::new(),
        longest: (Vec::new(), model.clone()),
        order: Vec::new(),
    };
    let past = Past {
        done: 0,
        reading: 0,
        swept: 0,
        latest: 0,
    };
    if search.continues(past, model) {
        return Ok(());
    }
    let (order, model) = &search.longest;
    let mut text = format!("the calls on the task {task} have no order. After these\n");
    for position in order.iter().rev().take(12).rev() {
        text += &format!("  {:?}\n", search.calls[*position]);
    }
    text += &format!("it is\n  {model:?}\nand none of these can be next:\n");
    let rest = (0..search.calls.len()).filter(|position| !order.contains(position));
    for position in rest.take(6) {
        text += &format!("  {:?}\n", search.calls[position]);
    }
    Err(text)
}

impl Search<'_> {
    /// Whether the calls that are not done can follow in an order.
    fn continues(&mut self, past: Past, model: &Model) -> bool {
        let left = |position: &usize| !has(past.done, *position);
        let positions: Vec<usize> = (0..self.calls.len()).filter(left).collect();
        if positions.is_empty() {
            return true;
        }
        if !self.visited.insert((past, model.clone())) {
            return false;
        }
        if self.order.len() > self.longest.0.len() {
            self.longest = (self.order.clone(), model.clone());
        }
        // What began after the end of another call cannot come before it.
        let ends = positions.iter().map(|position| self.calls[*position].until);
        let end = ends.min().unwrap_or(u64::MAX);
        let mut next = Vec::new();
        let mut repeated = Vec::new();
        for position in positions {
            let call = self.calls[position];
            if call.from > end {
                break;
            }
            let is_reading = has(past.reading, position);
            let after = if is_reading {
                model.reads(call)
            } else {
                model.apply(call)
            };
            match after {
                // It changes nothing, so it can as well come now, whatever follows.
                Some(after)
                    if after == *model
                        && !may_release(call)
                        && !self.excludes_sweep(call, past) =>
                {
                    return self.take(position, past, model);
                }
                Some(after) => next.push((position, after)),
                None if !is_reading && model.is_repeated(call) => repeated.push(position),
                None => {}
            }
        }
        next.iter()
            .any(|(position, after)| self.take(*position, past, after))
            || repeated
                .iter()
                .any(|position| self.read_later(*position, past, model))
            || (0..self.sweeps.len()).any(|number| self.sweep(number, end, past, model))
    }

    fn take(&mut self, position: usize, past: Past, after: &Model) -> bool {
        let past = Past {
            done: past.done | 1 << position,
            latest: past.latest.max(self.calls[position].from),
            ..past
        };
        self.order.push(position);
        let continues = self.continues(past, after);
        self.order.pop();
        continues
    }

    /// The call is a repetition now, and reads the task later.
    fn read_later(&mut self, position: usize, past: Past, model: &Model) -> bool {
        let past = Past {
            reading: past.reading | 1 << position,
            latest: past.latest.max(self.calls[position].from),
            ..past
        };
        self.continues(past, model)
    }

    /// A sweep rescues an attempt now.
    fn sweep(&mut self, number: usize, end: u64, past: Past, model: &Model) -> bool {
        let sweep = self.sweeps[number];
        let is_second = number % 2 == 1;
        if has(past.swept, number) || is_second && !has(past.swept, number - 1) {
            return false;
        }
        if sweep.from > end || sweep.until < past.latest {
            return false;
        }
        let past = Past {
            swept: past.swept | 1 << number,
            latest: past.latest.max(sweep.from),
            ..past
        };
        let rescues = model.rescues(sweep.clock);
        rescues.iter().any(|after| self.continues(past, after))
    }

    /// Whether a sweep that can come now cannot come after a call.
    fn excludes_sweep(&self, call: &Call, past: Past) -> bool {
        self.sweeps.iter().enumerate().any(|(number, sweep)| {
            !has(past.swept, number) && (past.latest..call.from).contains(&sweep.until)
        })
    }
}
