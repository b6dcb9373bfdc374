//! Cases on every backend, with the tables made and the store shared.

use std::future::Future;
use std::sync::{Arc, OnceLock};

use genledger::activity::Activities;
use genledger::contract::Store;
use genledger::id::ActivityIdGenerator;

use crate::backends::{self, Database};

/// A store with all tables, and the logs in it.
pub(crate) struct Logs {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) activities: Activities,
}

/// Runs a case on a backend, if the run was asked for it.
pub(crate) fn run<F: Future<Output = Database>>(
    backend: &str,
    open: impl FnOnce() -> F,
    case: impl AsyncFnOnce(Logs),
) {
    let shared: OnceLock<Arc<dyn Store>> = OnceLock::new();
    let opened = || async {
        let database = open().await;
        shared.set(Arc::clone(&database.store)).unwrap();
        database
    };
    backends::run(backend, opened, async |_| {
        let store = Arc::clone(shared.get().unwrap());
        store
            .migrate(&genledger::schema::migrations())
            .await
            .unwrap();
        let ids = Arc::new(ActivityIdGenerator::system());
        let activities = Activities::new(Arc::clone(&store), ids);
        case(Logs { store, activities }).await;
    });
}

/// One test for each case and each backend, in modules that are called after the backends.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        mod backend_memory {
            $(#[test] fn $case() {
                crate::support::run("memory", crate::backends::memory, super::$case);
            })+
        }

        #[cfg(feature = "sqlite")]
        mod backend_sqlite {
            $(#[test] fn $case() {
                crate::support::run("sqlite", crate::backends::sqlite, super::$case);
            })+
        }

        #[cfg(feature = "postgres")]
        mod backend_postgres {
            $(#[test] fn $case() {
                crate::support::run("postgres", crate::backends::postgres, super::$case);
            })+
        }

        #[cfg(feature = "mysql")]
        mod backend_mariadb {
            $(#[test] fn $case() {
                crate::support::run("mariadb", crate::backends::mariadb, super::$case);
            })+
        }

        #[cfg(feature = "mysql")]
        mod backend_mysql {
            $(#[test] fn $case() {
                crate::support::run("mysql", crate::backends::mysql, super::$case);
            })+
        }
    };
}

pub(crate) use cases;
