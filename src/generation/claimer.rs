//! `Claimer`: many workers of one process share claims and commits.

mod clock;
mod config;
mod fetch;
mod line;
mod reports;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use genledger_contract::{Error, Result, repository};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::leases::{Verb, checked_heartbeat};
use super::{Failure, GenerationLeases, GenerationResult, GenerationTask, Lease, LeasedTask};
use crate::group_commit::{Budget, GroupCommit, GroupLimits};
use clock::RecentClock;
use line::Line;
use reports::{Report, Reports};

pub use config::ClaimerConfig;

/// The most reports that wait at a time, and the most bytes of them.
const MOST_REPORTS: usize = 10_000;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// How long a claim or a group of reports waits for further workers, if the one before it had more.
const GATHER: Duration = Duration::from_millis(1);

/// The bytes from which a group of reports is not extended.
const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// Claims for the workers of one process: each asks for one task, and those that wait at the same time share a claim;
/// what they report is committed in groups. Clones share it.
///
/// Each verb has the guarantees of that of [`GenerationLeases`], and returns when its transaction is committed. An
/// unknown outcome is repeated here, since a repetition is recognised.
///
/// - Tasks are claimed only for workers that wait, and handed out in the order in which they asked.
/// - If the future of [`next`](Self::next) is dropped, its task goes to the next worker, or is given back after a second.
/// - The daily resets and the ends of waits are looked for ten times a second, or when no task is ready: for that long, a
///   task whose wait is over may come after one with a lower priority.
/// - [`drain`](Self::drain) stops it. Tasks that are claimed when the process ends without it are rescued by
///   [`sweep`](GenerationLeases::sweep), as those of every holder.
///
/// ```
/// use genledger::generation::{
///     Claimer, ClaimerConfig, GenerationLeases, GenerationResult, GenerationStatus, GenerationTasks, ImageTask,
///     NewImageTask, NewProviderAccount, ProviderAccounts, TaskRequest,
/// };
/// use genledger::id::GenerationIdGenerator;
/// use genledger::prelude::*;
/// use genledger::schema;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[schema::generation(), schema::outbox()]).await?;
/// # let ids = GenerationIdGenerator::system();
/// # let account = NewProviderAccount::new("a@example.com", "3a7bd3e2360a").into_account(&ids)?;
/// # ProviderAccounts::new(store.clone()).append(&account).await?;
/// # let request = TaskRequest::new("project-1", "The sea", "board-7", "work-3", "a cat on a boat");
/// # let task = NewImageTask::new(request).into_task(&ids)?;
/// # GenerationTasks::new(store.clone()).submit(&task).await?;
/// let leases = GenerationLeases::<ImageTask>::new(store);
/// let claimer = Claimer::new(leases, ClaimerConfig::new("worker-1"))?;
///
/// while let Some(leased) = claimer.next().await? {
///     claimer.start(&leased.lease).await?; // then the request is sent
///     claimer.submitted(&leased.lease, "remote-1").await?;
///     let result = GenerationResult::urls(["https://cdn.example/1.png"]);
///     let done = claimer.complete(&leased.lease, &result).await?;
///     assert_eq!(done.state.generation_status, GenerationStatus::Completed);
///     // At the end of the process:
///     claimer.drain(std::time::Duration::from_secs(10)).await;
/// }
/// # Ok(())
/// # }
/// ```
pub struct Claimer<T: GenerationTask> {
    shared: Arc<Shared<T>>,
    reports: GroupCommit<Reports<T>>,
    /// Drains it when the last clone is dropped.
    open: Arc<Open<T>>,
    /// Closed when everything was given back.
    drained: watch::Receiver<()>,
}

impl<T: GenerationTask> Clone for Claimer<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            reports: self.reports.clone(),
            open: Arc::clone(&self.open),
            drained: self.drained.clone(),
        }
    }
}

impl<T: GenerationTask> fmt::Debug for Claimer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claimer")
            .field("config", &self.shared.config)
            .finish_non_exhaustive()
    }
}

/// What the workers, the claims and the commits share.
struct Shared<T: GenerationTask> {
    leases: GenerationLeases<T>,
    config: ClaimerConfig,
    clock: RecentClock,
    line: Arc<Line<T>>,
}

impl<T: GenerationTask> Shared<T> {
    async fn now(&self) -> Result<DateTime<Utc>> {
        self.clock.now(&self.leases).await
    }
}

struct Open<T: GenerationTask>(Arc<Line<T>>);

