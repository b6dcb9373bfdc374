//! Empty databases for tests, by their URLs: what a program would be given.
//!
//! Features decide what is compiled. A server that is not there is a failure, unless the run was
//! asked for other backends (`GENLEDGER_ONLY`).

#[path = "../../backends/sql/tests/support/only.rs"]
pub(crate) mod only;
#[cfg(any(feature = "postgres", feature = "mysql"))]
#[path = "../../backends/sql/tests/support/servers.rs"]
mod servers;

#[cfg(feature = "mysql")]
use genledger::backends::mysql::sqlx;
#[cfg(all(feature = "postgres", not(feature = "mysql")))]
use genledger::backends::postgres::sqlx;
use genledger_conformance::report_not_applicable;

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

    /// One on a backend.
    #[cfg_attr(
        not(any(feature = "postgres", feature = "mysql")),
        expect(clippy::unused_async, reason = "only servers let wait")
    )]
    pub(crate) async fn on(backend: &str) -> Self {
        match backend {
            "memory" => Self::new("memory:".to_owned(), ()),
            #[cfg(feature = "sqlite")]
            "sqlite" => {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite:{}", folder.path().join("test.db").display());
                Self::new(url, folder)
            }
            #[cfg(feature = "postgres")]
            "postgres" => postgres().await,
            #[cfg(feature = "mysql")]
            "mariadb" => mysql("GENLEDGER_MARIADB_URL").await,
            #[cfg(feature = "mysql")]
            "mysql" => mysql("GENLEDGER_MYSQL_URL").await,
            other => panic!("{other} is no backend of this build"),
        }
    }
}

/// Whether the run was asked for a backend; says so if it was not.
pub(crate) fn asked_for(backend: &str) -> bool {
    let wanted = only::wanted(backend);
    if let Err(reason) = wanted {
        // The thread has the name of the test.
        let thread = std::thread::current();
        report_not_applicable(thread.name().unwrap_or(backend), reason);
    }
    wanted.is_ok()
}

/// Runs a test on a new place in a backend, if the run was asked for it.
pub(crate) fn run(backend: &str, test: impl AsyncFnOnce(Place)) {
    if !asked_for(backend) {
        return;
    }
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(async { test(Place::on(backend).await).await });
}

#[cfg(feature = "postgres")]
async fn postgres() -> Place {
    let url: String = servers::variable("GENLEDGER_POSTGRES_URL");
    let options = url.parse().unwrap();
    let room = servers::Room::<sqlx::PgConnection>::new(options, "SCHEMA", "CASCADE").await;
    let sign = if url.contains('?') { '&' } else { '?' };
    let own = format!("{url}{sign}options[search_path]={}", room.name());
    Place::new(own, room)
}

#[cfg(feature = "mysql")]
async fn mysql(variable: &str) -> Place {
    let url: String = servers::variable(variable);
    let options = url.parse().unwrap();
    let room = servers::Room::<sqlx::MySqlConnection>::new(options, "DATABASE", "").await;
    Place::new(with_database(&url, room.name()), room)
}

/// The URL with another path, whether it has one or not.
#[cfg(feature = "mysql")]
fn with_database(url: &str, name: &str) -> String {
    let (place, query) = url.split_at(url.find('?').unwrap_or(url.len()));
    let (scheme, place) = place.split_once("://").unwrap();
    let (server, _) = place.split_once('/').unwrap_or((place, ""));
    format!("{scheme}://{server}/{name}{query}")
}

/// One test for each case and each backend, in modules that are called after the backends: each is
/// run by the function before the semicolon.
macro_rules! cases_with {
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

pub(crate) use cases_with;
