//! The guarantees of stores with a server that the conformance suite does not cover: the application's SQL,
//! time limits, and the content of errors.
//!
//! Each function with a [`TestServer`] is a case: `server_cases!` generates the tests.
#![expect(missing_docs, reason = "the name of a case states what it checks")]

mod adopted;
mod events;
mod life;
mod limits;
mod migrate;
mod own;

use std::fmt::Debug;

use genledger_contract::{Entity, Error, ErrorKind, Result, Store};

use crate::{Settings, TestServer};

pub use adopted::*;
pub use events::*;
pub use life::*;
pub use limits::*;
pub use migrate::*;
pub use own::*;

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "notes", key(id), unique(title))]
pub struct Note {
    /// Its number.
    pub id: i64,
    /// Its title.
    #[column(max_chars = 40)]
    pub title: String,
    /// The number of times it was read.
    #[column(filter)]
    pub hits: i32,
    /// Its text.
    pub body: Option<String>,
}

impl Note {
    /// A note that was never read.
    #[must_use]
    pub fn new(id: i64, title: &str) -> Self {
        Self {
            id,
            title: title.to_owned(),
            hits: 0,
            body: None,
        }
    }
}

/// A store of two connections, with the table of notes.
pub async fn notes<S: TestServer>(server: S) -> (S::Database, S::Store) {
    let database = server.database().await;
    let store = migrated(server, &database, Settings::connections(2)).await;
    (database, store)
}

/// Opens a store, and creates the table of notes.
async fn migrated<S: TestServer>(
    server: S,
    database: &S::Database,
    settings: Settings,
) -> S::Store {
    let store = server.open(database, settings).await;
    let migrations = crate::migrations(S::DIALECT, &[Note::TABLE]);
    store.migrate(&[migrations]).await.unwrap();
    store
}

/// Asserts that an outcome is an error of this kind, and returns the error.
pub fn fails<T: Debug>(outcome: Result<T>, kind: ErrorKind) -> Error {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
    error
}

/// The cases of this module, and those that only one backend has, for each server of a backend.
#[macro_export]
macro_rules! server_store_cases {
    ($($backend:ident => $server:expr),+; [$($own:ident),+ $(,)?]) => {
        $crate::server_store_cases!(@with $($backend => $server),+; [$($own),+]; [
            own_sql_is_part_of_the_transaction,
            own_sql_that_fails_ends_the_transaction,
            statements_take_no_longer_than_allowed,
            a_server_that_does_not_answer_is_given_up,
            a_transaction_whose_statement_was_given_up_is_dead,
            an_idle_transaction_is_ended_by_the_server,
            migrations_take_as_long_as_they_take,
            own_sql_that_ends_the_transaction_is_found_out,
            own_sql_leaves_no_settings_behind,
            tables_of_an_application,
            layouts_that_cannot_be,
            transactions_of_the_application,
            statements_that_are_given_up_are_stopped,
            a_read_only_server_is_left,
            connections_end_in_time,
            idle_connections_are_bounded,
            a_store_closes_the_connections_in_use,
            connecting_takes_no_longer_than_allowed,
            reads_on_a_warm_pool_take_one_round_trip,
            a_dropped_transaction_keeps_its_connection,
            the_text_is_the_one_that_is_sent,
            a_plan_names_its_index,
            a_pool_that_is_too_large_is_a_warning,
            transactions_are_events,
            a_statement_that_is_cancelled_is_an_event,
            nothing_to_do_needs_no_rights,
            scripts_run_once_in_every_process,
            a_lease_is_waited_for_until_its_end,
            a_lost_lease_is_noticed_before_the_next_step,
            a_process_that_was_killed_blocks_until_its_lease_ends,
        ]);
    };
    (@with $($backend:ident => $server:expr),+; [$($own:ident),+]; [$($shared:ident),+ $(,)?]) => {
        use $crate::store::{$($shared),+};

        $crate::server_cases!($($backend => $server),+; [$($own,)+ $($shared),+]);
    };
}

/// One test for each case and each server, in modules that are named after the backends: a case gets
/// the server. The function after `if` returns whether a test on a server is run.
#[macro_export]
macro_rules! server_cases {
    ($($backend:ident => $server:expr),+; $cases:tt) => {
        $crate::server_cases!($($backend => $server),+; if $crate::TestServer::wanted; $cases);
    };
    ($($backend:ident => $server:expr),+; if $applicable:path; $cases:tt) => {
        $($crate::server_cases!(@one $backend, $server, $applicable, $cases);)+
    };
    (@one $backend:ident, $server:expr, $applicable:path, [$($case:ident),+ $(,)?]) => {
        mod $backend {
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    if $crate::is_applicable($applicable($server)) {
                        super::$case($server).await;
                    }
                }
            )+
        }
    };
}
