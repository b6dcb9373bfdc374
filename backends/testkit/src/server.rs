//! The servers of tests, and the settings of stores on them.

mod calls;

pub(crate) use calls::{calls_of_sqlx, pool_that_runs};

use std::fmt::{Debug, Display};
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use genledger_conformance::{Applicable, CutProxy, NotApplicable};
use genledger_contract::schema::Layout;
use genledger_contract::{Result, Store, Tx};
use genledger_sql::Dialect;
use genledger_sqlx::PoolConfig;

use crate::store::Note;
use crate::{Reusable, Unused, variable};

/// A server, and the operations that require its driver.
#[expect(async_fn_in_trait, reason = "the thread of a test waits for its case")]
pub trait TestServer: Copy + Debug + Send + Sync + 'static {
    /// The options with which sqlx connects to a server.
    type Options: Clone + Send + Sync + FromStr<Err: Display>;
    /// A schema or a database of a single test, which is dropped with this value.
    type Database: Reusable;
    /// The store.
    type Store: Store + Clone;

    /// The dialect of the server.
    const DIALECT: &'static Dialect;
    /// Takes 0.8 seconds, as seen by each caller that waits for it.
    const SLEEP: &'static str;
    /// Takes 4 seconds, as seen by each caller that waits for it.
    const LONG_SLEEP: &'static str;
    /// Takes longer than any limit here, and ends with an error when the server ends it.
    const SLOW: &'static str;
    /// Causes every later write of a connection to fail or to be lost.
    const LOSES_WRITES: &'static str;
    /// Makes a connection behave like one to a read-only server.
    const READ_ONLY: &'static str;
    /// Inserts the number 3 with two parameters, the second of which must be a number.
    const INSERT_SECRETS: &'static str;
    /// The id of the connection that executes it.
    const CONNECTION: &'static str;
    /// The number of connections with locks on the table of notes.
    const LOCKING: &'static str;
    /// The number of connections of tests, without the one that executes it.
    const OTHER_CONNECTIONS: &'static str;
    /// Creates the types that the adopted tables of the suite need.
    const ADOPTED_TYPES: Option<&'static str>;

    /// The name of the backend in `GENLEDGER_ONLY`.
    fn name(self) -> &'static str;

    /// Whether the run includes this backend.
    fn wanted(self) -> Applicable<()> {
        crate::wanted(self.name())
    }

    /// The address in `GENLEDGER_<BACKEND>_<WHAT>`.
    fn options_of(self, what: &str) -> Self::Options {
        variable(&format!("GENLEDGER_{}_{what}", self.name().to_uppercase()))
    }

    /// The options with which stores connect to the server.
    fn options(self) -> Self::Options;

    /// The address of the server with adverse settings.
    fn hostile_options(self) -> Self::Options {
        self.options_of("HOSTILE_URL")
    }

    /// Whether the run includes this backend and has a server with adverse settings for it.
    fn hostile(self) -> Applicable<()> {
        self.wanted()?;
        let name = format!("GENLEDGER_{}_HOSTILE_URL", self.name().to_uppercase());
        if std::env::var_os(name).is_some_and(|url| !url.is_empty()) {
            Ok(())
        } else {
            Err(NotApplicable(
                "the run did not start a server with adverse settings",
            ))
        }
    }

    /// Whether the server limits the time of writes as well.
    fn limits_writes(self) -> bool {
        true
    }

    /// The databases that no test uses, if databases are reused.
    fn unused(self) -> Option<&'static Unused<Self::Database>>;

    /// Whether the server reports that it has ended an idle transaction.
    fn reports_idle(self) -> bool {
        true
    }

    /// Whether the server reports a wrong password.
    fn reports_wrong_password(self) -> Applicable<()> {
        Ok(())
    }

    /// The address of a server.
    fn address(options: &Self::Options) -> SocketAddr;

    /// The same server at another address, without encryption: a proxy reads the messages.
    fn through(options: Self::Options, address: SocketAddr) -> Self::Options;

    /// The same user with another password.
    fn with_password(options: Self::Options, password: &str) -> Self::Options;

    /// Creates a database on a server.
    fn database_on(options: Self::Options) -> impl Future<Output = Self::Database> + Send;

    /// Creates a database.
    fn database(self) -> impl Future<Output = Self::Database> + Send;

    /// Opens a store, in a database of this name or in the one that the options name.
    fn connect(
        options: Self::Options,
        database: Option<&str>,
        settings: Settings,
    ) -> impl Future<Output = Result<Self::Store>> + Send;

    /// Opens a store in a database.
    async fn open(self, database: &Self::Database, settings: Settings) -> Self::Store {
        let options = self.options();
        let store = Self::connect(options, Some(database.name()), settings);
        store.await.unwrap()
    }

    /// A proxy in front of the server.
    async fn proxy(self) -> CutProxy {
        let address = Self::address(&self.options());
        CutProxy::start(address).await.unwrap()
    }

    /// Opens a store that reaches the server at another address.
    async fn connect_through(
        self,
        address: SocketAddr,
        database: Option<&str>,
        settings: Settings,
    ) -> Result<Self::Store> {
        let options = Self::through(self.options(), address);
        Self::connect(options, database, settings).await
    }

    /// Opens a store in a database as a user with the right to read and perhaps to insert, but not to create.
    async fn reader(
        self,
        database: &Self::Database,
        owner: &Self::Store,
        read_only: bool,
    ) -> Self::Store;

    /// The store with a layout, for tables of an application.
    fn laid_out(store: Self::Store, layout: &Layout) -> Result<Self::Store>;

    /// Runs SQL on the pool of a store.
    fn run(store: &Self::Store, sql: &str) -> impl Future<Output = ()> + Send;

    /// The number that a query returns, unless it fails.
    async fn number(store: &Self::Store, sql: &str) -> Option<i64>;

    /// Inserts a note in a transaction on a connection of the application. Then inserts, in one transaction
    /// that the application begins and commits or rolls back, a note with the number 100 and these notes,
    /// each in a nested transaction that is committed or not.
    async fn lend(store: &Self::Store, notes: Vec<(Note, bool)>, commit: bool) -> Vec<Result<()>>;

    /// Runs SQL of the application in a transaction.
    async fn execute(transaction: &Tx, sql: &'static str) -> Result<()>;

    /// Rolls back an update in a nested transaction, counts a hit, and returns the title of the only note.
    async fn hit(transaction: &Tx) -> Result<String>;

    /// Inserts a note with values that begin with `secret`, one of which is not a number of hits.
    async fn insert_secrets(transaction: &Tx) -> Result<()>;
}

