//! Changes of a task by its users.

use genledger::contract::ErrorKind;
use genledger::generation::{
    AttemptOutcome, ErrorClass, FailureCode, GenerationStatus, Resolution, SubmitState, TaskReady,
    Verdict,
};

use super::{Attempt, LONGEST_WORK, Model, Outcome};
use crate::history::call::{Answer, Change, Hold};

impl Model {
    /// Whether a change was made already; its errors otherwise.
    fn changed(&self, change: &Change, is_deleted: bool, is_done: bool) -> Result<bool, ErrorKind> {
        let row = &self.row;
        if is_done && row.version == change.version + 1 && row.by.as_ref() == Some(&change.by) {
            return Ok(true);
        }
        if row.is_deleted != is_deleted {
            return Err(ErrorKind::NotFound);
        }
        if row.version != change.version {
            return Err(ErrorKind::VersionConflict);
        }
        Ok(false)
    }

    fn by(&mut self, change: &Change) {
        self.row.by = Some(change.by.clone());
    }

    pub(super) fn resolve(
        &mut self,
        change: &Change,
        resolution: &Resolution,
        clock: (i64, i64),
    ) -> Outcome {
        let row = &self.row;
        let code = row.error.as_deref();
        let is_done = match resolution {
            Resolution::Found(remote) => row.remote.as_ref() == Some(remote),
            Resolution::Completed(result) => {
                row.status == GenerationStatus::Completed && row.urls == result.urls.items()
            }
            Resolution::NotSent => code == Some(FailureCode::TRANSPORT.as_str()),
            _ => code == Some(FailureCode::SUBMIT_UNKNOWN.as_str()),
        };
        let is_undecided = row.ready == TaskReady::Undecided;
        if self.changed(change, false, is_done && !is_undecided)? {
            return Ok(());
        }
        if !is_undecided {
            return Err(ErrorKind::InvalidTransition);
        }
        let attempt = self.row.attempt.unwrap();
        let hold = Hold {
            attempt,
            seq: self.attempts[&attempt].seq,
        };
        match resolution {
            Resolution::Found(remote) => self.found(hold, remote),
            Resolution::Completed(result) => self.completed(hold, &result.urls.items()[0]),
            Resolution::NotSent => {
                let code = FailureCode::TRANSPORT;
                let verdict = Verdict::standard(ErrorClass::Transport, SubmitState::NotSent).task;
                self.failed(hold, AttemptOutcome::Failed, &code, verdict, clock.0);
            }
            _ => {
                self.orphaned(hold, clock);
                self.error(hold, &FailureCode::SUBMIT_UNKNOWN);
                self.row.version += 1;
                self.status(GenerationStatus::Failed, TaskReady::No);
            }
        }
        self.by(change);
        Ok(())
    }

    fn orphaned(&mut self, hold: Hold, clock: (i64, i64)) {
        let attempt = self.attempt(hold);
        attempt.outcome = Some(AttemptOutcome::Cancelled);
        attempt.expires_at = Some(clock.0 + LONGEST_WORK);
    }

    /// Cancelled, or given up.
    pub(super) fn end(&mut self, change: &Change, is_given_up: bool, clock: (i64, i64)) -> Outcome {
        let code = if is_given_up {
            FailureCode::GIVEN_UP
        } else {
            FailureCode::CANCELLED
        };
        let row = &self.row;
        let is_same = is_given_up || row.error.as_deref() == Some(code.as_str());
        let is_failed = row.status == GenerationStatus::Failed;
        if self.changed(change, false, is_failed && is_same)? {
            return Ok(());
        }
        let is_retrying = row.status == GenerationStatus::Retrying;
        if row.status.is_terminal() || is_given_up && !is_retrying {
            return Err(ErrorKind::InvalidTransition);
        }
        let open = row.attempt.filter(|id| self.attempts[id].outcome.is_none());
        if let Some(attempt) = open {
            let found = &self.attempts[&attempt];
            let hold = Hold {
                attempt,
                seq: found.seq,
            };
            if found.submit == SubmitState::NotSent {
                self.ended(hold, AttemptOutcome::Cancelled);
            } else {
                self.orphaned(hold, clock);
            }
        }
        if !is_given_up || self.row.error.is_none() {
            self.row.error = Some(code.as_str().to_owned());
        }
        self.row.version += 1;
        self.status(GenerationStatus::Failed, TaskReady::No);
        self.by(change);
        Ok(())
    }

    pub(super) fn regenerate(&mut self, change: &Change, answer: &Answer) -> Outcome {
        let is_pending = self.row.status == GenerationStatus::Pending;
        if self.changed(change, false, is_pending && self.row.run > 1)? {
            return Ok(());
        }
        if !self.row.status.is_terminal() {
            return Err(ErrorKind::InvalidTransition);
        }
        match self.row.attempt {
            Some(id) => {
                if !self.row.urls.is_empty() {
                    let urls = self.row.urls.clone();
                    self.attempts.get_mut(&id).unwrap().kept = Some(urls);
                }
            }
            // What the task was is kept in an attempt of its own.
            None => {
                if let Answer::Task(row) = answer
                    && let Some(id) = row.attempt
                {
                    let attempt = Attempt {
                        seq: self.row.lease_seq,
                        submit: SubmitState::NotSent,
                        outcome: Some(AttemptOutcome::History),
                        has_ended: true,
                        expires_at: None,
                        remote: None,
                        error: self.row.error.clone(),
                        kept: Some(Vec::new()),
                        token: None,
                    };
                    self.attempts.insert(id, attempt);
                    self.row.attempt = Some(id);
                    self.row.attempt_count += 1;
                }
            }
        }
        self.status(GenerationStatus::Pending, TaskReady::Fresh);
        self.row.run += 1;
        self.row.version += 1;
        (self.row.retries, self.row.hops) = (0, 0);
        (self.row.account, self.row.remote) = (None, None);
        self.row.error = None;
        self.row.urls.clear();
        self.by(change);
        Ok(())
    }

    pub(super) fn delete(&mut self, change: &Change) -> Outcome {
        if self.changed(change, false, self.row.is_deleted)? {
            return Ok(());
        }
        let idle = [TaskReady::No, TaskReady::Fresh, TaskReady::Waits];
        let is_processing = self.row.status == GenerationStatus::Processing;
        if is_processing || !idle.contains(&self.row.ready) {
            return Err(ErrorKind::InvalidTransition);
        }
        (self.row.is_deleted, self.row.ready) = (true, TaskReady::No);
        self.row.version += 1;
        self.by(change);
        Ok(())
    }

    pub(super) fn restore(&mut self, change: &Change) -> Outcome {
        if self.changed(change, true, !self.row.is_deleted)? {
            return Ok(());
        }
        self.row.is_deleted = false;
        match self.row.status {
            GenerationStatus::Pending => self.row.ready = TaskReady::Fresh,
            GenerationStatus::Retrying => (self.row.ready, self.due) = (TaskReady::Waits, 0),
            _ => {}
        }
        self.row.version += 1;
        self.by(change);
        Ok(())
    }

    pub(super) fn set_priority(&mut self, change: &Change, priority: i32) -> Outcome {
        let is_done = !self.row.is_deleted && self.row.priority == priority;
        if self.changed(change, false, is_done)? {
            return Ok(());
        }
        self.row.priority = priority;
        self.row.version += 1;
        self.by(change);
        Ok(())
    }
}
