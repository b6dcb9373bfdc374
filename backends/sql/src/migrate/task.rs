//! The arguments, the event target and the errors of a migration.

use std::sync::Arc;

use genledger_contract::backend::Events;
use genledger_contract::{Error, ErrorKind, MigrationSet};

use crate::dialect::Dialect;
use crate::schema::SchemaDriver;

/// The target of the events of migrations.
pub(super) const TARGET: &str = Events::MIGRATION;

/// The arguments of a migration, shared with the work on a connection.
#[derive(Clone)]
pub(super) struct Task {
    pub(super) dialect: &'static Dialect,
    pub(super) events: Events,
    pub(super) schema: &'static dyn SchemaDriver,
    pub(super) sets: Arc<[MigrationSet]>,
}

/// Adds the step to an error.
pub(super) fn failed(set: &str, step: &str, error: Error) -> Error {
    match error.kind() {
        ErrorKind::Unavailable | ErrorKind::SerializationFailure | ErrorKind::OutcomeUnknown => {
            error
        }
        ErrorKind::Denied => Error::new(
            ErrorKind::Denied,
            format!("the server denied a step of the migration of {set}: {step}"),
        )
        .with_source(error),
        _ => Error::new(
            ErrorKind::Schema,
            format!("a step of the migration of {set} failed: {step}"),
        )
        .with_source(error),
    }
}
