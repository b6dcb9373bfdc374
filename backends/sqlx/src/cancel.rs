//! Cancels statements in the server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::{ConnectOptions, Connection};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use crate::driver::{Driver, DriverConnection};

/// How long a permit of the pool waits for the server to end the session of a closed connection.
pub(crate) const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

/// The pauses between attempts.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Cancels the statements of closed connections.
///
/// It opens one connection besides those of the pool, only while there is something to cancel.
pub(crate) struct Canceller<D: Driver> {
    pool: sqlx::Pool<D::Database>,
    connection: Mutex<Option<DriverConnection<D>>>,
    waiting: AtomicUsize,
}

impl<D: Driver> Canceller<D> {
    pub(crate) fn new(pool: sqlx::Pool<D::Database>) -> Self {
        Self {
            pool,
            connection: Mutex::new(None),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Cancels the statement of a session whose connection was closed on this side, and waits until the
    /// session has ended. Returns at once if the server cannot be reached.
    pub(crate) async fn cancel(&self, session: D::Session) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        drop(timeout(CANCEL_TIMEOUT, self.cancel_until_ended(&session)).await);
        if self.waiting.fetch_sub(1, Ordering::AcqRel) == 1
            && let Some(connection) = self.connection.lock().await.take()
        {
            drop(timeout(CANCEL_TIMEOUT, connection.close()).await);
        }
    }

    async fn cancel_until_ended(&self, session: &D::Session) {
        let mut pause = FIRST_PAUSE;
        // A statement that was sent before the connection was closed may begin later, so once is not
        // enough.
        while let Ok(false) = self.try_cancel(session).await {
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn try_cancel(&self, session: &D::Session) -> sqlx::Result<bool> {
        let mut slot = self.connection.lock().await;
        // Only kept if it worked.
        let mut connection = match slot.take() {
            Some(connection) => connection,
            None => self.pool.connect_options().connect().await?,
        };
        let ended = D::cancel(&mut connection, session).await?;
        *slot = Some(connection);
        Ok(ended)
    }
}
