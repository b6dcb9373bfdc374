//! A task that has ended is generated again.

use chrono::{DateTime, Utc};
use genledger_contract::{Error, Result, SessionExt, Tx};

use super::report::GenerationResult;
use super::step::change_task;
use crate::generation::change::{Expected, checked, overtaken};
use crate::generation::event::{self, TaskEvent};
use crate::generation::settings::Settings;
use crate::generation::{
    AttemptOutcome, Edit, GenerationAttempt, GenerationStatus, GenerationTask, Site,
    StampsColumns as _, SubmitState, TaskReady, TaskStateColumns as _, TextList,
};
use crate::id::ProviderAccountId;

type Time = Option<DateTime<Utc>>;

pub(super) async fn regenerate<T: GenerationTask>(
    tx: &Tx,
    settings: &Settings,
    id: T::Id,
    edit: &Edit,
    now: DateTime<Utc>,
) -> Result<T> {
    let task = tx.find::<T>(&id).await?;
    let done = |row: &T| {
        let is_pending = row.state().generation_status == GenerationStatus::Pending;
        Expected {
            deleted: false,
            done: is_pending && row.state().run > 1,
        }
    };
    let task = match checked(task, edit, done)? {
        Ok(task) => task,
        Err(done) => return Ok(done),
    };
    let state = task.state();
    if !state.generation_status.is_terminal() {
        let error = Error::invalid_transition(state.generation_status, GenerationStatus::Pending);
        return Err(error.with_table(T::TABLE.name));
    }
    let kept = keep(tx, &task).await?;
    let mut changes = vec![
        T::GENERATION_STATUS.set(GenerationStatus::Pending),
        T::READY.set(TaskReady::Fresh),
        T::RUN.plus(1),
        T::RETRY_COUNT.set(0),
        T::HOP_COUNT.set(0),
        T::SITE_SWITCH_COUNT.set(0),
        T::JIMENG_ACCOUNTS_ID.set(None::<ProviderAccountId>),
        T::SITE_USED.set(None::<Site>),
        T::AVOID_ACCOUNT_ID.set(None::<ProviderAccountId>),
        T::REMOTE_TASK_ID.set(None::<String>),
        T::GENERATION_TIME.set(None::<i32>),
        T::NEXT_RETRY_AT.set(None as Time),
        T::STARTED_AT.set(None as Time),
        T::FINISHED_AT.set(None as Time),
        T::ERROR_CODE.set(None::<String>),
        T::ERROR_MESSAGE.set(None::<String>),
        T::URLS.set(TextList::new()),
        T::LOCAL_PATHS.set(TextList::new()),
        T::UPDATE_BY.set(edit.by.clone()),
    ];
    let history = (!kept).then(|| history(settings, &task, now));
    if let Some(history) = &history {
        changes.extend([T::ATTEMPT_ID.set(history.id), T::ATTEMPT_COUNT.plus(1)]);
    }
    let guard = T::VERSION.eq(edit.version);
    let changed = change_task(tx, &task, guard, changes, now).await?;
    let changed = changed.ok_or_else(|| overtaken(T::TABLE.name))?;
    if let Some(history) = &history {
        tx.insert(history).await?;
    }
    let from = Some(task.state().generation_status);
    event::append(tx, TaskEvent::Regenerated, from, &changed, now).await?;
    Ok(changed)
}

/// Keeps the result in the latest attempt, and returns whether there is one.
async fn keep<T: GenerationTask>(tx: &Tx, task: &T) -> Result<bool> {
    let Some(id) = task.state().attempt_id else {
        return Ok(false);
    };
    if task.urls().is_empty() && task.local_paths().is_empty() {
        return Ok(tx.find::<GenerationAttempt>(&id).await?.is_some());
    }
    let result = GenerationResult::kept(task.urls(), task.local_paths());
    let changes = [GenerationAttempt::RESULT.set(result)];
    let closed = GenerationAttempt::OUTCOME.is_not_null();
    tx.update_if::<GenerationAttempt>(&id, closed, changes)
        .await
}

/// What a task without an attempt was before it is generated again.
fn history<T: GenerationTask>(
    settings: &Settings,
    task: &T,
    now: DateTime<Utc>,
) -> GenerationAttempt {
    let state = task.state();
    GenerationAttempt {
        id: settings.ids.generate(),
        media: T::MEDIUM,
        task_id: Some(task.id().into()),
        attempt_no: Some(state.attempt_count.saturating_add(1)),
        account_id: state.jimeng_accounts_id,
        account_seq: 0,
        site: state.site_used,
        seq: state.lease_seq,
        holder: "history".to_owned(),
        claim_token: None,
        submit_state: SubmitState::NotSent,
        submitted_at: None,
        remote_task_id: state.remote_task_id.clone(),
        probe_until_at: None,
        started_at: state.started_at,
        expires_at: None,
        outcome: Some(AttemptOutcome::History),
        ended_at: Some(now),
        error_code: state.error_code.clone(),
        error_message: state.error_message.clone(),
        result: Some(GenerationResult::kept(task.urls(), task.local_paths())),
        evidence: None,
    }
}
