//! The rules of a task and its attempts, one call after the other.

mod edits;

use std::collections::BTreeMap;

use genledger::chrono::DateTime;
use genledger::contract::ErrorKind;
use genledger::generation::{
    AttemptOutcome, Continuation, ErrorClass, FailureCode, GenerationStatus, RetryState,
    SubmitState, TaskReady, TaskVerdict, UseEnd, Verdict,
};
use genledger::id::GenerationAttemptId;
use genledger::uuid::Uuid;

use super::call::{Answer, Call, Hold, LastState, Leased, Row, Verb};

/// After how many milliseconds an expired lease is swept. The sweep counts the clock on while it runs.
pub(super) const GRACE: i64 = 5_000 - 1_000;

/// How long a slot is kept after the end of a task that the provider may work on.
const LONGEST_WORK: i64 = 10 * 60 * 1_000;

/// The retries of an account.
const RETRIES: i32 = 4;

type Outcome = Result<(), ErrorKind>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Attempt {
    seq: i64,
    submit: SubmitState,
    outcome: Option<AttemptOutcome>,
    has_ended: bool,
    /// The end of the lease or of the slot; the earliest one if it is not known exactly.
    expires_at: Option<i64>,
    remote: Option<String>,
    error: Option<String>,
    /// The result, after the task was generated again.
    kept: Option<Vec<String>>,
    token: Option<Uuid>,
}

/// A task and its attempts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Model {
    row: Row,
    /// When a task that waits becomes ready, at the earliest.
    due: i64,
    attempts: BTreeMap<GenerationAttemptId, Attempt>,
}

impl Model {
    /// A task that was submitted.
    pub(super) const fn new(row: Row) -> Self {
        let attempts = BTreeMap::new();
        Self {
            row,
            due: 0,
            attempts,
        }
    }

    /// The task after a call, if the answer is the one of the model.
    pub(super) fn apply(&self, call: &Call) -> Option<Self> {
        let mut next = self.clone();
        let outcome = next.run(call);
        let is_answer = match (outcome, &call.answer) {
            (Err(kind), Answer::Refused(refused)) => kind == *refused,
            (Ok(()), Answer::Task(row)) => next.agrees(row, call.clock.1),
            (Ok(()), Answer::Leased(leased)) => next.agrees(&leased.row, call.clock.1),
            (Ok(()), Answer::Attempts(found)) => next.last_states().eq(found.iter().cloned()),
            (Ok(()), Answer::Done | Answer::Expires(_)) => true,
            _ => false,
        };
        is_answer.then_some(next)
    }

    /// Whether a call by a holder is a repetition. Then its row is the one of today, which is read afterwards, and
    /// other calls can come between.
    pub(super) fn is_repeated(&self, call: &Call) -> bool {
        use Verb::{Claim, Complete, Fail, Release, Unknown};
        let by_holder = matches!(
            call.verb,
            Claim { .. } | Complete(..) | Fail(..) | Unknown(_) | Release(_)
        );
        let mut next = self.clone();
        by_holder && next.run(call) == Ok(()) && next == *self
    }

    /// The task, if the row that a call has read is the one of the model.
    pub(super) fn reads(&self, call: &Call) -> Option<Self> {
        let mut next = self.clone();
        let row = match &call.answer {
            Answer::Task(row) => row,
            Answer::Leased(leased) => &leased.row,
            _ => return None,
        };
        next.agrees(row, call.clock.1).then_some(next)
    }

    /// The task after a sweep, for each attempt that it may have found.
    pub(super) fn rescues(&self, clock: (i64, i64)) -> Vec<Self> {
        let expired = self
            .attempts
            .iter()
            .filter(|(_, attempt)| attempt.expires_at.is_some_and(|at| at + GRACE <= clock.1));
        let rescued = expired.map(|(id, _)| {
            let mut next = self.clone();
            next.rescue(*id, clock.0);
            next
        });
        rescued.collect()
    }

    /// Whether the row is this one. A task that has waited becomes ready at any time, without another version.
    fn agrees(&mut self, row: &Row, clock: i64) -> bool {
        let promoted = match self.row.ready {
            TaskReady::Waits => TaskReady::Fresh,
            TaskReady::WaitsToResume => TaskReady::Resume,
            ready => ready,
        };
        if row.ready == promoted && self.due <= clock {
            self.row.ready = promoted;
        }
        self.row == *row
    }

    fn last_states(&self) -> impl Iterator<Item = LastState> {
        self.attempts.iter().map(|(id, attempt)| LastState {
            id: *id,
            seq: attempt.seq,
            submit: attempt.submit.code(),
            outcome: attempt.outcome.map(|outcome| outcome.code()),
            has_ended: attempt.has_ended,
            expires: attempt.expires_at.is_some(),
        })
    }

