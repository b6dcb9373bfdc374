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

pub use adopted::{layouts_that_cannot_be, tables_of_an_application};
pub use events::{
    a_plan_names_its_index, a_statement_that_is_cancelled_is_an_event,
    the_text_is_the_one_that_is_sent, transactions_are_events,
};
pub use life::{
    a_read_only_server_is_left, a_store_closes_the_connections_in_use,
    connecting_takes_no_longer_than_allowed, connections_end_in_time,
    own_sql_leaves_no_settings_behind, own_sql_that_ends_the_transaction_is_found_out,
    reads_on_a_warm_pool_take_one_round_trip, statements_that_are_given_up_are_stopped,
    transactions_of_the_application,
};
pub use limits::{
    a_dropped_transaction_keeps_its_connection, a_server_that_does_not_answer_is_given_up,
    a_transaction_whose_statement_was_given_up_is_dead, migrations_take_as_long_as_they_take,
    servers_that_never_reply, statements_take_no_longer_than_allowed,
};
pub use migrate::{
    a_lease_is_waited_for_until_its_end, a_lost_lease_is_noticed_before_the_next_step,
    a_process_that_was_killed_blocks_until_its_lease_ends, nothing_to_do_needs_no_rights,
    scripts_run_once_in_every_process,
};
pub use own::{
    errors_quote_no_value, own_sql_is_part_of_the_transaction,
    own_sql_that_fails_ends_the_transaction,
};

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
