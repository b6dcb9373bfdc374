//! A server that tests have.

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

/// A server, and what only its driver can do.
#[expect(async_fn_in_trait, reason = "the thread of a test waits for its case")]
pub trait TestServer: Copy + Debug + Send + Sync + 'static {
    /// How sqlx reaches a server.
    type Options: Clone + Send + Sync + FromStr<Err: Display>;
    /// A schema or a database of a test's own, which is dropped with it.
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
    /// Makes every later write of a connection an error, or loses it.
    const LOSES_WRITES: &'static str;
    /// Makes a connection one to a server that takes no writes.
    const READ_ONLY: &'static str;
    /// Inserts the number 3 with two parameters, the second of which must be a number.
    const INSERT_SECRETS: &'static str;
    /// The number of the connection that asks.
    const CONNECTION: &'static str;
    /// How many connections have locks on the table of notes.
    const LOCKING: &'static str;
    /// How many connections of tests there are beside the one that asks.
    const OTHER_CONNECTIONS: &'static str;
    /// Makes the types that the adopted tables of the suite need.
    const ADOPTED_TYPES: Option<&'static str>;

    /// The backend, as `GENLEDGER_ONLY` has it.
    fn name(self) -> &'static str;

    /// Whether the run was asked for this backend.
    fn wanted(self) -> Applicable<()> {
        crate::wanted(self.name())
    }

    /// The address that `GENLEDGER_<BACKEND>_<WHAT>` has.
    fn options_of(self, what: &str) -> Self::Options {
        variable(&format!("GENLEDGER_{}_{what}", self.name().to_uppercase()))
    }

    /// How stores reach the server.
    fn options(self) -> Self::Options;

    /// How to reach the server whose settings are at their worst.
    fn hostile_options(self) -> Self::Options {
        self.options_of("HOSTILE_URL")
    }

    /// Whether the run was asked for this backend and has a server whose settings are at their worst.
    fn hostile(self) -> Applicable<()> {
        self.wanted()?;
        let name = format!("GENLEDGER_{}_HOSTILE_URL", self.name().to_uppercase());
        if std::env::var_os(name).is_some_and(|url| !url.is_empty()) {
            Ok(())
        } else {
            Err(NotApplicable(
                "the server's settings are not ours to change",
            ))
        }
    }

    /// Whether the server limits the time of writes as well.
    fn limits_writes(self) -> bool {
        true
    }

    /// The databases that no test uses, if one test after the other may use a database.
    fn unused(self) -> Option<&'static Unused<Self::Database>>;

    /// Whether the server reports a wrong password.
    fn reports_wrong_password(self) -> Applicable<()> {
        Ok(())
    }

    /// Where a server is.
    fn address(options: &Self::Options) -> SocketAddr;

    /// The same server at another address, without encryption: a proxy looks into what passes.
    fn through(options: Self::Options, address: SocketAddr) -> Self::Options;

    /// The same user with another password.
    fn with_password(options: Self::Options, password: &str) -> Self::Options;

    /// Makes a database on a server.
    fn database_on(options: Self::Options) -> impl Future<Output = Self::Database> + Send;

    /// Makes a database.
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

    /// Opens a store in a database as a user who may read and perhaps insert, but not create.
    async fn reader(
        self,
        database: &Self::Database,
        owner: &Self::Store,
        read_only: bool,
    ) -> Self::Store;

    /// The store over tables of an application.
    fn laid_out(store: Self::Store, layout: &Layout) -> Result<Self::Store>;

    /// Runs SQL on the pool of a store.
    fn run(store: &Self::Store, sql: &str) -> impl Future<Output = ()> + Send;

    /// The number that a query returns, unless it fails.
    async fn number(store: &Self::Store, sql: &str) -> Option<i64>;

    /// Writes a note in a transaction on a connection of the application; then, in one transaction
    /// that the application begins, and commits or rolls back, a note of its own with the number 100
    /// and these notes, each in a transaction inside that is kept or not.
    async fn lend(store: &Self::Store, notes: Vec<(Note, bool)>, commit: bool) -> Vec<Result<()>>;

    /// Runs SQL of the application in a transaction.
    async fn execute(transaction: &Tx, sql: &'static str) -> Result<()>;

    /// Undoes an update in a transaction inside of the transaction, counts a hit, and returns the
    /// title of the only note.
    async fn hit(transaction: &Tx) -> Result<String>;

    /// Inserts a note with values that begin with `secret`, one of which is not a number of hits.
    async fn insert_secrets(transaction: &Tx) -> Result<()>;
}

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The pool.
    pub pool: PoolConfig,
    /// A limit on the time that the server takes.
    pub statement_timeout: Option<Duration>,
    /// Whether selects lock rows.
    pub locks: bool,
}

impl Settings {
    /// Those of a pool with so many connections.
    #[must_use]
    pub fn connections(connections: u32) -> Self {
        Self::pool(PoolConfig::default().with_max_connections(connections))
    }

    /// Those of a pool.
    #[must_use]
    pub const fn pool(pool: PoolConfig) -> Self {
        Self {
            pool,
            statement_timeout: None,
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

    /// With a limit on the time that the server takes.
    #[must_use]
    pub fn with_statement_timeout(self, millis: u64) -> Self {
        Self {
            statement_timeout: Some(Duration::from_millis(millis)),
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
