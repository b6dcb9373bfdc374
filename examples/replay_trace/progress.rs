//! A line with the progress of a long step.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// How often the line is drawn, at most.
const INTERVAL: Duration = Duration::from_millis(100);
const WIDTH: u64 = 30;

/// Draws a bar, a count and a rate on a terminal, and nothing elsewhere.
#[derive(Debug)]
pub(crate) struct Progress {
    total: u64,
    done: u64,
    started: Instant,
    drawn: Option<Instant>,
    watched: bool,
}

impl Progress {
    /// For a step with this many rows; 0 when unknown.
    pub(crate) fn new(total: u64) -> Self {
        Self {
            total,
            done: 0,
            started: Instant::now(),
            drawn: None,
            watched: stderr().is_terminal(),
        }
    }

    /// Adds this many rows.
    pub(crate) fn advance(&mut self, rows: usize) {
        self.done += u64::try_from(rows).unwrap_or(u64::MAX);
        if self.watched && self.drawn.is_none_or(|drawn| drawn.elapsed() >= INTERVAL) {
            self.drawn = Some(Instant::now());
            let done = super::table::number(self.done);
            let rate = super::table::number(self.rate());
            // A closed terminal must not stop the program.
            drop(write!(
                stderr(),
                "\r  {} {done} rows, {rate}/s ",
                self.bar()
            ));
        }
    }

    /// Ends the step: clears the line and returns the rate in rows a second.
    pub(crate) fn finish(self) -> u64 {
        if self.drawn.is_some() {
            drop(write!(stderr(), "\r{:80}\r", ""));
        }
        self.rate()
    }

    fn rate(&self) -> u64 {
        let micros = self.started.elapsed().as_micros().max(1);
        u64::try_from(u128::from(self.done) * 1_000_000 / micros).unwrap_or(u64::MAX)
    }

    fn bar(&self) -> String {
        if self.total == 0 {
            return String::new();
        }
        let full = (self.done.min(self.total) * WIDTH / self.total).min(WIDTH);
        let cells = |cell: &str, count: u64| cell.repeat(usize::try_from(count).unwrap_or(0));
        format!("[{}{}]", cells("█", full), cells("·", WIDTH - full))
    }
}
