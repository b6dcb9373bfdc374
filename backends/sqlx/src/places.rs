//! The places of a pool: which connections are open, and who may have one.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use genledger_contract::{Error, Result};
use genledger_sql::Dialect;
use sqlx::pool::PoolConnection;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::classify;
use crate::driver::Driver;
use crate::error::unavailable;
use crate::lease::Lease;
use crate::stop::Stopper;

/// A connection that was idle for longer is tested before it is given to a write that stands alone:
/// when such a write meets a dead connection, its outcome is unknown.
const TRUSTED_BY_WRITES: Duration = Duration::from_millis(10);

/// A connection that was idle for longer is tested before it is given to anything. What only reads,
/// or begins a transaction, is tried again when it meets a dead connection, so this span is only
/// about connections that do not say that they are dead.
const TRUSTED: Duration = Duration::from_secs(1);

/// How often the idle connections whose time is over are closed.
const LEAST_PERIOD: Duration = Duration::from_secs(1);
const MOST_PERIOD: Duration = Duration::from_mins(1);

/// How long a connection may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a connection is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Something that can be tried again on another connection.
    Repeatable,
    /// A write that stands alone.
    Once,
    /// The second try of what met a dead connection.
    Again,
}

impl Need {
    const fn trusts(self) -> Duration {
        match self {
            Self::Repeatable => TRUSTED,
            Self::Once => TRUSTED_BY_WRITES,
            Self::Again => Duration::ZERO,
        }
    }
}

/// What all connections of a pool share.
#[derive(Clone)]
pub(crate) struct Settings<D> {
    pub(crate) driver: D,
    pub(crate) dialect: &'static Dialect,
    pub(crate) response_timeout: Option<Duration>,
}

/// A connection that has a place in the pool.
pub(crate) struct Held<D: Driver> {
    pub(crate) connection: PoolConnection<D::Database>,
    /// What the server calls it.
    pub(crate) session: Option<D::Session>,
    place: OwnedSemaphorePermit,
    opened: Instant,
}

/// A connection that waits for its next use.
struct Warm<D: Driver> {
    connection: PoolConnection<D::Database>,
    session: Option<D::Session>,
    opened: Instant,
    used: Instant,
}

/// The connections of a pool.
///
/// A pool of sqlx opens and counts them. As long as the application has not asked for that pool, the
/// connections stay here between two uses, since sqlx tests every connection that comes back to it in
/// a round trip. Afterwards they are shared with the application, and are set up anew for each use,
/// since the application may have left settings of its own.
pub(crate) struct Places<D: Driver> {
    pool: sqlx::Pool<D::Database>,
    settings: Settings<D>,
    runtime: Handle,
    free: Arc<Semaphore>,
    /// How many places wait for a connection.
    connecting: AtomicUsize,
    stopper: Arc<Stopper<D>>,
    shared: AtomicBool,
    idle: Mutex<Idle<D>>,
}

/// Counts a place that waits for a connection, until it is dropped.
struct Connecting<'p>(&'p AtomicUsize);

