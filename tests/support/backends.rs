//! The backends that tests run on, each with an empty database of its own.

#[path = "places.rs"]
mod places;

use std::future::Future;
use std::sync::Arc;

use genledger::contract::Store;

use places::Place;

/// A store on an empty database, and what removes the database afterwards.
pub(crate) struct Database {
    pub(crate) store: Arc<dyn Store>,
    _guard: Place,
}

impl Database {
    async fn open(place: Place) -> Self {
        Self {
            store: genledger::connect(&place.url).await.unwrap(),
            _guard: place,
        }
    }
}

/// Runs a test on a backend, if the run was asked for it.
pub(crate) fn run<F: Future<Output = Database>>(
    backend: &str,
    open: impl FnOnce() -> F,
    test: impl AsyncFnOnce(&Arc<dyn Store>),
) {
    if !places::asked_for(backend) {
        return;
    }
    places::runtime().block_on(async {
        let database = open().await;
        test(&database.store).await;
        database.store.close().await;
    });
}

pub(crate) async fn memory() -> Database {
    Database::open(places::memory().await).await
}

#[cfg(feature = "sqlite")]
pub(crate) async fn sqlite() -> Database {
    Database::open(places::sqlite().await).await
}

#[cfg(feature = "postgres")]
pub(crate) async fn postgres() -> Database {
    Database::open(places::postgres().await).await
}

#[cfg(feature = "mysql")]
pub(crate) async fn mariadb() -> Database {
    Database::open(places::mariadb().await).await
}

#[cfg(feature = "mysql")]
pub(crate) async fn mysql() -> Database {
    Database::open(places::mysql().await).await
}

/// One test for each case and each backend, in modules that are called after the backends.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        mod backend_memory {
            $(#[test] fn $case() {
                crate::backends::run("memory", crate::backends::memory, async |store| {
                    super::$case(store).await;
                });
            })+
        }

        #[cfg(feature = "sqlite")]
        mod backend_sqlite {
            $(#[test] fn $case() {
                crate::backends::run("sqlite", crate::backends::sqlite, async |store| {
                    super::$case(store).await;
                });
            })+
        }

        #[cfg(feature = "postgres")]
        mod backend_postgres {
            $(#[test] fn $case() {
                crate::backends::run("postgres", crate::backends::postgres, async |store| {
                    super::$case(store).await;
                });
            })+
        }

        #[cfg(feature = "mysql")]
        mod backend_mariadb {
            $(#[test] fn $case() {
                crate::backends::run("mariadb", crate::backends::mariadb, async |store| {
                    super::$case(store).await;
                });
            })+
        }

        #[cfg(feature = "mysql")]
        mod backend_mysql {
            $(#[test] fn $case() {
                crate::backends::run("mysql", crate::backends::mysql, async |store| {
                    super::$case(store).await;
                });
            })+
        }
    };
}

pub(crate) use cases;
