//! The example programs themselves, run as a user runs them, on every store: they do what their
//! documentation states, and print the same numbers everywhere.
//!
//! `cargo test` builds the examples beside the tests, but not when it is given the names of tests:
//! `cargo build --examples`, with the same features, comes before `cargo test --test examples`.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod audit;
mod program;
mod quickstart;
mod replay;

/// Runs a case on a backend, if the run includes it: with the URL of an empty database, and whether its
/// rows outlive a program.
fn run(backend: &str, case: impl FnOnce(&str, bool)) {
    genledger_testkit::run_on_database(backend, async |database| {
        case(&database.url, backend != "memory");
    });
}

/// One test for each case and each backend, in modules that are named after the backends.
macro_rules! cases {
    ($($cases:tt)+) => {
        genledger_testkit::database_cases!(crate::run; $($cases)+);
    };
}

pub(crate) use cases;
