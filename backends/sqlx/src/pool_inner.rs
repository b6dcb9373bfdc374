//! The state of a pool: its permits and its idle connections.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use genledger_sql::Dialect;
use sqlx::pool::PoolConnection;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::cancel::Canceller;
use crate::driver::Driver;

/// The interval in which expired idle connections are closed.
const LEAST_PERIOD: Duration = Duration::from_secs(1);
const MOST_PERIOD: Duration = Duration::from_mins(1);

/// How long closing a connection may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The settings of all connections of a pool.
#[derive(Clone)]
pub(crate) struct Settings<D> {
    pub(crate) driver: D,
    pub(crate) dialect: &'static Dialect,
    pub(crate) response_timeout: Option<Duration>,
    /// The most idle connections.
    pub(crate) max_idle: usize,
}

/// A connection in use, with its permit.
pub(crate) struct Checkout<D: Driver> {
    pub(crate) connection: PoolConnection<D::Database>,
    /// Identifies the connection in the server.
    pub(crate) session: Option<D::Session>,
    pub(crate) permit: OwnedSemaphorePermit,
    pub(crate) opened: Instant,
}

/// An idle connection.
pub(crate) struct IdleConnection<D: Driver> {
    pub(crate) connection: PoolConnection<D::Database>,
    pub(crate) session: Option<D::Session>,
    pub(crate) opened: Instant,
    pub(crate) used: Instant,
}

/// The state that the parts of a pool share.
///
/// A pool of sqlx opens and counts the connections. Idle connections stay here, since sqlx would test
/// every returned connection in a round trip. Once the application has access to the pool of sqlx, they
/// are returned to it instead, and are set up before each use, since the application may have changed
/// their settings.
pub(crate) struct PoolInner<D: Driver> {
    pool: sqlx::Pool<D::Database>,
    settings: Settings<D>,
    runtime: Handle,
    permits: Arc<Semaphore>,
    /// The number of permits that wait for a connection.
    connecting: AtomicUsize,
    canceller: Arc<Canceller<D>>,
    shared: AtomicBool,
    idle: Mutex<Idle<D>>,
}

struct Idle<D: Driver> {
    /// In the order of their last use.
    connections: Vec<IdleConnection<D>>,
    /// Connections that were last used before this are tested before they are used again.
    suspect: Option<Instant>,
}

