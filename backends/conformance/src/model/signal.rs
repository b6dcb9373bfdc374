//! One table in an older and in a newer version of an application.

use genledger_contract::Entity;

use super::codes::{Grade, Level, NewerGrade, NewerLevel, NewerState, State};

/// A signal as this version knows it.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "suite_signals", key(id))]
pub(crate) struct Signal {
    /// Its number.
    pub(crate) id: i64,
    /// A code of 16 bits.
    #[column(filter)]
    pub(crate) grade: Grade,
    /// A code of 32 bits.
    #[column(filter)]
    pub(crate) level: Option<Level>,
    /// A code of text.
    #[column(filter)]
    pub(crate) state: State,
    /// Changes beside the codes.
    #[column(filter)]
    pub(crate) version: i64,
}

/// A signal as a newer version writes it.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "suite_signals", key(id))]
pub(crate) struct NewerSignal {
    /// Its number.
    pub(crate) id: i64,
    /// A code of 16 bits.
    #[column(filter)]
    pub(crate) grade: NewerGrade,
    /// A code of 32 bits.
    #[column(filter)]
    pub(crate) level: Option<NewerLevel>,
    /// A code of text.
    #[column(filter)]
    pub(crate) state: NewerState,
    /// Changes beside the codes.
    #[column(filter)]
    pub(crate) version: i64,
}
