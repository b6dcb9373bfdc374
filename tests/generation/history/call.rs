//! A call as it is recorded.

use std::collections::BTreeSet;

use genledger::contract::ErrorKind;
use genledger::generation::{
    FailureCode, GenerationAttempt, GenerationStatus, ImageTask, Resolution, SubmitState, TaskReady,
};
use genledger::id::{GenerationAttemptId, ImageTaskId, ProviderAccountId};
use genledger::uuid::Uuid;

/// A lease: the attempt and its fencing number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Hold {
    pub(super) attempt: GenerationAttemptId,
    pub(super) seq: i64,
}

/// A change by a user: the version, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) version: i64,
    pub(super) by: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verb {
    Claim {
        token: Uuid,
    },
    Start(Hold),
    Submitted(Hold, String),
    /// With the length in milliseconds.
    Heartbeat(Hold, i64),
    Complete(Hold, String),
    Fail(Hold, FailureCode),
    Unknown(Hold),
    Release(Hold),
    Sweep,
    Resolve(Change, Resolution),
    Cancel(Change),
    GiveUp(Change),
    Regenerate(Change),
    Delete(Change),
    Restore(Change),
    SetPriority(Change, i32),
    Get,
    /// Reads the attempts of the task, in the end.
    Attempts,
}

/// The columns of a task that are compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Row {
    pub(super) version: i64,
    pub(super) status: GenerationStatus,
    pub(super) ready: TaskReady,
    pub(super) lease_seq: i64,
    pub(super) attempt: Option<GenerationAttemptId>,
    pub(super) attempt_count: i32,
    pub(super) run: i32,
    pub(super) retries: i32,
    pub(super) hops: i32,
    pub(super) priority: i32,
    pub(super) is_deleted: bool,
    pub(super) account: Option<ProviderAccountId>,
    pub(super) remote: Option<String>,
    pub(super) error: Option<String>,
    pub(super) urls: Vec<String>,
    pub(super) by: Option<String>,
}

impl Row {
    pub(super) fn of(task: &ImageTask) -> Self {
        use genledger::generation::GenerationTask as _;
        let state = &task.state;
        Self {
            version: task.version,
            status: state.generation_status,
            ready: state.ready,
            lease_seq: state.lease_seq,
            attempt: state.attempt_id,
            attempt_count: state.attempt_count,
            run: state.run,
            retries: state.retry_count,
            hops: state.hop_count,
            priority: task.request.priority,
            is_deleted: task.stamps.is_deleted,
            account: state.jimeng_accounts_id,
            remote: state.remote_task_id.clone(),
            error: state.error_code.clone(),
            urls: task.urls().items().to_vec(),
            by: task.stamps.update_by.clone(),
        }
    }
}

/// A task that a claim has returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leased {
    pub(super) hold: Hold,
    pub(super) account: ProviderAccountId,
    pub(super) account_seq: i64,
    pub(super) expires_at: i64,
    pub(super) submit: SubmitState,
    pub(super) row: Row,
}

/// The columns of an attempt that are compared in the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LastState {
    pub(super) id: GenerationAttemptId,
    pub(super) seq: i64,
    pub(super) submit: i16,
    pub(super) outcome: Option<i16>,
    pub(super) has_ended: bool,
    pub(super) expires: bool,
}

impl LastState {
    pub(super) fn of(row: &GenerationAttempt) -> Self {
        Self {
            id: row.id,
            seq: row.seq,
            submit: row.submit_state.code(),
            outcome: row.outcome.map(|outcome| outcome.code()),
            has_ended: row.ended_at.is_some(),
            expires: row.expires_at.is_some(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    Done,
    Task(Box<Row>),
    Expires(i64),
    Leased(Box<Leased>),
    Attempts(BTreeSet<LastState>),
    Refused(ErrorKind),
}

/// A call, on one task; a sweep is on all of them. A claim is recorded once for each task that it has returned.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "the client is only shown")]
pub(super) struct Call {
    pub(super) client: usize,
    pub(super) task: Option<ImageTaskId>,
    pub(super) verb: Verb,
    /// When it began and ended, by a counter of these moments.
    pub(super) from: u64,
    pub(super) until: u64,
    /// The clock of the store at these moments, in milliseconds.
    pub(super) clock: (i64, i64),
    pub(super) answer: Answer,
}
