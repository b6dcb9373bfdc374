//! The example programs themselves, run as people run them, on every store: they do what their
//! documentation says, and print the same numbers everywhere.
//!
//! `cargo test` builds the examples beside the tests, but not when it is given the names of tests:
//! `cargo build --examples`, with the same features, comes before `cargo test --test examples`.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "../support/places.rs"]
mod places;
mod program;
mod quickstart;
mod replay;

use std::future::Future;

use places::Place;

/// Runs a case on a backend, if the run was asked for it: with the URL of an empty database, and
/// whether what is written there outlives a program.
fn run<F: Future<Output = Place>>(
    backend: &str,
    place: impl FnOnce() -> F,
    case: impl FnOnce(&str, bool),
) {
    if !places::asked_for(backend) {
        return;
    }
    places::runtime().block_on(async {
        let place = place().await;
        case(&place.url, backend != "memory");
    });
}

/// One test for each case and each backend, in modules that are called after the backends.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        mod backend_memory {
            $(#[test] fn $case() {
                crate::run("memory", crate::places::memory, super::$case);
            })+
        }

        #[cfg(feature = "sqlite")]
        mod backend_sqlite {
            $(#[test] fn $case() {
                crate::run("sqlite", crate::places::sqlite, super::$case);
            })+
        }

        #[cfg(feature = "postgres")]
        mod backend_postgres {
            $(#[test] fn $case() {
                crate::run("postgres", crate::places::postgres, super::$case);
            })+
        }

        #[cfg(feature = "mysql")]
        mod backend_mariadb {
            $(#[test] fn $case() {
                crate::run("mariadb", crate::places::mariadb, super::$case);
            })+
        }

        #[cfg(feature = "mysql")]
        mod backend_mysql {
            $(#[test] fn $case() {
                crate::run("mysql", crate::places::mysql, super::$case);
            })+
        }
    };
}

pub(crate) use cases;
