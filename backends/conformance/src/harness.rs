//! What a backend brings to be tested.

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

/// How long at most the stores of a harness wait for a free connection.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a case cannot be run on a backend: a reason for people, which the report shows.
///
/// It is for what a backend does not have (memory has no server, SQLite no second writer), never
/// for what it does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NotApplicable(pub &'static str);

impl fmt::Display for NotApplicable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not applicable: {}", self.0)
    }
}

/// What a harness brings unless the backend has no such thing.
pub type Applicable<T> = Result<T, NotApplicable>;

/// Makes databases for the cases of the suite. Every case has a harness of its own and its own
/// databases, and cases run at the same time.
///
/// A method panics when it cannot do its work: that is a failed case, never a skipped one.
#[async_trait]
pub trait Harness: Send + Sync + 'static {
    /// Keeps one database; its `Drop` removes it (a temporary folder, a schema, a database). The
    /// suite closes the stores of a database before it drops the guard.
    type Guard: Send + Sync + 'static;

    /// Whether the backend is to be tested at all. Only a run that was asked for other backends
    /// says no; a backend whose server is missing fails.
    fn wanted(&self) -> Applicable<()> {
        Ok(())
    }

    /// A new database without tables, and a store on it with at least [`CONNECTIONS`] connections
    /// that waits for one at most [`ACQUIRE_TIMEOUT`].
    async fn empty(&self) -> (Self::Guard, Arc<dyn Store>);

    /// What makes the [`tables`](crate::tables) of the suite: `MigrationSet::of("suite", tables())`, or
    /// scripts, which a harness may generate and leak.
    fn migrations(&self) -> MigrationSet;

    /// A new database with the tables of the suite. Override it where there is a faster way than
    /// to migrate an empty one.
    async fn database(&self) -> (Self::Guard, Arc<dyn Store>) {
        let (guard, store) = self.empty().await;
        if let Err(error) = store.migrate(&[self.migrations()]).await {
            panic!("the tables of the suite cannot be made: {error:?}");
        }
        (guard, store)
    }

    /// Another store on the same database that shares nothing with the first but the data, as
    /// another process would have it.
    async fn second(&self, guard: &Self::Guard) -> Applicable<Arc<dyn Store>>;

    /// A store on the same database that has exactly one connection and waits for it at most
    /// [`ACQUIRE_TIMEOUT`].
    async fn one_connection(&self, guard: &Self::Guard) -> Applicable<Arc<dyn Store>>;

    /// Where the server listens. The faults are made by a proxy in front of it.
    fn server(&self) -> Applicable<SocketAddr>;

    /// A store on the same database whose connections, at most two, go to `address` instead of to
    /// the server. They are not encrypted: the proxy looks for words of SQL in them.
    async fn through(&self, guard: &Self::Guard, address: SocketAddr)
    -> Applicable<Arc<dyn Store>>;

    /// The error of opening a store, or of its first statement, with a wrong password.
    async fn denied(&self) -> Applicable<Error>;
}
