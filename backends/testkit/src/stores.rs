//! Stores on empty databases, opened as a program opens them.

use std::sync::Arc;

use genledger_contract::Store;
use genledger_contract::schema::Layout;

/// Runs a test on a store of a backend, if the run includes the backend.
pub fn run_on_store(backend: &str, test: impl AsyncFnOnce(&Arc<dyn Store>)) {
    crate::run_on_database(backend, async |database| {
        let store = genledger::connect(&database.url).await.unwrap();
        test(&store).await;
        store.close().await;
    });
}

/// [`run_on_store`] with tables in partitions, where the backend has them.
pub fn run_on_partitioned_store(backend: &str, test: impl AsyncFnOnce(&Arc<dyn Store>)) {
    crate::run_on_database(backend, async |database| {
        let layout = match backend {
            "memory" | "sqlite" => Layout::new(),
            _ => genledger::schema::by_month(),
        };
        let store = genledger::connect_with_layout(&database.url, &layout)
            .await
            .unwrap();
        test(&store).await;
        store.close().await;
    });
}

/// Opens a store of a server whose statements have no locking clauses: results must not depend on locks. SQLite and
/// memory have none.
///
/// `genledger::connect` has no such switch, since no program needs it.
pub async fn connect_unlocked(url: &str) -> Arc<dyn Store> {
    match url.split_once(':').unwrap() {
        #[cfg(feature = "postgres")]
        ("postgres" | "postgresql", _) => {
            let config: genledger_postgres::PgConfig = url.parse().unwrap();
            let store = genledger_postgres::PgStore::connect(config.without_locks());
            Arc::new(store.await.unwrap())
        }
        #[cfg(feature = "mysql")]
        ("mysql" | "mariadb", rest) => {
            let config: genledger_mysql::MySqlConfig = format!("mysql:{rest}").parse().unwrap();
            let store = genledger_mysql::MySqlStore::connect(config.without_locks());
            Arc::new(store.await.unwrap())
        }
        (other, _) => panic!("{other} is not a server of this build"),
    }
}

/// One test for each case and each backend with locking clauses, in modules that are named after the backends: each
/// is run by the function before the semicolon, which leaves the clauses out.
#[macro_export]
macro_rules! unlocked_cases {
    ($run:path; $($case:ident),+ $(,)?) => {
        #[cfg(feature = "postgres")]
        mod backend_postgres_unlocked {
            $(#[test] fn $case() { $run("postgres", super::$case); })+
        }

        #[cfg(feature = "mysql")]
        mod backend_mariadb_unlocked {
            $(#[test] fn $case() { $run("mariadb", super::$case); })+
        }

        #[cfg(feature = "mysql")]
        mod backend_mysql_unlocked {
            $(#[test] fn $case() { $run("mysql", super::$case); })+
        }
    };
}

/// One test for each case and each backend with partitions: a case gets an empty store whose layout has them.
#[macro_export]
macro_rules! partitioned_cases {
    ($($case:ident),+ $(,)?) => {
        mod partitioned {
            #[cfg(feature = "postgres")]
            mod backend_postgres {
                $(#[test] fn $case() { $crate::run_on_partitioned_store("postgres", super::super::$case); })+
            }

            #[cfg(feature = "mysql")]
            mod backend_mariadb {
                $(#[test] fn $case() { $crate::run_on_partitioned_store("mariadb", super::super::$case); })+
            }

            #[cfg(feature = "mysql")]
            mod backend_mysql {
                $(#[test] fn $case() { $crate::run_on_partitioned_store("mysql", super::super::$case); })+
            }
        }
    };
}

/// [`store_cases!`](crate::store_cases) and [`partitioned_cases!`](crate::partitioned_cases): each case on both layouts.
#[macro_export]
macro_rules! layout_cases {
    ($($cases:tt)+) => {
        $crate::store_cases!($($cases)+);
        $crate::partitioned_cases!($($cases)+);
    };
}

/// One test for each case and each backend: a case gets an empty store.
#[macro_export]
macro_rules! store_cases {
    ($($cases:tt)+) => {
        $crate::database_cases!($crate::run_on_store; $($cases)+);
    };
}