impl<'p> Connecting<'p> {
    fn new(count: &'p AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Connecting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn unreachable() -> Error {
    unavailable("the server cannot be reached: no connection to it came about in time")
}

struct Idle<D: Driver> {
    /// In the order of their last use.
    warm: Vec<Warm<D>>,
    /// Connections that were used last before this are tested before they are used again.
    suspect: Option<Instant>,
}

impl<D: Driver> Places<D> {
    /// The places of a pool of sqlx, which the application has as well or not.
    pub(crate) fn new(
        pool: sqlx::Pool<D::Database>,
        settings: Settings<D>,
        shared: bool,
    ) -> Arc<Self> {
        let most = usize::try_from(pool.options().get_max_connections()).unwrap_or(usize::MAX);
        let places = Arc::new(Self {
            stopper: Arc::new(Stopper::new(pool.clone())),
            pool,
            settings,
            runtime: Handle::current(),
            free: Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS))),
            connecting: AtomicUsize::new(0),
            shared: AtomicBool::new(shared),
            idle: Mutex::new(Idle {
                warm: Vec::new(),
                suspect: None,
            }),
        });
        let options = places.pool.options();
        let ages = [options.get_max_lifetime(), options.get_idle_timeout()];
        if let Some(least) = ages.into_iter().flatten().min() {
            let period = least.clamp(LEAST_PERIOD, MOST_PERIOD);
            let reaping = reap(Arc::downgrade(&places), period);
            places.runtime.spawn(reaping);
        }
        places
    }

    pub(crate) const fn pool(&self) -> &sqlx::Pool<D::Database> {
        &self.pool
    }

    pub(crate) const fn settings(&self) -> &Settings<D> {
        &self.settings
    }

    pub(crate) const fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// The pool of sqlx, for the application: from now on the connections are shared with it.
    pub(crate) fn share(&self) -> &sqlx::Pool<D::Database> {
        if !self.shared.swap(true, Ordering::Relaxed) {
            let warm = std::mem::take(&mut self.idle().warm);
            self.hand_over(warm);
        }
        &self.pool
    }

    /// A connection, within the time that the pool has for it.
    pub(crate) async fn acquire(self: &Arc<Self>, need: Need) -> Result<Lease<D>> {
        let limit = self.pool.options().get_acquire_timeout();
        let waiting = Instant::now();
        let place = within(limit, Arc::clone(&self.free).acquire_owned())
            .await
            .ok_or_else(|| self.no_place())?
            .map_err(|_| unavailable("the store is closed"))?;
        self.fill(place, need, limit.saturating_sub(waiting.elapsed()))
            .await
    }

    /// A connection for a place, in place of one that was dead.
    pub(crate) async fn replace(self: &Arc<Self>, dead: Held<D>) -> Result<Lease<D>> {
        self.suspect_all();
        let limit = self.pool.options().get_acquire_timeout();
        self.fill(self.detach(dead), Need::Again, limit).await
    }

    async fn fill(
        self: &Arc<Self>,
        place: OwnedSemaphorePermit,
        need: Need,
        limit: Duration,
    ) -> Result<Lease<D>> {
        let _connecting = Connecting::new(&self.connecting);
        within(limit, self.connect(place, need))
            .await
            .unwrap_or_else(|| Err(unreachable()))
    }

    /// Why no place became free in time. Where the others wait for a connection as well, it is the
    /// server that is missing and not a place.
    fn no_place(&self) -> Error {
        if self.connecting.load(Ordering::Relaxed) > 0 {
            unreachable()
        } else {
            unavailable("no connection became free in time")
        }
    }

    async fn connect(
        self: &Arc<Self>,
        mut place: OwnedSemaphorePermit,
        need: Need,
    ) -> Result<Lease<D>> {
        while let Some(warm) = self.take_warm() {
            let suspect = self.idle().suspect.is_some_and(|since| warm.used <= since);
            let tested = suspect || warm.used.elapsed() > need.trusts();
            let held = Held {
                connection: warm.connection,
                session: warm.session,
                place,
                opened: warm.opened,
            };
            let mut lease = Lease::new(held, Arc::clone(self));
            if !tested || lease.test().await.is_ok() {
                return Ok(lease);
            }
            self.suspect_all();
            let Some(dead) = lease.take() else {
                return Err(failing());
            };
            place = self.detach(dead);
        }
        let mut left = self.pool.options().get_max_connections();
        loop {
            let connection = self.pool.acquire().await.map_err(|error| match error {
                // There is a place, unless the application has it.
                sqlx::Error::PoolTimedOut if !self.shared.load(Ordering::Relaxed) => unreachable(),
                error => classify::<D>(error),
            })?;
            let held = Held {
                connection,
                session: None,
                place,
                opened: Instant::now(),
            };
            let mut lease = Lease::new(held, Arc::clone(self));
            let error = match lease.set_up().await {
                Ok(()) => return Ok(lease),
                Err(error) => error,
            };
            // One that died while it was idle, of which there may be many.
            let lost = lease.is_lost();
            match lease.take() {
                Some(dead) if left > 0 && lost => place = self.detach(dead),
                _ => return Err(error),
            }
            left -= 1;
        }
    }

    /// Takes a connection back that is at rest and as it was set up.
    pub(crate) fn give_back(&self, held: Held<D>) {
        let warm = Warm {
            connection: held.connection,
            session: held.session,
            opened: held.opened,
            used: Instant::now(),
        };
        let mut idle = self.idle();
        // Decided under the lock, so that none is left behind when the pool is shared or closed.
        if self.shared.load(Ordering::Relaxed) || self.pool.is_closed() || self.is_over(&warm) {
            drop(idle);
            self.hand_over([warm]);
        } else {
            idle.warm.push(warm);
        }
    }

    /// Closes a connection that is at rest.
    pub(crate) fn close_politely(&self, held: Held<D>) {
        let Held {
            connection, place, ..
        } = held;
        self.runtime.spawn(async move {
            // A farewell that fails harms nothing.
            drop(tokio::time::timeout(FAREWELL, connection.close()).await);
            drop(place);
        });
    }

    /// Closes a connection in the middle of something. Its place is free once the server has let go
    /// of it, or after [`LET_GO`](crate::stop::LET_GO).
    pub(crate) fn retire(&self, mut held: Held<D>) {
        let session = held.session.take();
        // At once, so that the server reads nothing more from it.
        let place = self.detach(held);
        if let Some(session) = session {
            let stopper = Arc::clone(&self.stopper);
            self.runtime.spawn(async move {
                stopper.stop(session).await;
                drop(place);
            });
        }
    }

    /// From now on every idle connection is tested before it is used.
    pub(crate) fn suspect_all(&self) {
        self.idle().suspect = Some(Instant::now());
    }

    /// From now on no session is relied upon. Where the connections are shared, the application may have
    /// taken one of them: what it set or prepared there is its own.
    pub(crate) fn give_up_sessions(&self) {
        if !self.shared.load(Ordering::Relaxed) {
            self.settings.driver.give_up_sessions(&self.pool);
            self.close_idle();
        }
    }

    /// Closes the idle connections: none of them is of any use.
    pub(crate) fn close_idle(&self) {
        let _runtime = self.runtime.enter();
        let warm = std::mem::take(&mut self.idle().warm);
        for one in warm {
            drop(one.connection.detach());
        }
    }

    /// Closes everything, and waits for the connections that are in use.
    pub(crate) async fn close(&self) {
        self.free.close();
        // Marks the pool as closed at once.
        let closing = self.pool.close();
        let warm = std::mem::take(&mut self.idle().warm);
        self.hand_over(warm);
        closing.await;
    }

    /// Closes the socket of a connection, and keeps its place.
    fn detach(&self, held: Held<D>) -> OwnedSemaphorePermit {
        let _runtime = self.runtime.enter();
        drop(held.connection.detach());
        held.place
    }

    /// The connection that was used last, if its time is not over.
    fn take_warm(&self) -> Option<Warm<D>> {
        loop {
            let warm = self.idle().warm.pop()?;
            if !self.is_over(&warm) {
                return Some(warm);
            }
            let _runtime = self.runtime.enter();
            drop(warm.connection.detach());
        }
    }

    fn is_over(&self, warm: &Warm<D>) -> bool {
        let options = self.pool.options();
        let beyond = |limit: Option<Duration>, since: Instant| {
            limit.is_some_and(|limit| since.elapsed() > limit)
        };
        beyond(options.get_max_lifetime(), warm.opened)
            || beyond(options.get_idle_timeout(), warm.used)
    }

    /// Gives connections to sqlx, which closes those of a pool that is closed.
    fn hand_over(&self, warm: impl IntoIterator<Item = Warm<D>>) {
        // sqlx spawns a task for every connection that comes back and panics where it cannot.
        let _runtime = self.runtime.enter();
        for one in warm {
            drop(one.connection);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle<D>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<D: Driver> Drop for Places<D> {
    fn drop(&mut self) {
        self.close_idle();
    }
}

/// Closes the idle connections whose time is over, as long as there is a pool.
async fn reap<D: Driver>(places: Weak<Places<D>>, period: Duration) {
    loop {
        tokio::time::sleep(period).await;
        let Some(places) = places.upgrade() else {
            return;
        };
        let over: Vec<_> = {
            let mut idle = places.idle();
            idle.warm
                .extract_if(.., |one| places.is_over(one))
                .collect()
        };
        for one in over {
            drop(tokio::time::timeout(FAREWELL, one.connection.close()).await);
        }
    }
}

fn failing() -> Error {
    unavailable("the connections to the server fail")
}

/// What comes of it within a time.
async fn within<T>(limit: Duration, work: impl Future<Output = T> + Send) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}
