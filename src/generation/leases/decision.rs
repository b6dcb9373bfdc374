//! The decision of a user about a task that may have been submitted.

use chrono::{DateTime, Utc};
use genledger_contract::{Error, ErrorKind, Result, SessionExt, Tx};

use super::failing::{self, Found, failed};
use super::finish::completed;
use super::held::Held;
use super::orphan::orphaned;
use super::progress::{check_remote_id, found};
use super::report::{Failure, GenerationResult};
use super::step::Step;
use crate::generation::change::{Expected, checked, overtaken};
use crate::generation::settings::Settings;
use crate::generation::{
    AttemptOutcome, Edit, ErrorClass, FailureCode, GenerationAttempt, GenerationStatus,
    GenerationTask, SubmitState, TaskReady,
};

/// What a user has found out about a task that may have been submitted.
///
/// ```
/// use genledger::generation::Resolution;
///
/// let resolution = Resolution::Found("remote-1".to_owned());
/// assert_ne!(resolution, Resolution::NotSent);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resolution {
    /// The provider has it under this id, 1 to 100 characters: it is polled again, on the same account.
    Found(String),
    /// The provider has finished it.
    Completed(GenerationResult),
    /// The provider never got it: it is retried.
    NotSent,
    /// It cannot be found out: the task fails with `lib:submit_unknown`.
    GiveUp,
}

impl Resolution {
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Found(remote_task_id) => check_remote_id(remote_task_id),
            Self::Completed(result) => result.check(),
            Self::NotSent | Self::GiveUp => Ok(()),
        }
    }

    /// Whether a task is as this decision leaves it.
    fn is_done<T: GenerationTask>(&self, task: &T) -> bool {
        let state = task.state();
        let code = state.error_code.as_deref();
        match self {
            Self::Found(id) => state.remote_task_id.as_ref() == Some(id),
            Self::Completed(result) => {
                state.generation_status == GenerationStatus::Completed
                    && (task.urls(), task.local_paths()) == (&result.urls, &result.local_paths)
            }
            Self::NotSent => code == Some(FailureCode::TRANSPORT.as_str()),
            Self::GiveUp => code == Some(FailureCode::SUBMIT_UNKNOWN.as_str()),
        }
    }
}

pub(super) async fn resolve<T: GenerationTask>(
    tx: &Tx,
    settings: &Settings,
    id: T::Id,
    edit: &Edit,
    resolution: &Resolution,
    now: DateTime<Utc>,
) -> Result<T> {
    let task = tx.find::<T>(&id).await?;
    let done = |row: &T| {
        let done = row.state().ready != TaskReady::Undecided && resolution.is_done(row);
        Expected {
            deleted: false,
            done,
        }
    };
    let task = match checked(task, edit, done)? {
        Ok(task) => task,
        Err(done) => return Ok(done),
    };
    let state = task.state();
    if state.ready != TaskReady::Undecided {
        let message = "no decision about the task is required";
        return Err(Error::new(ErrorKind::InvalidTransition, message).with_table(T::TABLE.name));
    }
    let attempt = match state.attempt_id {
        Some(id) => tx.find::<GenerationAttempt>(&id).await?,
        None => None,
    };
    let attempt = attempt.filter(|attempt| {
        attempt.outcome.is_none() && attempt.submit_state == SubmitState::Unknown
    });
    let Some(attempt) = attempt else {
        // Another session may have decided since the task was read.
        let now = tx.find::<T>(&id).await?;
        let is_decided = now.is_some_and(|now| now.version() != edit.version);
        return Err(if is_decided {
            overtaken(T::TABLE.name)
        } else {
            Error::version_conflict().with_table(T::TABLE.name)
        });
    };
    let held = Held { attempt, task };
    let step = match resolution {
        Resolution::Found(remote) => found(remote).by(Some(edit)),
        Resolution::Completed(result) => completed(&held, result, now).by(Some(edit)),
        Resolution::NotSent => {
            let state = SubmitState::NotSent;
            let found = Found {
                failure: &Failure::new(FailureCode::TRANSPORT),
                verdict: settings.policy.verdict(ErrorClass::Transport, state),
                state,
                outcome: AttemptOutcome::Failed,
                edit: Some(edit),
            };
            failing::fail(tx, settings, &held, found, now).await?
        }
        Resolution::GiveUp => {
            let mut step = failed(Step::keeps(), now).by(Some(edit));
            step.attempt = orphaned(T::MEDIUM, AttemptOutcome::Cancelled, now)?;
            step.error(&FailureCode::SUBMIT_UNKNOWN, None)
        }
    };
    step.apply(tx, held, now).await
}