    fn run(&mut self, call: &Call) -> Outcome {
        let (clock, answer) = (call.clock, &call.answer);
        match &call.verb {
            Verb::Claim { token } => self.claim(*token, answer, clock),
            Verb::Start(hold) => self.start(*hold),
            Verb::Submitted(hold, remote) => self.submitted(*hold, remote),
            Verb::Heartbeat(hold, length) => self.heartbeat(*hold, *length, answer, clock),
            Verb::Complete(hold, url) => self.complete(*hold, url),
            Verb::Fail(hold, code) => self.fail(*hold, code, clock),
            Verb::Unknown(hold) => self.unknown(*hold),
            Verb::Release(hold) => self.release(*hold),
            Verb::Resolve(change, resolution) => self.resolve(change, resolution, clock),
            Verb::Cancel(change) => self.end(change, false, clock),
            Verb::GiveUp(change) => self.end(change, true, clock),
            Verb::Regenerate(change) => self.regenerate(change, answer),
            Verb::Delete(change) => self.delete(change),
            Verb::Restore(change) => self.restore(change),
            Verb::SetPriority(change, priority) => self.set_priority(change, *priority),
            Verb::Get | Verb::Attempts | Verb::Sweep => Ok(()),
        }
    }

    fn claim(&mut self, token: Uuid, answer: &Answer, clock: (i64, i64)) -> Outcome {
        let Answer::Leased(leased) = answer else {
            return Err(ErrorKind::Other);
        };
        let Leased { hold, .. } = **leased;
        let is_due = self.due <= clock.1;
        let found = self.attempts.get_mut(&hold.attempt);
        if let Some(attempt) = found {
            let same = attempt.expires_at == Some(leased.expires_at) && attempt.seq == hold.seq;
            if attempt.token == Some(token) && attempt.outcome.is_none() && same {
                return Ok(());
            }
            // Resumed.
            let ready = self.row.ready;
            let is_ready =
                ready == TaskReady::Resume || ready == TaskReady::WaitsToResume && is_due;
            let is_free = attempt.outcome.is_none() && attempt.expires_at.is_none();
            let is_latest = self.row.attempt == Some(hold.attempt);
            if !is_ready || !is_free || !is_latest || attempt.submit != SubmitState::Accepted {
                return Err(ErrorKind::Other);
            }
            attempt.seq += 1;
            attempt.token = Some(token);
            attempt.expires_at = Some(leased.expires_at);
        } else {
            let ready = self.row.ready;
            let is_ready = ready == TaskReady::Fresh || ready == TaskReady::Waits && is_due;
            if !is_ready || self.row.is_deleted || leased.submit != SubmitState::NotSent {
                return Err(ErrorKind::Other);
            }
            let attempt = Attempt {
                seq: self.row.lease_seq + 1,
                submit: SubmitState::NotSent,
                outcome: None,
                has_ended: false,
                expires_at: Some(leased.expires_at),
                remote: None,
                error: None,
                kept: None,
                token: Some(token),
            };
            self.attempts.insert(hold.attempt, attempt);
            self.row.attempt = Some(hold.attempt);
            self.row.attempt_count += 1;
            self.row.account = Some(leased.account);
            self.row.remote = None;
        }
        self.row.lease_seq += 1;
        self.row.version += 1;
        self.status(GenerationStatus::Processing, TaskReady::No);
        if self.attempts[&hold.attempt].seq == hold.seq {
            Ok(())
        } else {
            Err(ErrorKind::Other)
        }
    }

    fn status(&mut self, status: GenerationStatus, ready: TaskReady) {
        (self.row.status, self.row.ready) = (status, ready);
    }

    fn attempt(&mut self, hold: Hold) -> &mut Attempt {
        self.attempts.get_mut(&hold.attempt).unwrap()
    }

    fn is_current(&self, hold: Hold) -> bool {
        let attempt = &self.attempts[&hold.attempt];
        attempt.outcome.is_none() && attempt.seq == hold.seq && attempt.expires_at.is_some()
    }

    fn is_detached(&self, hold: Hold) -> bool {
        let attempt = &self.attempts[&hold.attempt];
        attempt.outcome.is_none() && attempt.expires_at.is_none() && attempt.seq == hold.seq + 1
    }

