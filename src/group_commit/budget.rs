//! How many requests, and bytes of requests, may wait or run at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use genledger_contract::{Error, ErrorKind, Result, Violation};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, TryAcquireError, watch};

/// A bound on the requests that are not finished. Clones share it. Room is given in the order in which it was
/// asked for.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    requests: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    most_requests: usize,
    most_bytes: usize,
    /// The number of callers that wait for room.
    waiting: Arc<AtomicUsize>,
    /// Notified when a request finds no room.
    full: Arc<watch::Sender<()>>,
}

/// The room of one request, until it is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    _request: OwnedSemaphorePermit,
    bytes: OwnedSemaphorePermit,
}

impl Room {
    /// The size of the request.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.num_permits()
    }
}

impl Budget {
    /// At most this many requests and bytes; a semaphore bounds both at 2^32 - 1.
    pub(crate) fn new(requests: usize, bytes: usize) -> Self {
        let most = usize::try_from(u32::MAX).unwrap_or(usize::MAX);
        let (most_requests, most_bytes) = (requests.min(most), bytes.min(most));
        Self {
            requests: Arc::new(Semaphore::new(most_requests)),
            bytes: Arc::new(Semaphore::new(most_bytes)),
            most_requests,
            most_bytes,
            waiting: Arc::default(),
            full: Arc::default(),
        }
    }

    /// Waits for room.
    pub(super) async fn acquire(&self, bytes: usize) -> Result<Room> {
        // Awaiting a permit makes Tokio suspend a busy task now and then, also where there is room.
        if let Some(room) = self.try_acquire(bytes)? {
            return Ok(room);
        }
        let permits = self.permits(bytes)?;
        if let Some(room) = self.try_acquire(bytes)? {
            return Ok(room);
        }
        let _waiting = Waiting::new(&self.waiting);
        let requests = Arc::clone(&self.requests).acquire_owned();
        let request = requests.await.map_err(closed)?;
        let bytes = Arc::clone(&self.bytes).acquire_many_owned(permits);
        Ok(Room {
            _request: request,
            bytes: bytes.await.map_err(closed)?,
        })
    }

    /// Room that is there now.
    pub(super) fn try_acquire(&self, bytes: usize) -> Result<Option<Room>> {
        let permits = self.permits(bytes)?;
        let room = || {
            Ok(Room {
                _request: Arc::clone(&self.requests).try_acquire_owned()?,
                bytes: Arc::clone(&self.bytes).try_acquire_many_owned(permits)?,
            })
        };
        match room() {
            Ok(room) => Ok(Some(room)),
            Err(TryAcquireError::NoPermits) => {
                self.full.send_replace(());
                Ok(None)
            }
            Err(TryAcquireError::Closed) => Err(shut_down()),
        }
    }

    /// Whether callers wait for room.
    pub(super) fn is_awaited(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// Changes when a request finds no room.
    pub(super) fn full(&self) -> watch::Receiver<()> {
        self.full.subscribe()
    }

    /// The requests and the bytes that have room.
    pub(crate) fn used(&self) -> (usize, usize) {
        let requests = self.most_requests - self.requests.available_permits();
        (requests, self.most_bytes - self.bytes.available_permits())
    }

    fn permits(&self, bytes: usize) -> Result<u32> {
        match u32::try_from(bytes) {
            Ok(permits) if bytes <= self.most_bytes => Ok(permits),
            _ => {
                let message = format!(
                    "must not be larger than the queue, {} bytes",
                    self.most_bytes
                );
                Err(Violation::new("row", "too_large", message).into())
            }
        }
    }
}

/// A caller that waits for room.
struct Waiting<'b>(&'b AtomicUsize);

impl<'b> Waiting<'b> {
    fn new(waiting: &'b AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The semaphores are never closed.
fn closed(_: AcquireError) -> Error {
    shut_down()
}

/// The error of a request after the end.
pub(super) fn shut_down() -> Error {
    Error::new(ErrorKind::Unavailable, "it is shut down")
}
