//! What the tests need of a backend.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::time::Duration;

use genledger_conformance::Applicable;
use genledger_contract::{Layout, Result, Store, Tx};
use genledger_sql::Dialect;
use genledger_sqlx::PoolConfig;

use super::Note;

/// A server, and what only its driver can do.
pub(crate) trait Site: Copy + Debug {
    /// A schema or a database of a test's own, which goes with it.
    type Room;
    /// The store.
    type Store: Store + Clone;

    const DIALECT: &'static Dialect;
    /// What takes 0.8 seconds, anyone who waits for it.
    const SLEEP: &'static str;
    /// What takes 4 seconds, anyone who waits for it.
    const NAP: &'static str;
    /// What takes longer than any limit here, and ends with an error when the server ends it.
    const SLOW: &'static str;

    /// What makes every later write of a connection an error, or a loss.
    const LEFT_BEHIND: &'static str;
    /// What makes a connection one to a server that takes no writes.
    const READ_ONLY: &'static str;

    /// Whether the run was asked for this backend.
    fn wanted(self) -> Applicable<()>;

    /// Whether the server limits the time of writes as well.
    fn limits_writes(self) -> bool {
        true
    }

    async fn room(self) -> Self::Room;

    /// Opens a store in the room.
    async fn open(self, room: &Self::Room, settings: Settings) -> Self::Store;

    /// Opens a store whose server is at this port of this machine.
    async fn open_at(self, port: u16, pool: PoolConfig) -> Result<Self::Store>;

    /// The store over tables of an application.
    fn laid_out(store: Self::Store, layout: &Layout) -> Result<Self::Store>;

    /// Where the server is.
    fn address(self) -> SocketAddr;

    /// Runs SQL of the application on the pool of a store.
    async fn execute_outside(store: &Self::Store, sql: &'static str);

    /// Writes a note in a transaction on a connection of the application; then, in one
    /// transaction that the application began and that it ends in this way, a note of its own with the
    /// number 100 and these notes, each in a transaction inside that is kept or not.
    async fn lend(store: &Self::Store, notes: Vec<(Note, bool)>, commit: bool) -> Vec<Result<()>>;

    /// How many connections have locks on the table of notes.
    async fn locking(store: &Self::Store) -> i64;

    /// Runs SQL of the application.
    async fn execute(transaction: &Tx, sql: &'static str) -> Result<()>;

    /// Undoes an update in a transaction inside of the transaction, counts a hit, and returns the
    /// title of the only note.
    async fn hit(transaction: &Tx) -> Result<String>;

    /// Inserts a note with values that begin with `secret`, one of which is not a number of hits.
    async fn insert_secrets(transaction: &Tx) -> Result<()>;

    /// The name of the room, by which another process opens it.
    fn name(room: &Self::Room) -> &str;

    /// Opens a store in a room that another process made.
    async fn open_named(self, name: &str, settings: Settings) -> Self::Store;

    /// Opens a store in the room as a user who may read and perhaps insert, but not create.
    async fn reader(self, room: &Self::Room, owner: &Self::Store, read_only: bool) -> Self::Store;

    /// Runs SQL outside of a transaction.
    async fn run(store: &Self::Store, sql: &str);

    /// The number that a query returns, unless it fails.
    async fn count(store: &Self::Store, sql: &str) -> Option<i64>;

    /// What the server calls the only connection of a store.
    async fn connection(store: &Self::Store) -> i64;
}

/// How a store is opened.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) pool: PoolConfig,
    pub(crate) statement_timeout: Option<Duration>,
    /// Where the server is on this machine, unless it is where it always is.
    pub(crate) port: Option<u16>,
}

impl Settings {
    /// Those of a pool with so many connections.
    pub(crate) fn connections(connections: u32) -> Self {
        Self {
            pool: PoolConfig::default().with_max_connections(connections),
            statement_timeout: None,
            port: None,
        }
    }

    /// Of a server at this port of this machine.
    pub(super) fn at(self, port: u16) -> Self {
        Self {
            port: Some(port),
            ..self
        }
    }

    /// With a limit on the time that the server takes.
    pub(super) fn with_statement_timeout(self, millis: u64) -> Self {
        Self {
            statement_timeout: Some(Duration::from_millis(millis)),
            ..self
        }
    }

    /// With a limit on the time that an answer takes.
    pub(super) fn with_response_timeout(self, millis: u64) -> Self {
        let timeout = Duration::from_millis(millis);
        Self {
            pool: self.pool.with_response_timeout(Some(timeout)),
            ..self
        }
    }
}