    /// That the task is not deleted and the lease holds. A report of the end of an attempt that was given up
    /// releases its slot.
    fn check(&mut self, hold: Hold, is_end: bool) -> Outcome {
        if self.row.is_deleted {
            return Err(ErrorKind::NotFound);
        }
        if self.is_current(hold) {
            return Ok(());
        }
        let attempt = self.attempt(hold);
        if is_end && attempt.outcome.is_some() && !attempt.has_ended {
            (attempt.has_ended, attempt.expires_at) = (true, None);
        }
        Err(ErrorKind::StaleLease)
    }

    fn start(&mut self, hold: Hold) -> Outcome {
        if self.is_current(hold) && self.attempt(hold).submit == SubmitState::Sent {
            return Ok(());
        }
        self.check(hold, false)?;
        let attempt = self.attempt(hold);
        if attempt.submit != SubmitState::NotSent {
            return Err(ErrorKind::InvalidTransition);
        }
        attempt.submit = SubmitState::Sent;
        Ok(())
    }

    fn submitted(&mut self, hold: Hold, remote: &str) -> Outcome {
        let attempt = self.attempt(hold);
        if attempt.submit == SubmitState::Accepted && attempt.remote.as_deref() == Some(remote) {
            return Ok(());
        }
        let is_unknown = attempt.submit == SubmitState::Unknown;
        if !self.row.is_deleted && self.is_detached(hold) && is_unknown {
            self.found(hold, remote);
            return Ok(());
        }
        self.check(hold, false)?;
        match self.attempt(hold).submit {
            SubmitState::Sent => {}
            SubmitState::NotSent => return Err(ErrorKind::Invalid),
            SubmitState::Accepted => return Err(ErrorKind::VersionConflict),
            _ => return Err(ErrorKind::InvalidTransition),
        }
        self.accepted(hold, remote);
        Ok(())
    }

    fn accepted(&mut self, hold: Hold, remote: &str) {
        let attempt = self.attempt(hold);
        (attempt.submit, attempt.remote) = (SubmitState::Accepted, Some(remote.to_owned()));
        self.row.remote = Some(remote.to_owned());
        self.row.version += 1;
    }

    fn found(&mut self, hold: Hold, remote: &str) {
        self.accepted(hold, remote);
        self.status(GenerationStatus::Retrying, TaskReady::Resume);
    }

    fn heartbeat(
        &mut self,
        hold: Hold,
        length: i64,
        answer: &Answer,
        clock: (i64, i64),
    ) -> Outcome {
        self.check(hold, false)?;
        let Answer::Expires(expires_at) = *answer else {
            return Err(ErrorKind::Other);
        };
        let attempt = self.attempt(hold);
        let range = clock.0 + length..=clock.1 + length;
        let stays = attempt.expires_at == Some(expires_at) && expires_at >= *range.start();
        let extends = attempt.expires_at < Some(expires_at) && range.contains(&expires_at);
        attempt.expires_at = Some(expires_at);
        if stays || extends {
            Ok(())
        } else {
            Err(ErrorKind::Other)
        }
    }

    fn complete(&mut self, hold: Hold, url: &str) -> Outcome {
        let attempt = &self.attempts[&hold.attempt];
        if attempt.outcome == Some(AttemptOutcome::Succeeded) {
            let is_latest = self.row.attempt == Some(hold.attempt);
            let result = match &attempt.kept {
                Some(kept) => Some(kept),
                None => is_latest.then_some(&self.row.urls),
            };
            if result.is_some_and(|urls| *urls == [url]) {
                return Ok(());
            }
        }
        self.check(hold, true)?;
        if self.attempt(hold).submit == SubmitState::NotSent {
            return Err(ErrorKind::Invalid);
        }
        self.completed(hold, url);
        Ok(())
    }

    fn ended(&mut self, hold: Hold, outcome: AttemptOutcome) -> &mut Attempt {
        let attempt = self.attempt(hold);
        (attempt.outcome, attempt.has_ended) = (Some(outcome), true);
        attempt.expires_at = None;
        attempt
    }

    fn completed(&mut self, hold: Hold, url: &str) {
        self.ended(hold, AttemptOutcome::Succeeded);
        self.row.urls = vec![url.to_owned()];
        self.row.error = None;
        self.row.version += 1;
        self.status(GenerationStatus::Completed, TaskReady::No);
    }

    fn fail(&mut self, hold: Hold, code: &FailureCode, clock: (i64, i64)) -> Outcome {
        let attempt = &self.attempts[&hold.attempt];
        let is_failure = matches!(
            attempt.outcome,
            Some(AttemptOutcome::Failed | AttemptOutcome::LeaseLost)
        );
        let is_repeated = is_failure && attempt.seq == hold.seq || self.is_detached(hold);
        if is_repeated && attempt.error.as_deref() == Some(code.as_str()) {
            return Ok(());
        }
        self.check(hold, true)?;
        let verdict = Verdict::standard(code.class(), self.attempt(hold).submit).task;
        self.failed(hold, AttemptOutcome::Failed, code, verdict, clock.0);
        Ok(())
    }

