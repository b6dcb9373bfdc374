//! The backends that tests run on, each with an empty database of its own.
//!
//! Features decide what is compiled. A server that is not there is a failure, unless the run was
//! asked for other backends (`GENLEDGER_ONLY`).

use std::future::Future;
use std::sync::Arc;

use genledger::contract::Store;
use genledger_conformance::{NotApplicable, report_not_applicable};

/// A store on an empty database, and what removes the database afterwards.
pub(crate) struct Database {
    pub(crate) store: Arc<dyn Store>,
    _guard: Option<Box<dyn Send>>,
}

impl Database {
    fn new(store: Arc<dyn Store>, guard: impl Send + 'static) -> Self {
        Self {
            store,
            _guard: Some(Box::new(guard)),
        }
    }
}

/// Runs a test on a backend, if the run was asked for it.
pub(crate) fn run<F: Future<Output = Database>>(
    backend: &str,
    open: impl FnOnce() -> F,
    test: impl AsyncFnOnce(&dyn Store),
) {
    if let Ok(only) = std::env::var("GENLEDGER_ONLY")
        && !only.split(',').any(|name| name.trim() == backend)
    {
        // The thread has the name of the test.
        let thread = std::thread::current();
        let reason = NotApplicable("GENLEDGER_ONLY names other backends");
        return report_not_applicable(thread.name().unwrap_or(backend), reason);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let database = open().await;
        test(&*database.store).await;
        database.store.close().await;
    });
}

pub(crate) async fn memory() -> Database {
    Database::new(genledger::connect("memory:").await.unwrap(), ())
}

#[cfg(feature = "sqlite")]
pub(crate) async fn sqlite() -> Database {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    Database::new(genledger::connect(&url).await.unwrap(), folder)
}

#[cfg(feature = "postgres")]
pub(crate) async fn postgres() -> Database {
    server::postgres().await
}

#[cfg(feature = "mysql")]
pub(crate) async fn mariadb() -> Database {
    server::mysql("GENLEDGER_MARIADB_URL").await
}

#[cfg(feature = "mysql")]
pub(crate) async fn mysql() -> Database {
    server::mysql("GENLEDGER_MYSQL_URL").await
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::Database;

    fn url(variable: &str) -> String {
        std::env::var(variable).unwrap_or_else(|_| {
            panic!("{variable} is not set: run `cargo xtask test`, which starts servers")
        })
    }

    /// A name that no other test has at the same time.
    fn name() -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        format!("genledger_domain_{}_{count}", std::process::id())
    }

    /// Runs something when it is dropped, on a thread with a runtime of its own.
    struct Cleanup<F: FnOnce() + Send>(Option<F>);

    impl<F: FnOnce() + Send> Drop for Cleanup<F> {
        fn drop(&mut self) {
            if let Some(work) = self.0.take() {
                std::thread::scope(|scope| {
                    scope.spawn(work);
                });
            }
        }
    }

    fn block_on(work: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(work);
    }

    #[cfg(feature = "postgres")]
    pub(super) async fn postgres() -> Database {
        use genledger::backends::postgres::sqlx::{Connection, PgConnection, QueryBuilder};
        use genledger::backends::{PgConfig, PgStore};

        async fn change(url: &str, before: &str, name: &str) {
            let mut connection = PgConnection::connect(url).await.unwrap();
            let mut query = QueryBuilder::new(before);
            query.push(name);
            query
                .build()
                .persistent(false)
                .execute(&mut connection)
                .await
                .unwrap();
            connection.close().await.unwrap();
        }

        let (url, name) = (url("GENLEDGER_POSTGRES_URL"), name());
        change(&url, "CREATE SCHEMA ", &name).await;
        let config = PgConfig::from_url(&url).unwrap().with_schema(&name);
        let store = PgStore::connect(config).await.unwrap();
        let drop_schema = move || {
            block_on(async {
                change(&url, "DROP SCHEMA IF EXISTS ", &format!("{name} CASCADE")).await;
            });
        };
        Database::new(Arc::new(store), Cleanup(Some(drop_schema)))
    }

    #[cfg(feature = "mysql")]
    pub(super) async fn mysql(variable: &str) -> Database {
        use genledger::backends::mysql::sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
        use genledger::backends::mysql::sqlx::{Connection, QueryBuilder};
        use genledger::backends::{MySqlConfig, MySqlStore};

        async fn change(url: &str, before: &str, name: &str) {
            let mut connection = MySqlConnection::connect(url).await.unwrap();
            let mut query = QueryBuilder::new(before);
            query.push(name);
            query
                .build()
                .persistent(false)
                .execute(&mut connection)
                .await
                .unwrap();
            connection.close().await.unwrap();
        }

        let (url, name) = (url(variable), name());
        change(&url, "CREATE DATABASE ", &name).await;
        let options: MySqlConnectOptions = url.parse().unwrap();
        let config = MySqlConfig::new(options.database(&name));
        let store = MySqlStore::connect(config).await.unwrap();
        let drop_database = move || {
            block_on(async { change(&url, "DROP DATABASE IF EXISTS ", &name).await });
        };
        Database::new(Arc::new(store), Cleanup(Some(drop_database)))
    }
}

/// One test for each case and each backend, in modules that are called after the backends.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        mod backend_memory {
            $(#[test] fn $case() {
                crate::backends::run("memory", crate::backends::memory, super::$case);
            })+
        }

        #[cfg(feature = "sqlite")]
        mod backend_sqlite {
            $(#[test] fn $case() {
                crate::backends::run("sqlite", crate::backends::sqlite, super::$case);
            })+
        }

        #[cfg(feature = "postgres")]
        mod backend_postgres {
            $(#[test] fn $case() {
                crate::backends::run("postgres", crate::backends::postgres, super::$case);
            })+
        }

        #[cfg(feature = "mysql")]
        mod backend_mariadb {
            $(#[test] fn $case() {
                crate::backends::run("mariadb", crate::backends::mariadb, super::$case);
            })+
        }

        #[cfg(feature = "mysql")]
        mod backend_mysql {
            $(#[test] fn $case() {
                crate::backends::run("mysql", crate::backends::mysql, super::$case);
            })+
        }
    };
}

pub(crate) use cases;
