//! Code shared by the tests of several crates.
//!
//! `GENLEDGER_ONLY` selects the backends of a run ([`wanted`]); `cargo xtask test` starts the servers and
//! puts their addresses into environment variables. A missing server is a failure, unless the run is
//! limited to other backends.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    reason = "a panic is how a test fails"
)]

#[cfg(feature = "server")]
pub mod crash;
mod database;
#[cfg(feature = "server")]
mod harness;
#[cfg(feature = "server")]
pub mod hostile;
#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "connect")]
mod proxy;
#[cfg(feature = "server")]
mod reuse;
#[cfg(feature = "server")]
mod scratch;
mod scripts;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "connect")]
mod stores;
mod wanted;

pub use database::{TestDatabase, run_on_database};
#[cfg(feature = "server")]
pub use harness::ServerHarness;
#[cfg(feature = "connect")]
pub use proxy::{assert_outcome_unknown, behind_proxy, run_behind_proxy};
#[cfg(feature = "server")]
pub use reuse::{Reusable, Reused, Unused, a_database_that_was_changed_is_not_used_again};
#[cfg(feature = "server")]
pub use scratch::{ScratchDatabase, variable};
pub use scripts::migrations;
#[cfg(feature = "server")]
pub use server::{Settings, TestServer};
#[cfg(feature = "connect")]
pub use stores::{connect_unlocked, run_on_partitioned_store, run_on_store};
pub use wanted::{is_applicable, is_wanted, wanted};
