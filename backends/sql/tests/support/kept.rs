//! Databases that one case after the other uses: making tables takes longer than most cases.
//!
//! A case gets one for itself. After it, whatever is still connected is ended, rows are deleted, and
//! the tables are compared with what they were: a database that differs in anything is removed. They
//! are kept only on a server that the run has started, and which goes with all that is in it.

use std::ops::Deref;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long clearing may take before a database is removed instead.
const CLEARING: Duration = Duration::from_secs(10);

/// A database, or what is like one.
pub(crate) trait Content: Sized + Send + Sync + 'static {
    type Error;

    /// Where those are that no case uses.
    fn pool(&self) -> &'static Pool<Self>;

    /// Ends all other connections to it, deletes every row but those of the library's own tables,
    /// and describes what is left: all definitions and rows.
    async fn clear(&self) -> Result<String, Self::Error>;
}

/// Those that no case uses, and their descriptions.
#[derive(Debug)]
pub(crate) struct Pool<R> {
    /// The variable that says that the server is the run's own.
    own: &'static str,
    /// With what kind of tables each is.
    free: Mutex<Vec<(&'static str, R, String)>>,
}

impl<R: Content> Pool<R> {
    pub(crate) const fn new(own: &'static str) -> Self {
        Self {
            own,
            free: Mutex::new(Vec::new()),
        }
    }

    /// One with tables of this kind, if an earlier case has left one.
    pub(crate) fn take(&self, kind: &'static str) -> Option<Kept<R>> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let place = free.iter().rposition(|(of, ..)| *of == kind)?;
        let (kind, room, description) = free.swap_remove(place);
        Some(Kept {
            room: Some(room),
            kind,
            description: Some(description),
        })
    }

    fn put(&self, kind: &'static str, room: R, description: String) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.push((kind, room, description));
    }
}

/// A database that a case uses.
#[derive(Debug)]
pub(crate) struct Kept<R: Content> {
    room: Option<R>,
    kind: &'static str,
    /// What it is like without rows, if others may use it afterwards.
    description: Option<String>,
}

impl<R: Content> Kept<R> {
    /// One that goes with its case.
    pub(crate) const fn once(room: R) -> Self {
        Self {
            room: Some(room),
            kind: "",
            description: None,
        }
    }

    /// Leaves it, with the tables of this kind that it has now, to the next case.
    pub(crate) async fn keep(&mut self, kind: &'static str) {
        self.kind = kind;
        if std::env::var_os(self.pool().own).is_some() {
            self.description = self.clear().await.ok();
        }
    }
}

impl<R: Content> Deref for Kept<R> {
    type Target = R;

    fn deref(&self) -> &R {
        self.room.as_ref().unwrap()
    }
}

impl<R: Content> Drop for Kept<R> {
    fn drop(&mut self) {
        let (Some(room), Some(description)) = (self.room.take(), self.description.take()) else {
            return;
        };
        // On a thread of its own, since this may or may not be inside of a runtime.
        let clear = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let cleared = async { tokio::time::timeout(CLEARING, room.clear()).await };
            matches!(runtime.block_on(cleared), Ok(Ok(left)) if left == description)
        };
        let as_before = std::thread::scope(|scope| scope.spawn(clear).join());
        if as_before.unwrap_or(false) {
            let pool = room.pool();
            pool.put(self.kind, room, description);
        }
    }
}
