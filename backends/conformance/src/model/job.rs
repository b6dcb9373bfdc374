//! A queue to claim from.

use chrono::{DateTime, Utc};
use genledger_contract::entity::UnrecognizedCode;
use genledger_contract::{CodedEnum, Entity};

/// The state of a job.
#[derive(Clone, Debug, PartialEq, Eq, CodedEnum)]
#[coded(crate = genledger_contract, i16)]
pub(crate) enum JobState {
    /// Free to be claimed.
    #[code(0)]
    Free,
    /// Claimed.
    #[code(1)]
    Taken,
    /// A code of a newer version.
    Unrecognized(UnrecognizedCode<Self>),
}

/// A job that one worker claims.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    crate = genledger_contract,
    table = "suite_jobs",
    key(id),
    index(state, priority desc, id)
)]
pub(crate) struct Job {
    /// Its number.
    pub(crate) id: i64,
    /// Its state.
    pub(crate) state: JobState,
    /// Jobs with a greater priority go first.
    #[column(filter)]
    pub(crate) priority: i32,
    /// When it may be claimed.
    #[column(time = "unix_millis", filter)]
    pub(crate) due_at: Option<DateTime<Utc>>,
    /// The token of the claim.
    #[column(max_chars = 64, filter)]
    pub(crate) token: Option<String>,
    /// How often it was claimed.
    #[column(filter)]
    pub(crate) attempts: i32,
}

impl Job {
    /// A free job without priority.
    pub(crate) fn new(id: i64) -> Self {
        Self {
            id,
            state: JobState::Free,
            priority: 0,
            due_at: None,
            token: None,
            attempts: 0,
        }
    }

    /// Free jobs with these numbers.
    pub(crate) fn many(ids: impl IntoIterator<Item = i64>) -> Vec<Self> {
        ids.into_iter().map(Self::new).collect()
    }
}
