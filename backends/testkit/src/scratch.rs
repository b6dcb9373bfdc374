//! The addresses of servers, and the databases that tests create on them.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, raw_sql};

/// The URL in an environment variable.
#[must_use]
pub fn variable<Url: FromStr<Err: Display>>(name: &str) -> Url {
    std::env::var(name)
        .unwrap_or_else(|_| {
            panic!("{name} is not set: run `cargo xtask test`, which starts servers")
        })
        .parse()
        .unwrap_or_else(|error| panic!("{name} is not a URL of such a server: {error}"))
}

/// A schema or a database of a single test, which is dropped with this value.
#[derive(Debug)]
pub struct ScratchDatabase<C: Connection>
where
    for<'c> &'c mut C: Executor<'c, Database = C::Database>,
{
    options: C::Options,
    name: String,
    removal: String,
}

impl<C: Connection> ScratchDatabase<C>
where
    for<'c> &'c mut C: Executor<'c, Database = C::Database>,
{
    /// Creates one on a server: a `kind`, which is dropped with the words `dropped` after its name.
    pub async fn new(options: C::Options, kind: &str, dropped: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("genledger_test_{}_{count}", std::process::id());
        let database = Self {
            removal: format!("DROP {kind} IF EXISTS {name} {dropped}"),
            options,
            name,
        };
        // An earlier process with this id may have been killed.
        database.run(database.removal.clone()).await;
        database
            .run(format!("CREATE {kind} {}", database.name))
            .await;
        database
    }

    /// A name that no other test has at the same time.
    pub fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self, sql: String) {
        let mut connection: C = self.options.connect().await.unwrap();
        connection
            .execute(raw_sql(AssertSqlSafe(sql)))
            .await
            .unwrap();
        connection.close().await.unwrap();
    }
}

impl<C: Connection> Drop for ScratchDatabase<C>
where
    for<'c> &'c mut C: Executor<'c, Database = C::Database>,
{
    fn drop(&mut self) {
        // On a separate thread, since this may or may not be inside of a runtime.
        let removed = std::thread::scope(|scope| {
            let remove = || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(self.run(self.removal.clone()));
            };
            scope.spawn(remove).join()
        });
        // A second panic would end all tests.
        assert!(removed.is_ok() || std::thread::panicking());
    }
}
