//! What the stores that have a server promise beside the conformance suite: the application's
//! SQL, limits of time, and what errors say.
//!
//! Included by the tests of the backends that have a server, which bring a [`Site`].
#![expect(
    clippy::future_not_send,
    reason = "the thread of a test waits for its case"
)]

#[path = "store/adopted.rs"]
mod adopted;
#[path = "store/events.rs"]
mod events;
#[path = "store/life.rs"]
mod life;
#[path = "store/limits.rs"]
mod limits;
#[path = "store/migrate.rs"]
mod migrate;
#[path = "store/own.rs"]
mod own;
#[path = "scripts.rs"]
mod scripts;
#[path = "store/site.rs"]
mod site;

use std::fmt::Debug;

use genledger_contract::{Entity, Error, ErrorKind, Result, Store};

pub(crate) use adopted::{layouts_that_cannot_be, tables_of_an_application};
pub(crate) use events::{
    a_plan_names_its_index, a_statement_that_is_given_up_is_told_of,
    the_text_is_the_one_that_is_sent, transactions_are_told_of,
};
pub(crate) use life::{
    a_read_only_server_is_left, connecting_takes_no_longer_than_allowed,
    own_sql_leaves_no_settings_behind, own_sql_that_ends_the_transaction_is_found_out,
    reads_on_a_warm_pool_take_one_round_trip, statements_that_are_given_up_are_stopped,
    transactions_of_the_application,
};
pub(crate) use limits::{
    a_dropped_transaction_keeps_its_connection, a_server_that_does_not_answer_is_given_up,
    a_transaction_whose_statement_was_given_up_is_dead, migrations_take_as_long_as_they_take,
    servers_that_say_nothing, statements_take_no_longer_than_allowed,
};
pub(crate) use migrate::{
    a_lease_is_waited_for_until_its_end, a_lost_lease_is_noticed_before_the_next_step,
    a_process_that_was_killed_blocks_until_its_lease_ends, nothing_to_do_needs_no_rights,
    scripts_run_once_whoever_runs_them,
};
pub(crate) use own::{
    errors_quote_no_value, own_sql_is_part_of_the_transaction,
    own_sql_that_fails_ends_the_transaction,
};
pub(crate) use site::{Settings, Site};

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "notes", key(id), unique(title))]
pub(crate) struct Note {
    /// Its number.
    pub(crate) id: i64,
    /// Its title.
    #[column(max_chars = 40)]
    pub(crate) title: String,
    /// How often it was read.
    #[column(filter)]
    pub(crate) hits: i32,
    /// What it says.
    pub(crate) body: Option<String>,
}

impl Note {
    pub(crate) fn new(id: i64, title: &str) -> Self {
        Self {
            id,
            title: title.to_owned(),
            hits: 0,
            body: None,
        }
    }
}

/// A store of two connections, with the table of notes.
pub(crate) async fn notes<S: Site>(site: S) -> (S::Room, S::Store) {
    let room = site.room().await;
    let store = migrated(site, &room, Settings::connections(2)).await;
    (room, store)
}

/// Opens a store, and makes the table of notes.
async fn migrated<S: Site>(site: S, room: &S::Room, settings: Settings) -> S::Store {
    let store = site.open(room, settings).await;
    let migrations = scripts::migrations(S::DIALECT, &[Note::TABLE]);
    store.migrate(&[migrations]).await.unwrap();
    store
}

/// The error of what must fail in this way.
pub(crate) fn fails<T: Debug>(answer: Result<T>, kind: ErrorKind) -> Error {
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
    error
}

/// One test for each case and each site, in modules that are called after the backends.
macro_rules! cases {
    ($($backend:ident => $site:expr),+; $cases:tt) => {
        $(crate::store::cases_of!($backend => $site; $cases);)+
    };
}

/// The module of one site.
macro_rules! cases_of {
    ($backend:ident => $site:expr; [$($case:ident),+ $(,)?]) => {
        mod $backend {
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    if let Err(reason) = store::Site::wanted($site) {
                        let path = concat!(stringify!($backend), "::", stringify!($case));
                        return genledger_conformance::report_not_applicable(path, reason);
                    }
                    super::$case($site).await;
                }
            )+
        }
    };
}

pub(crate) use {cases, cases_of};
