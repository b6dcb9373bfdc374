//! A fake database that stores numbers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use genledger_contract::{Error, ErrorKind, Result};

use crate::connection::unavailable;
use crate::{Blocking, Interrupt, Readers, Writer, WriterLimits};

/// A number whose insert ends the transaction with an error.
pub(super) const ENDS: i64 = -1;

/// The outcome of the next commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Outcome {
    #[default]
    Committed,
    /// Nothing was stored.
    Refused,
    /// Nothing was stored, and then another process holds the lock.
    RefusedThenLocked,
    Unknown,
}

#[derive(Debug, Default)]
struct State {
    stored: Vec<i64>,
    next_commit: Outcome,
    locked: bool,
    rollbacks_fail: bool,
    openings_fail: bool,
    commits: u32,
    begun: u32,
    /// The name of the thread of the last BEGIN that could wait.
    waited_on: Option<String>,
    rolled_back: u32,
    opened: u32,
    log: u64,
}

/// The database; a clone is the same one.
#[derive(Clone, Debug, Default)]
pub(super) struct FakeDatabase(Arc<Mutex<State>>);

impl FakeDatabase {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_commit_outcome(&self, outcome: Outcome) {
        self.state().next_commit = outcome;
    }

    pub(super) fn rollbacks_fail(&self) {
        self.state().rollbacks_fail = true;
    }

    pub(super) fn openings_fail(&self, fail: bool) {
        self.state().openings_fail = fail;
    }

    pub(super) fn grow(&self, by: u64) {
        self.state().log += by;
    }

    pub(super) fn stored(&self) -> Vec<i64> {
        self.state().stored.clone()
    }

    pub(super) fn commits(&self) -> u32 {
        self.state().commits
    }

    pub(super) fn begun(&self) -> u32 {
        self.state().begun
    }

    pub(super) fn waited_on(&self) -> Option<String> {
        self.state().waited_on.clone()
    }

    pub(super) fn rolled_back(&self) -> u32 {
        self.state().rolled_back
    }

    pub(super) fn lock(&self) {
        self.state().locked = true;
    }

    pub(super) fn opened(&self) -> u32 {
        self.state().opened
    }

    pub(super) fn log(&self) -> u64 {
        self.state().log
    }

    fn open(&self) -> Result<Fake> {
        let mut state = self.state();
        if state.openings_fail {
            return Err(unavailable("no more files"));
        }
        state.opened += 1;
        Ok(Fake::new(self))
    }
}

/// Two readers and the writer.
pub(super) fn writer(
    world: &FakeDatabase,
    limits: WriterLimits,
) -> (Writer<Fake>, Arc<Readers<Fake>>) {
    let read = world.clone();
    let readers = Readers::new(2, limits.acquire, move || Ok(Fake::new(&read)));
    let open = world.clone();
    let writer = Writer::start("fake", &readers, limits, move || open.open(), drop);
    (writer.unwrap(), Arc::new(readers))
}

/// A connection to the database.
pub(super) struct Fake {
    world: FakeDatabase,
    /// The numbers that the open transaction has inserted.
    pending: Option<Vec<i64>>,
    /// The length of `pending` when the savepoint was set.
    savepoint: Option<usize>,
    interrupted: Arc<AtomicBool>,
}

impl Fake {
    fn new(world: &FakeDatabase) -> Self {
        Self {
            world: world.clone(),
            pending: None,
            savepoint: None,
            interrupted: Arc::default(),
        }
    }

    /// Whether the running statement was interrupted.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    pub(super) fn insert(&mut self, number: i64) -> Result<()> {
        if number == ENDS {
            self.pending = None;
            self.savepoint = None;
            return Err(unavailable("the disk is full"));
        }
        let pending = self.pending.as_mut().ok_or_else(no_transaction)?;
        if pending.contains(&number) || self.world.state().stored.contains(&number) {
            return Err(Error::new(ErrorKind::UniqueViolation, "it is taken"));
        }
        pending.push(number);
        Ok(())
    }
}

fn no_transaction() -> Error {
    Error::new(ErrorKind::Other, "no transaction is open")
}

impl Blocking for Fake {
    fn begin(&mut self) -> Result<()> {
        let thread = std::thread::current().name().map(str::to_owned);
        self.world.state().waited_on = thread;
        if !self.try_begin()? {
            self.world.state().begun += 1;
            return Err(Error::new(ErrorKind::SerializationFailure, "locked"));
        }
        Ok(())
    }

    fn try_begin(&mut self) -> Result<bool> {
        let mut state = self.world.state();
        if state.locked {
            return Ok(false);
        }
        state.begun += 1;
        assert!(self.pending.is_none(), "a transaction is open");
        self.pending = Some(Vec::new());
        Ok(true)
    }

    fn commit(&mut self) -> Result<()> {
        let mut state = self.world.state();
        state.commits += 1;
        let refused = Err(Error::new(ErrorKind::Invalid, "a deferred check failed"));
        match std::mem::take(&mut state.next_commit) {
            Outcome::Committed => {
                state
                    .stored
                    .extend(self.pending.take().ok_or_else(no_transaction)?);
                Ok(())
            }
            Outcome::Refused => refused,
            Outcome::RefusedThenLocked => {
                state.locked = true;
                refused
            }
            Outcome::Unknown => Err(Error::new(ErrorKind::OutcomeUnknown, "the disk failed")),
        }
    }

    fn roll_back(&mut self) -> Result<()> {
        if std::mem::take(&mut self.world.state().rollbacks_fail) {
            return Err(no_transaction());
        }
        if self.pending.take().is_some() {
            self.world.state().rolled_back += 1;
        }
        self.savepoint = None;
        Ok(())
    }

    fn in_transaction(&self) -> bool {
        self.pending.is_some()
    }

    fn set_savepoint(&mut self) -> Result<()> {
        self.savepoint = Some(self.pending.as_ref().ok_or_else(no_transaction)?.len());
        Ok(())
    }

    fn roll_back_to_savepoint(&mut self) -> Result<()> {
        let savepoint = self.savepoint.ok_or_else(no_transaction)?;
        self.pending
            .as_mut()
            .ok_or_else(no_transaction)?
            .truncate(savepoint);
        Ok(())
    }

    fn release_savepoint(&mut self) -> Result<()> {
        self.savepoint.take().map(drop).ok_or_else(no_transaction)
    }

    fn interrupt(&self) -> Interrupt {
        let interrupted = Arc::clone(&self.interrupted);
        Box::new(move || interrupted.store(true, Ordering::Relaxed))
    }

    fn log_length(&self) -> u64 {
        self.world.state().log
    }

    fn shorten_log(&mut self) -> bool {
        self.world.state().log = 0;
        true
    }
}
