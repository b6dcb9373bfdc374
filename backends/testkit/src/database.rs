//! Empty databases with the URLs that a program would use.

use std::any::Any;

#[cfg(feature = "server")]
use crate::ScratchDatabase;

/// Removes a database when it is dropped.
type Guard = Box<dyn Any + Send>;

/// An empty database, which is removed when this value is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    /// The URL for `genledger::connect`.
    pub url: String,
    _guard: Guard,
}

impl TestDatabase {
    /// Creates one on a backend: `memory`, `sqlite`, `postgres`, `mariadb` or `mysql`.
    pub async fn on(backend: &str) -> Self {
        Self::at(backend, "URL").await
    }

    /// Creates one on the server of a backend that tests may kill.
    #[cfg(feature = "server")]
    pub async fn on_durable(backend: &str) -> Self {
        Self::at(backend, "DURABLE_URL").await
    }

    /// Creates one on the server whose address is in `GENLEDGER_<BACKEND>_<WHAT>`.
    #[cfg_attr(
        not(feature = "server"),
        expect(
            clippy::unused_async,
            unused_variables,
            reason = "only servers have addresses and are awaited"
        )
    )]
    async fn at(backend: &str, what: &str) -> Self {
        let variable = format!("GENLEDGER_{}_{what}", backend.to_uppercase());
        let (url, guard): (String, Guard) = match backend {
            "memory" => ("memory:".to_owned(), Box::new(())),
            #[cfg(feature = "sqlite")]
            "sqlite" => {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite:{}", folder.path().join("test.db").display());
                (url, Box::new(folder))
            }
            #[cfg(feature = "postgres")]
            "postgres" => postgres(&variable).await,
            #[cfg(feature = "mysql")]
            "mariadb" | "mysql" => mysql(&variable).await,
            other => panic!("{other} is not a backend of this build"),
        };
        Self { url, _guard: guard }
    }
}

/// Runs a test on an empty database of a backend, if the run includes the backend.
pub fn run_on_database(backend: &str, test: impl AsyncFnOnce(TestDatabase)) {
    if !crate::is_wanted(backend) {
        return;
    }
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(async { test(TestDatabase::on(backend).await).await });
}

#[cfg(feature = "postgres")]
async fn postgres(variable: &str) -> (String, Guard) {
    let url: String = crate::variable(variable);
    let schema =
        ScratchDatabase::<sqlx::PgConnection>::new(url.parse().unwrap(), "SCHEMA", "CASCADE").await;
    let sign = if url.contains('?') { '&' } else { '?' };
    let own = format!("{url}{sign}options[search_path]={}", schema.name());
    (own, Box::new(schema))
}

#[cfg(feature = "mysql")]
async fn mysql(variable: &str) -> (String, Guard) {
    let url: String = crate::variable(variable);
    let database =
        ScratchDatabase::<sqlx::MySqlConnection>::new(url.parse().unwrap(), "DATABASE", "").await;
    let own = with_database(&url, database.name());
    (own, Box::new(database))
}

/// The URL with this database as its path, instead of its own path if it has one.
#[cfg(feature = "mysql")]
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_at(url.find('?').unwrap_or(url.len()));
    let (scheme, address) = address.split_once("://").unwrap();
    let (server, _) = address.split_once('/').unwrap_or((address, ""));
    format!("{scheme}://{server}/{name}{query}")
}

/// One test for each case and each backend whose feature the calling package has, in modules that are
/// named after the backends: each is run by the function before the semicolon.
#[macro_export]
macro_rules! database_cases {
    ($run:path; $($case:ident),+ $(,)?) => {
        mod backend_memory {
            $(#[test] fn $case() { $run("memory", super::$case); })+
        }

        #[cfg(feature = "sqlite")]
        mod backend_sqlite {
            $(#[test] fn $case() { $run("sqlite", super::$case); })+
        }

        #[cfg(feature = "postgres")]
        mod backend_postgres {
            $(#[test] fn $case() { $run("postgres", super::$case); })+
        }

        #[cfg(feature = "mysql")]
        mod backend_mariadb {
            $(#[test] fn $case() { $run("mariadb", super::$case); })+
        }

        #[cfg(feature = "mysql")]
        mod backend_mysql {
            $(#[test] fn $case() { $run("mysql", super::$case); })+
        }
    };
}