impl<T: GenerationTask> Drop for Open<T> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<T: GenerationTask> Claimer<T> {
    /// Begins to claim for the workers that ask.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid): the configuration breaks a rule of [`Claim`](super::Claim),
    /// the leases are in a transaction, or there is no Tokio runtime.
    pub fn new(leases: GenerationLeases<T>, config: ClaimerConfig) -> Result<Self> {
        config.check()?;
        if leases.is_in_transaction() {
            return Err(Error::invalid("claims for many workers need a store"));
        }
        let runtime = Handle::try_current()
            .map_err(|error| Error::invalid("needs a Tokio runtime").with_source(error))?;
        let limits = GroupLimits {
            requests: usize::try_from(config.most).unwrap_or(usize::MAX),
            bytes: GROUP_BYTES,
            age: Duration::ZERO,
            gather: GATHER,
            // Of two groups at the same time, the later one might run first a report of a task that is also in the other.
            batches: 1,
        };
        let shared = Arc::new(Shared {
            leases,
            config,
            clock: RecentClock::default(),
            line: Arc::new(Line::new()),
        });
        let budget = Budget::new(MOST_REPORTS, MOST_BYTES);
        let reports = GroupCommit::start(Reports(Arc::clone(&shared)), limits, budget)?;
        let (ends, drained) = watch::channel(());
        let claims = fetch::run(Arc::clone(&shared));
        runtime.spawn(async move {
            claims.await;
            drop(ends);
        });
        let open = Arc::new(Open(Arc::clone(&shared.line)));
        Ok(Self {
            shared,
            reports,
            open,
            drained,
        })
    }

    /// Looks for tasks at once, if workers wait: for a process that has just submitted some.
    pub fn wake(&self) {
        self.shared.line.freed();
    }

    /// Stops claiming: workers that wait and later ones get `None`, and tasks that have no worker are given back. The
    /// workers can still report what they have finished.
    ///
    /// Waits at most this long until it is done, and returns whether it is.
    pub async fn drain(&self, limit: Duration) -> bool {
        self.shared.line.close();
        let mut drained = self.drained.clone();
        let ended = async move { while drained.changed().await.is_ok() {} };
        tokio::time::timeout(limit, ended).await.is_ok()
    }

    async fn report(&self, lease: &Lease<T::Id>, verb: Verb) -> Result<super::leases::Reply<T>> {
        verb.check()?;
        let bytes = verb.bytes() + lease.holder.len();
        let room = self.reports.room(bytes).await?;
        let lease = lease.clone();
        self.reports.submit(Report { lease, verb }, room)?.await
    }
}

/// The verbs of workers that share claims and commits, for services that mock them: accept
/// `Arc<dyn ClaimerRepository<T>>` and pass a [`Claimer`] in production, and in a unit test a `MockClaimerRepository`
/// (feature `mock`).
///
/// # Errors
/// Every verb returns the kinds listed at it, and those of the verb of the same name of [`GenerationLeases`].
#[repository(ClaimerRepository)]
impl<T: GenerationTask> Claimer<T> {
    /// The next task, with its lease. Waits until there is one; `None` once it is drained.
    ///
    /// # Errors
    /// Those of [`claim`](GenerationLeases::claim): every worker that waits gets the error of a claim, and can ask again.
    pub async fn next(&self) -> Result<Option<LeasedTask<T>>> {
        let Some(hand_out) = self.shared.line.join() else {
            return Ok(None);
        };
        match hand_out.await {
            Ok(hand_out) => Ok(hand_out?.take()),
            Err(_) => Ok(None),
        }
    }

    /// [`GenerationLeases::start`].
    ///
    /// # Errors
    /// Those of [`GenerationLeases::start`].
    pub async fn start(&self, lease: &Lease<T::Id>) -> Result<()> {
        self.report(lease, Verb::Start).await.map(drop)
    }

    /// [`GenerationLeases::submitted`].
    ///
    /// # Errors
    /// Those of [`GenerationLeases::submitted`].
    pub async fn submitted(&self, lease: &Lease<T::Id>, remote_task_id: &str) -> Result<()> {
        let verb = Verb::Submitted(remote_task_id.to_owned());
        self.report(lease, verb).await.map(drop)
    }

    /// [`GenerationLeases::heartbeat`], by the length of the configuration.
    ///
    /// # Errors
    /// Those of [`GenerationLeases::heartbeat`].
    pub async fn heartbeat(&self, lease: &Lease<T::Id>) -> Result<Lease<T::Id>> {
        let length = checked_heartbeat(self.shared.config.length)?;
        let reply = self.report(lease, Verb::Heartbeat(length)).await?;
        Ok(reply.extended(lease))
    }

    /// [`GenerationLeases::complete`].
    ///
    /// # Errors
    /// Those of [`GenerationLeases::complete`].
    pub async fn complete(&self, lease: &Lease<T::Id>, result: &GenerationResult) -> Result<T> {
        let verb = Verb::Complete(result.clone());
        Ok(self.report(lease, verb).await?.task)
    }

    /// [`GenerationLeases::fail`].
    ///
    /// # Errors
    /// Those of [`GenerationLeases::fail`].
    pub async fn fail(&self, lease: &Lease<T::Id>, failure: &Failure) -> Result<T> {
        let verb = Verb::Fail(failure.clone());
        Ok(self.report(lease, verb).await?.task)
    }

    /// [`GenerationLeases::unknown`].
    ///
    /// # Errors
    /// Those of [`GenerationLeases::unknown`].
    pub async fn unknown(&self, lease: &Lease<T::Id>) -> Result<T> {
        Ok(self.report(lease, Verb::Unknown).await?.task)
    }

    /// [`GenerationLeases::release`].
    ///
    /// # Errors
    /// Those of [`GenerationLeases::release`].
    pub async fn release(&self, lease: &Lease<T::Id>) -> Result<T> {
        Ok(self.report(lease, Verb::Release).await?.task)
    }
}