    /// `now` is the earliest time of the failure.
    fn failed(
        &mut self,
        hold: Hold,
        outcome: AttemptOutcome,
        code: &FailureCode,
        verdict: TaskVerdict,
        now: i64,
    ) {
        let end = UseEnd::at(DateTime::from_timestamp_millis(now).unwrap());
        let retries = RetryState {
            retry_count: self.row.retries,
            hop_count: self.row.hops,
            max_retry_count: RETRIES,
        };
        let continuation = match verdict {
            TaskVerdict::SubmitUnknown => {
                self.undecided(hold);
                self.error(hold, code);
                return;
            }
            TaskVerdict::Park { wait } => {
                self.park(hold);
                self.row.ready = TaskReady::WaitsToResume;
                self.due = now + wait.num_milliseconds();
                self.error(hold, code);
                return;
            }
            TaskVerdict::Final => Continuation::Final,
            TaskVerdict::Retry => retries.retry(&end),
            TaskVerdict::Hop { wait } => retries.hop(wait, &end),
        };
        self.ended(hold, outcome);
        self.error(hold, code);
        self.row.version += 1;
        match continuation {
            Continuation::Final => self.status(GenerationStatus::Failed, TaskReady::No),
            Continuation::At {
                next_retry_at,
                retry_count,
                hop_count,
                ..
            } => {
                (self.row.retries, self.row.hops) = (retry_count, hop_count);
                self.due = next_retry_at.timestamp_millis();
                self.status(GenerationStatus::Retrying, TaskReady::Waits);
            }
        }
    }

    fn error(&mut self, hold: Hold, code: &FailureCode) {
        let code = Some(code.as_str().to_owned());
        self.attempt(hold).error.clone_from(&code);
        self.row.error = code;
    }

    fn detach(&mut self, hold: Hold) {
        let attempt = self.attempt(hold);
        attempt.seq += 1;
        attempt.expires_at = None;
        self.row.lease_seq += 1;
        self.row.version += 1;
    }

    fn undecided(&mut self, hold: Hold) {
        self.detach(hold);
        self.attempt(hold).submit = SubmitState::Unknown;
        self.row.ready = TaskReady::Undecided;
    }

    fn park(&mut self, hold: Hold) {
        self.detach(hold);
        self.status(GenerationStatus::Retrying, TaskReady::Resume);
    }

    fn unknown(&mut self, hold: Hold) -> Outcome {
        if self.is_detached(hold) && self.attempt(hold).submit == SubmitState::Unknown {
            return Ok(());
        }
        self.check(hold, false)?;
        match self.attempt(hold).submit {
            SubmitState::Sent => self.undecided(hold),
            SubmitState::NotSent => return Err(ErrorKind::Invalid),
            _ => return Err(ErrorKind::InvalidTransition),
        }
        Ok(())
    }

    fn release(&mut self, hold: Hold) -> Outcome {
        let attempt = self.attempt(hold);
        let is_released =
            attempt.seq == hold.seq && attempt.outcome == Some(AttemptOutcome::Released);
        if is_released || self.is_detached(hold) {
            return Ok(());
        }
        self.check(hold, false)?;
        match self.attempt(hold).submit {
            SubmitState::NotSent => {
                self.ended(hold, AttemptOutcome::Released);
                self.row.version += 1;
                self.status(GenerationStatus::Retrying, TaskReady::Fresh);
            }
            SubmitState::Sent => self.undecided(hold),
            _ => self.park(hold),
        }
        Ok(())
    }

    fn rescue(&mut self, id: GenerationAttemptId, now: i64) {
        let attempt = &self.attempts[&id];
        let hold = Hold {
            attempt: id,
            seq: attempt.seq,
        };
        if attempt.outcome.is_some() {
            let attempt = self.attempt(hold);
            (attempt.has_ended, attempt.expires_at) = (true, None);
            return;
        }
        match attempt.submit {
            SubmitState::NotSent => {
                let verdict = Verdict::standard(ErrorClass::Timeout, SubmitState::NotSent).task;
                let (lost, code) = (AttemptOutcome::LeaseLost, FailureCode::LEASE_LOST);
                self.failed(hold, lost, &code, verdict, now);
            }
            SubmitState::Sent => self.undecided(hold),
            _ => self.park(hold),
        }
    }
}