impl<D: Driver> PoolInner<D> {
    /// The state of a pool of sqlx. `shared` is whether the application uses it too.
    pub(crate) fn new(
        pool: sqlx::Pool<D::Database>,
        settings: Settings<D>,
        shared: bool,
    ) -> Arc<Self> {
        let most = usize::try_from(pool.options().get_max_connections()).unwrap_or(usize::MAX);
        let inner = Arc::new(Self {
            canceller: Arc::new(Canceller::new(pool.clone())),
            pool,
            settings,
            runtime: Handle::current(),
            permits: Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS))),
            connecting: AtomicUsize::new(0),
            shared: AtomicBool::new(shared),
            idle: Mutex::new(Idle {
                connections: Vec::new(),
                suspect: None,
            }),
        });
        let options = inner.pool.options();
        let ages = [options.get_max_lifetime(), options.get_idle_timeout()];
        if let Some(least) = ages.into_iter().flatten().min() {
            let period = least.clamp(LEAST_PERIOD, MOST_PERIOD);
            let reaping = reap(Arc::downgrade(&inner), period);
            inner.runtime.spawn(reaping);
        }
        inner
    }

    /// The pool of sqlx.
    pub(crate) const fn sqlx_pool(&self) -> &sqlx::Pool<D::Database> {
        &self.pool
    }

    pub(crate) const fn settings(&self) -> &Settings<D> {
        &self.settings
    }

    pub(crate) const fn runtime(&self) -> &Handle {
        &self.runtime
    }

    pub(crate) const fn permits(&self) -> &Arc<Semaphore> {
        &self.permits
    }

    pub(crate) const fn connecting(&self) -> &AtomicUsize {
        &self.connecting
    }

    /// Whether the application uses the pool of sqlx too.
    pub(crate) fn is_shared(&self) -> bool {
        self.shared.load(Ordering::Relaxed)
    }

    /// The pool of sqlx, for the application, with which it is shared after this call.
    pub(crate) fn share(&self) -> &sqlx::Pool<D::Database> {
        if !self.shared.swap(true, Ordering::Relaxed) {
            let connections = std::mem::take(&mut self.idle().connections);
            self.return_to_sqlx(connections);
        }
        &self.pool
    }

    /// Takes back a connection that is idle and has the settings of the store.
    pub(crate) fn release(&self, checkout: Checkout<D>) {
        // A shared pool of sqlx has no such bound.
        if !self.is_shared() && self.idle().connections.len() >= self.settings.max_idle {
            return self.close_gracefully(checkout);
        }
        let connection = IdleConnection {
            connection: checkout.connection,
            session: checkout.session,
            opened: checkout.opened,
            used: Instant::now(),
        };
        let mut idle = self.idle();
        // Decided under the lock, so that none is left behind when the pool is shared or closed.
        if self.is_shared() || self.pool.is_closed() || self.is_expired(&connection) {
            drop(idle);
            self.return_to_sqlx([connection]);
        } else {
            idle.connections.push(connection);
        }
    }

    /// Closes an idle connection.
    pub(crate) fn close_gracefully(&self, checkout: Checkout<D>) {
        let Checkout {
            connection, permit, ..
        } = checkout;
        self.runtime.spawn(async move {
            // Errors while closing are ignored.
            drop(tokio::time::timeout(CLOSE_TIMEOUT, connection.close()).await);
            drop(permit);
        });
    }

    /// Closes a busy connection and cancels its statement in the server. Its permit is released once the
    /// server has ended its session, or after [`CANCEL_TIMEOUT`](crate::cancel::CANCEL_TIMEOUT).
    pub(crate) fn retire(&self, mut checkout: Checkout<D>) {
        let session = checkout.session.take();
        // At once, so that the server reads nothing more from it.
        let permit = self.detach(checkout);
        if let Some(session) = session {
            let canceller = Arc::clone(&self.canceller);
            self.runtime.spawn(async move {
                canceller.cancel(session).await;
                drop(permit);
            });
        }
    }

    /// From now on every idle connection is tested before it is used: one was lost, so the others may be
    /// too.
    pub(crate) fn suspect_idle(&self) {
        self.idle().suspect = Some(Instant::now());
    }

    /// Whether an idle connection must be tested because of [`suspect_idle`](Self::suspect_idle).
    pub(crate) fn is_suspect(&self, connection: &IdleConnection<D>) -> bool {
        let suspect = self.idle().suspect;
        suspect.is_some_and(|since| connection.used <= since)
    }

    /// Switches to transactions that set up their settings. If the pool is shared, the application may
    /// have caused the missing session, so nothing changes.
    pub(crate) fn use_begin_scripts(&self) {
        if !self.is_shared() {
            self.settings.driver.use_begin_scripts(&self.pool);
            self.close_idle();
        }
    }

    /// Closes the idle connections, since none of them is usable.
    pub(crate) fn close_idle(&self) {
        let _runtime = self.runtime.enter();
        let connections = std::mem::take(&mut self.idle().connections);
        for one in connections {
            drop(one.connection.detach());
        }
    }

    /// Closes every idle connection, also those of a shared pool: they lead to a server that accepts no
    /// writes any more.
    pub(crate) fn leave_server(&self) {
        self.close_idle();
        if self.is_shared() {
            let _runtime = self.runtime.enter();
            for _ in 0..self.pool.options().get_max_connections() {
                let Some(idle) = self.pool.try_acquire() else {
                    return;
                };
                drop(idle.detach());
            }
        }
    }

    /// Closes the pool, and waits for the connections in use.
    pub(crate) async fn close(&self) {
        self.permits.close();
        // Marks the pool as closed at once.
        let closing = self.pool.close();
        let connections = std::mem::take(&mut self.idle().connections);
        self.return_to_sqlx(connections);
        closing.await;
    }

    /// Closes the socket of a connection, and keeps its permit.
    pub(crate) fn detach(&self, checkout: Checkout<D>) -> OwnedSemaphorePermit {
        let _runtime = self.runtime.enter();
        drop(checkout.connection.detach());
        checkout.permit
    }

    /// Takes the idle connection that was used last, and closes expired ones.
    pub(crate) fn pop_idle(&self) -> Option<IdleConnection<D>> {
        loop {
            let last = self.idle().connections.pop()?;
            if !self.is_expired(&last) {
                return Some(last);
            }
            let _runtime = self.runtime.enter();
            drop(last.connection.detach());
        }
    }

    fn is_expired(&self, connection: &IdleConnection<D>) -> bool {
        let options = self.pool.options();
        let beyond = |limit: Option<Duration>, since: Instant| {
            limit.is_some_and(|limit| since.elapsed() > limit)
        };
        beyond(options.get_max_lifetime(), connection.opened)
            || beyond(options.get_idle_timeout(), connection.used)
    }

    /// Returns connections to sqlx, which closes those of a closed pool.
    fn return_to_sqlx(&self, connections: impl IntoIterator<Item = IdleConnection<D>>) {
        // sqlx spawns a task for every returned connection, and panics outside of a runtime.
        let _runtime = self.runtime.enter();
        for one in connections {
            drop(one.connection);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle<D>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<D: Driver> Drop for PoolInner<D> {
    fn drop(&mut self) {
        self.close_idle();
    }
}

/// Closes expired idle connections, as long as the pool exists.
async fn reap<D: Driver>(inner: Weak<PoolInner<D>>, period: Duration) {
    loop {
        tokio::time::sleep(period).await;
        let Some(inner) = inner.upgrade() else {
            return;
        };
        let expired: Vec<_> = {
            let mut idle = inner.idle();
            idle.connections
                .extract_if(.., |one| inner.is_expired(one))
                .collect()
        };
        for one in expired {
            drop(tokio::time::timeout(CLOSE_TIMEOUT, one.connection.close()).await);
        }
    }
}
