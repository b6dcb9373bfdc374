//! Empty databases for tests, by their URLs: what a program would be given.
//!
//! Features decide what is compiled. A server that is not there is a failure, unless the run was
//! asked for other backends (`GENLEDGER_ONLY`).

use std::future::{Ready, ready};

use genledger_conformance::{NotApplicable, report_not_applicable};

/// An empty database: its URL, and what removes it afterwards.
pub(crate) struct Place {
    pub(crate) url: String,
    _guard: Box<dyn Send>,
}

impl Place {
    fn new(url: String, guard: impl Send + 'static) -> Self {
        Self {
            url,
            _guard: Box::new(guard),
        }
    }
}

/// Whether the run was asked for a backend; says so if it was not.
pub(crate) fn asked_for(backend: &str) -> bool {
    let Ok(only) = std::env::var("GENLEDGER_ONLY") else {
        return true;
    };
    let asked = only.split(',').any(|name| name.trim() == backend);
    if !asked {
        // The thread has the name of the test.
        let thread = std::thread::current();
        let reason = NotApplicable("GENLEDGER_ONLY names other backends");
        report_not_applicable(thread.name().unwrap_or(backend), reason);
    }
    asked
}

/// The runtime that a test waits in.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

pub(crate) fn memory() -> Ready<Place> {
    ready(Place::new("memory:".to_owned(), ()))
}

#[cfg(feature = "sqlite")]
pub(crate) fn sqlite() -> Ready<Place> {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    ready(Place::new(url, folder))
}

#[cfg(feature = "postgres")]
pub(crate) async fn postgres() -> Place {
    server::postgres().await
}

#[cfg(feature = "mysql")]
pub(crate) async fn mariadb() -> Place {
    server::mysql("GENLEDGER_MARIADB_URL").await
}

#[cfg(feature = "mysql")]
pub(crate) async fn mysql() -> Place {
    server::mysql("GENLEDGER_MYSQL_URL").await
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::Place;

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
    pub(super) async fn postgres() -> Place {
        use genledger::backends::postgres::sqlx::{Connection, PgConnection, QueryBuilder};

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
        let sign = if url.contains('?') { '&' } else { '?' };
        let own = format!("{url}{sign}options[search_path]={name}");
        let drop_schema = move || {
            block_on(async {
                change(&url, "DROP SCHEMA IF EXISTS ", &format!("{name} CASCADE")).await;
            });
        };
        Place::new(own, Cleanup(Some(drop_schema)))
    }

    #[cfg(feature = "mysql")]
    pub(super) async fn mysql(variable: &str) -> Place {
        use genledger::backends::mysql::sqlx::mysql::MySqlConnection;
        use genledger::backends::mysql::sqlx::{Connection, QueryBuilder};

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
        let own = with_database(&url, &name);
        let drop_database = move || {
            block_on(async { change(&url, "DROP DATABASE IF EXISTS ", &name).await });
        };
        Place::new(own, Cleanup(Some(drop_database)))
    }

    /// The URL with another path, whether it has one or not.
    #[cfg(feature = "mysql")]
    fn with_database(url: &str, name: &str) -> String {
        let (place, query) = url.split_at(url.find('?').unwrap_or(url.len()));
        let (scheme, place) = place.split_once("://").unwrap();
        let (server, _) = place.split_once('/').unwrap_or((place, ""));
        format!("{scheme}://{server}/{name}{query}")
    }
}
