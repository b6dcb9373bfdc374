//! The conformance suite of genledger: every behaviour of the contract as a case that a backend
//! must pass.
//!
//! A backend implements [`Store`](genledger_contract::Store) and a [`Harness`], which creates empty databases
//! for the cases. One line then generates one test for every case:
//!
//! ```ignore
//! // tests/conformance.rs of the backend's crate
//! genledger_conformance::suite!(backend_example, ExampleHarness::new());
//! ```
//!
//! ```text
//! test backend_example::page::stable_under_inserts ... ok
//! test backend_example::claim::never_shared ... ok
//! ```
//!
//! A backend that passes guarantees: a program that was tested on memory gets the same results from this
//! backend, value by value and error kind by error kind, alone and concurrently, also when futures are
//! dropped and connections are lost. [`cases`] lists the promises one by one. Beside the written cases,
//! random scripts are run on the backend and on memory, and every result is compared.
//!
//! # A harness
//!
//! ```
//! use std::net::SocketAddr;
//! use std::sync::Arc;
//!
//! use async_trait::async_trait;
//! use genledger_conformance::{Applicable, Harness, NotApplicable, tables};
//! use genledger_contract::{Error, MigrationSet, Store};
//! use genledger_memory::MemoryStore;
//!
//! struct MemoryHarness;
//!
//! #[async_trait]
//! impl Harness for MemoryHarness {
//!     type Guard = MemoryStore;
//!
//!     async fn empty(&self) -> (MemoryStore, Arc<dyn Store>) {
//!         let store = MemoryStore::new();
//!         (store.clone(), Arc::new(store))
//!     }
//!
//!     fn migrations(&self) -> MigrationSet {
//!         MigrationSet::of("suite", tables())
//!     }
//!
//!     async fn second(&self, guard: &MemoryStore) -> Applicable<Arc<dyn Store>> {
//!         Ok(Arc::new(guard.clone()))
//!     }
//!
//!     async fn one_connection(&self, _: &MemoryStore) -> Applicable<Arc<dyn Store>> {
//!         Err(NotApplicable("no connections"))
//!     }
//!
//!     fn server(&self) -> Applicable<SocketAddr> {
//!         Err(NotApplicable("no server"))
//!     }
//!
//!     async fn through(&self, _: &MemoryStore, _: SocketAddr) -> Applicable<Arc<dyn Store>> {
//!         Err(NotApplicable("no server"))
//!     }
//!
//!     async fn denied(&self) -> Applicable<Error> {
//!         Err(NotApplicable("no passwords"))
//!     }
//! }
//! ```
//!
//! # Cases that do not apply
//!
//! A case that a backend cannot run, since it has no server or only one writer, passes and reports the reason
//! on standard error: `backend_memory::lost_connection::a_lost_reply_to_commit ... not applicable: no server`. No case
//! is skipped silently.
//!
//! # Settings
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `GENLEDGER_SCRIPTS` | how many random scripts each case of the topic `script` runs | 48 |
//! | `GENLEDGER_SEED` | the seed of the random scripts; a failure prints its own | random |
//! | `GENLEDGER_CONFORMANCE_REPORT` | a file that gets a line for each case: path, outcome and milliseconds, with tabs between | none |
//!
//! The suite grows with the contract: new cases come in minor versions, so pin the version of this
//! crate if a new case must not break your build.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    clippy::future_not_send,
    clippy::type_complexity,
    clippy::cloned_ref_to_slice_refs,
    reason = "a panic is how a case fails"
)]

mod add_one;
mod adopted;
mod ask;
mod case;
mod cases;
mod check;
mod cut_proxy;
mod cut_short;
mod databases;
mod event_recorder;
mod flaky;
mod harness;
mod model;
mod run;
mod script;

pub use adopted::{ADOPTED_TYPES, adopted};
pub use case::{Case, cases, cases_as_markdown};
pub use cut_proxy::{Cut, CutProxy};
pub use event_recorder::{EventRecorder, RecordedEvent};
pub use harness::{ACQUIRE_TIMEOUT, Applicable, CONNECTIONS, Harness, NotApplicable};
pub use model::tables;
pub use run::report_not_applicable;
pub use tracing::Level;

/// Used by the macro; not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::run::run;
}

/// Generates a module with one test for every case of the suite.
///
/// The module's name is the backend's with `backend_` before it; the expression creates a [`Harness`], one
/// for each case, and can use every name in scope at the call.
#[macro_export]
macro_rules! suite {
    ($backend:ident, $harness:expr $(,)?) => {
        mod $backend {
            #[allow(unused_imports)]
            use super::*;

            fn harness() -> impl $crate::Harness {
                $harness
            }

            $crate::__tests!();
        }
    };
}
