//! Operations of many callers share transactions.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use genledger_contract::{Error, ErrorKind, Result, Store, Violations};

use super::decide::Answer;
use super::operation::Request;
use super::run;
use crate::group_commit::{Budget, GroupCommit, GroupLimits, GroupWork};
use crate::time::Clock;

/// The most bytes of requests that wait, and the bytes from which a group is not extended.
const WAITING_BYTES: usize = 64 * 1024 * 1024;
const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// How long a group waits for further callers, if the one before it had more.
const GATHER: Duration = Duration::from_millis(1);

/// How operations of many callers share transactions, for [`Ledger::with_groups`](super::Ledger::with_groups).
///
/// ```
/// use genledger::accounting::LedgerGroups;
///
/// let groups = LedgerGroups::new().most(64);
/// assert_eq!((groups.most, groups.waiting), (64, 10_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LedgerGroups {
    /// The most operations of a transaction, 1 to 1000; 256 if it is not set.
    pub most: usize,
    /// The most operations that wait at a time, 1 to 1,000,000; 10,000 if it is not set. Further callers wait until there
    /// is room.
    pub waiting: usize,
}

impl Default for LedgerGroups {
    fn default() -> Self {
        Self {
            most: 256,
            waiting: 10_000,
        }
    }
}

impl LedgerGroups {
    /// At most 256 operations in a transaction, and 10,000 that wait.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The most operations of a transaction, 1 to 1000.
    #[must_use]
    pub const fn most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// The most operations that wait at a time, 1 to 1,000,000.
    #[must_use]
    pub const fn waiting(mut self, waiting: usize) -> Self {
        self.waiting = waiting;
        self
    }

    fn check(&self) -> Result<()> {
        let mut found = Violations::new();
        let rules = [
            ("most", self.most, 1_000, "must be from 1 to 1000"),
            (
                "waiting",
                self.waiting,
                1_000_000,
                "must be from 1 to 1,000,000",
            ),
        ];
        for (path, value, greatest, message) in rules {
            let outside = !(1..=greatest).contains(&value);
            found.check(outside, path, "out_of_range", message);
        }
        found.into_result().map_err(Error::from)
    }
}

/// The operations that wait, and those that are written.
#[derive(Clone)]
pub(super) struct Groups(GroupCommit<Operations>);

impl Groups {
    pub(super) fn start(store: Arc<dyn Store>, groups: LedgerGroups) -> Result<Self> {
        groups.check()?;
        let limits = GroupLimits {
            requests: groups.most,
            bytes: GROUP_BYTES,
            age: Duration::ZERO,
            gather: GATHER,
            // Two would change the same account at the same time, and one of them would be lost.
            batches: 1,
        };
        let budget = Budget::new(groups.waiting, WAITING_BYTES);
        GroupCommit::start(Operations(store), limits, budget).map(Self)
    }

    pub(super) async fn run(&self, request: Request, clock: Arc<dyn Clock>) -> Result<Answer> {
        let bytes = size_of::<Request>() + 2 * request.text.len();
        let room = self.0.room(bytes).await?;
        self.0.submit(Waiting { request, clock }, room)?.await
    }

    pub(super) async fn drain(&self, limit: Duration) {
        self.0.shut_down(limit).await;
    }
}

/// A request, and the clock of its caller.
struct Waiting {
    request: Request,
    clock: Arc<dyn Clock>,
}

struct Operations(Arc<dyn Store>);

#[async_trait]
impl GroupWork for Operations {
    type Request = Waiting;
    type Reply = Answer;

    async fn run(&self, waiting: &[Waiting]) -> Result<Vec<Result<Answer>>> {
        let Some(first) = waiting.first() else {
            return Ok(Vec::new());
        };
        let requests: Vec<&Request> = waiting.iter().map(|one| &one.request).collect();
        run::all(&*self.0, &*first.clock, &requests).await
    }

    async fn give_up(&self, waiting: &[Waiting]) -> Vec<Result<Answer>> {
        let message = "the operation was not committed in time: repeat it with the same key";
        let error = || Error::new(ErrorKind::OutcomeUnknown, message);
        waiting.iter().map(|_| Err(error())).collect()
    }

    fn failed(&self, waiting: Waiting, error: Error) {
        let kind = waiting.request.operation.kind();
        tracing::warn!(%error, ?kind, "an operation failed whose caller does not wait for it");
    }
}
