//! The events of tasks in the outbox.

use chrono::{DateTime, Utc};
use genledger_contract::{Error, Result, SessionExt, Tx};
use serde::Serialize;

use super::{GenerationStatus, GenerationTask, Site};
use crate::id::ProviderAccountId;
use crate::json::JsonObject;
use crate::outbox::{NewOutboxEvent, OutboxEvent};

/// The most bytes of a payload; of a longer one, the URLs and paths are left out.
const MAX_BYTES: usize = 64 * 1024;

/// The origin of a change that was made with this library.
const LOCAL: &str = "local";

/// The origin of a change that came from another system.
const INBOUND: &str = "inbound";

/// What happened to a task.
#[derive(Clone, Copy, Debug)]
pub(super) enum TaskEvent {
    Created,
    Deleted,
    Restored,
    StatusChanged,
    SubmitUnknown,
    Regenerated,
    /// Columns that another system has changed.
    Changed,
}

impl TaskEvent {
    const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::StatusChanged => "status_changed",
            Self::SubmitUnknown => "submit_unknown",
            Self::Regenerated => "regenerated",
            Self::Changed => "changed",
        }
    }
}

/// The payload: no session ids, and no media inside of `data:` URLs.
#[derive(Serialize)]
struct Payload<'a> {
    v: u8,
    id: String,
    kind: &'static str,
    project_id: &'a str,
    storyboard_id: &'a str,
    work_id: &'a str,
    run: i32,
    version: i64,
    from: Option<GenerationStatus>,
    to: GenerationStatus,
    account_id: Option<ProviderAccountId>,
    site: Option<Site>,
    error_code: Option<&'a str>,
    urls: Vec<&'a str>,
    paths: Vec<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    urls_omitted: bool,
    callback_url: Option<&'a str>,
    at: i64,
    origin: &'static str,
}

/// Appends the event of a change to the outbox, in the transaction of the change.
pub(super) async fn append<T: GenerationTask>(
    tx: &Tx,
    what: TaskEvent,
    from: Option<GenerationStatus>,
    task: &T,
    now: DateTime<Utc>,
) -> Result<()> {
    append_all(tx, &[(what, from, task)], now).await
}

/// Appends the event of a change that came from another system, which recognises it by its origin.
pub(super) async fn append_inbound<T: GenerationTask>(
    tx: &Tx,
    what: TaskEvent,
    from: GenerationStatus,
    task: &T,
    now: DateTime<Utc>,
) -> Result<()> {
    append_from(INBOUND, tx, &[(what, Some(from), task)], now).await
}

/// What happened to a task, its status before, and the task as it is afterwards.
pub(super) type TaskChange<'a, T> = (TaskEvent, Option<GenerationStatus>, &'a T);

/// Appends the events of changes of several tasks.
pub(super) async fn append_all<T: GenerationTask>(
    tx: &Tx,
    changes: &[TaskChange<'_, T>],
    now: DateTime<Utc>,
) -> Result<()> {
    append_from(LOCAL, tx, changes, now).await
}

async fn append_from<T: GenerationTask>(
    origin: &'static str,
    tx: &Tx,
    changes: &[TaskChange<'_, T>],
    now: DateTime<Utc>,
) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let events = changes
        .iter()
        .map(|(what, from, task)| event(*what, *from, *task, origin, now));
    let events: Vec<OutboxEvent> = events.collect::<Result<_>>()?;
    // The change has incremented the version of its task, and no event has this number yet.
    tx.insert_many(&events).await
}

fn event<T: GenerationTask>(
    what: TaskEvent,
    from: Option<GenerationStatus>,
    task: &T,
    origin: &'static str,
    now: DateTime<Utc>,
) -> Result<OutboxEvent> {
    let (request, state) = (task.request(), task.state());
    let is_inline = |url: &&str| {
        url.get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case("data:"))
    };
    let urls: Vec<&str> = task.urls().items().iter().map(String::as_str).collect();
    let omitted = urls.iter().any(is_inline);
    let mut payload = Payload {
        v: 1,
        id: task.id().to_string(),
        kind: what.name(),
        project_id: &request.project_id,
        storyboard_id: &request.storyboard_id,
        work_id: &request.work_id,
        run: state.run,
        version: task.version(),
        from,
        to: state.generation_status,
        account_id: state.jimeng_accounts_id,
        site: state.site_used,
        error_code: state.error_code.as_deref(),
        urls: urls.into_iter().filter(|url| !is_inline(url)).collect(),
        paths: task
            .local_paths()
            .items()
            .iter()
            .map(String::as_str)
            .collect(),
        urls_omitted: omitted,
        callback_url: request.callback_url.as_deref(),
        at: now.timestamp_millis(),
        origin,
    };
    let mut json = text(&payload)?;
    if json.len() > MAX_BYTES {
        payload.urls.clear();
        payload.paths.clear();
        payload.urls_omitted = true;
        json = text(&payload)?;
    }
    NewOutboxEvent::new(T::TOPIC, payload.id, task.version(), what.name())
        .payload(JsonObject::from_text(json))
        .into_event(now)
}

fn text(payload: &Payload<'_>) -> Result<String> {
    serde_json::to_string(payload)
        .map_err(|_| Error::invalid("the event cannot be written as JSON"))
}

#[cfg(test)]
mod tests;