/// The settings of a store.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The pool.
    pub pool: PoolConfig,
    /// The limit of the server on the time of a statement.
    pub statement_timeout: Option<Duration>,
    /// How long a transaction may be idle before the server ends it; `None` for the default.
    pub transaction_idle_timeout: Option<Duration>,
    /// Whether selects lock rows.
    pub locks: bool,
}

impl Settings {
    /// The settings with a pool of this many connections.
    #[must_use]
    pub fn connections(connections: u32) -> Self {
        Self::pool(PoolConfig::default().with_max_connections(connections))
    }

    /// The settings with a pool.
    #[must_use]
    pub const fn pool(pool: PoolConfig) -> Self {
        Self {
            pool,
            statement_timeout: None,
            transaction_idle_timeout: None,
            locks: true,
        }
    }

    /// Without clauses that lock rows.
    #[must_use]
    pub fn without_locks(self) -> Self {
        Self {
            locks: false,
            ..self
        }
    }

    /// With a limit of the server on the time of a statement.
    #[must_use]
    pub fn with_statement_timeout(self, millis: u64) -> Self {
        Self {
            statement_timeout: Some(Duration::from_millis(millis)),
            ..self
        }
    }

    /// With a limit on the time that a transaction may be idle.
    #[must_use]
    pub fn with_transaction_idle_timeout(self, millis: u64) -> Self {
        Self {
            transaction_idle_timeout: Some(Duration::from_millis(millis)),
            ..self
        }
    }

    /// With a limit on the time until a reply arrives.
    #[must_use]
    pub fn with_response_timeout(self, millis: u64) -> Self {
        let timeout = Duration::from_millis(millis);
        Self {
            pool: self.pool.with_response_timeout(Some(timeout)),
            ..self
        }
    }
}
