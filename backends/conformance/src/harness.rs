//! The trait with which a backend is tested.

pub(crate) mod erased;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use genledger_contract::{Error, MigrationSet, Store};

/// The least number of connections of the stores that [`Harness::empty`] and [`Harness::second`]
/// open, where a store has connections.
pub const CONNECTIONS: u32 = 8;

/// The longest time that the stores of a harness wait for a free connection.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The reason why a case cannot be run on a backend, for people; the report shows it.
///
/// It is for features that a backend does not have (memory has no server, SQLite no second writer), never for
/// errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NotApplicable(pub &'static str);

impl fmt::Display for NotApplicable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not applicable: {}", self.0)
    }
}

/// A result of a harness that may not apply to the backend.
pub type Applicable<T> = Result<T, NotApplicable>;

/// Creates databases for the cases of the suite. Every case has its own harness and its own databases, and
/// cases run at the same time.
///
/// A method panics when it fails: that is a failed case, never a skipped one.
#[async_trait]
pub trait Harness: Send + Sync + 'static {
    /// Owns one database; its `Drop` removes it (a temporary folder, a schema, a database). The
    /// suite closes the stores of a database before it drops the guard.
    type Guard: Send + Sync + 'static;

    /// Whether the backend is to be tested at all: `Err` only if the run selects other backends; a backend
    /// whose server is missing fails.
    fn wanted(&self) -> Applicable<()> {
        Ok(())
    }

    /// A new database without tables, and a store on it with at least [`CONNECTIONS`] connections
    /// that waits for one at most [`ACQUIRE_TIMEOUT`].
    async fn empty(&self) -> (Self::Guard, Arc<dyn Store>);

    /// The migrations that create the [`tables`](crate::tables) of the suite: `MigrationSet::of("suite", tables())`, or
    /// scripts, which a harness may generate and leak.
    fn migrations(&self) -> MigrationSet;

    /// A new database with the tables of the suite. Override it if there is a faster way than to migrate an
    /// empty one.
    async fn database(&self) -> (Self::Guard, Arc<dyn Store>) {
        let (guard, store) = self.empty().await;
        if let Err(error) = store.migrate(&[self.migrations()]).await {
            panic!("the tables of the suite cannot be created: {error:?}");
        }
        (guard, store)
    }

    /// Another store on the same database that shares only the data with the first, as in another process.
    async fn second(&self, guard: &Self::Guard) -> Applicable<Arc<dyn Store>>;

    /// A store on the same database that has exactly one connection and waits for it at most
    /// [`ACQUIRE_TIMEOUT`].
    async fn one_connection(&self, guard: &Self::Guard) -> Applicable<Arc<dyn Store>>;

    /// The address of the server. A proxy in front of it causes the faults.
    fn server(&self) -> Applicable<SocketAddr>;

    /// A store on the same database whose connections, at most two, go to `address` instead of to
    /// the server. They are not encrypted: the proxy searches them for words of SQL.
    async fn through(&self, guard: &Self::Guard, address: SocketAddr)
    -> Applicable<Arc<dyn Store>>;

    /// The error of opening a store, or of its first statement, with a wrong password.
    async fn denied(&self) -> Applicable<Error>;
}
