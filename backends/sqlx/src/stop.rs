//! Giving up stops the server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::{ConnectOptions, Connection};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use crate::driver::{Driver, DriverConnection};

/// How long a place in the pool waits for the server to let go of a connection that was given up.
pub(crate) const LET_GO: Duration = Duration::from_secs(5);

/// Between two questions whether it has.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Stops what the server does on connections that were given up.
///
/// It has one connection beside those of the pool, and only while there is something to stop.
pub(crate) struct Stopper<D: Driver> {
    pool: sqlx::Pool<D::Database>,
    beside: Mutex<Option<DriverConnection<D>>>,
    waiting: AtomicUsize,
}

impl<D: Driver> Stopper<D> {
    pub(crate) fn new(pool: sqlx::Pool<D::Database>) -> Self {
        Self {
            pool,
            beside: Mutex::new(None),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Stops what is under way in a session, whose connection is closed on this side, and waits until
    /// the server has let go of it. A server that cannot be asked is not waited for.
    pub(crate) async fn stop(&self, session: D::Session) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        drop(timeout(LET_GO, self.stop_at_last(&session)).await);
        if self.waiting.fetch_sub(1, Ordering::AcqRel) == 1
            && let Some(connection) = self.beside.lock().await.take()
        {
            drop(timeout(LET_GO, connection.close()).await);
        }
    }

    async fn stop_at_last(&self, session: &D::Session) {
        let mut pause = FIRST_PAUSE;
        // What was sent before the connection was closed may begin only now, so once is not enough.
        while let Ok(false) = self.ask(session).await {
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn ask(&self, session: &D::Session) -> sqlx::Result<bool> {
        let mut beside = self.beside.lock().await;
        // Kept only when it came to an answer.
        let mut connection = match beside.take() {
            Some(connection) => connection,
            None => self.pool.connect_options().connect().await?,
        };
        let gone = D::stop(&mut connection, session).await?;
        *beside = Some(connection);
        Ok(gone)
    }
}
