//! The entities of the suite, which cover the column types and keys that a backend must support.

mod account;
mod codes;
mod drift;
mod entry;
mod job;
mod member;
mod signal;
mod specimen;
mod wide;

use genledger_contract::Entity;
use genledger_contract::table::TableDef;

pub(crate) use account::{Account, Versioned};
pub(crate) use codes::{Grade, Level, NewerGrade, NewerLevel, NewerState, State};
pub(crate) use drift::{
    Absent, Coloured, DriftedAccount, FlaggedAccount, NarrowAccount, Ranged, RequiredSpecimen,
    TypedSpecimen, Widest,
};
pub(crate) use entry::Entry;
pub(crate) use job::{Job, JobState};
pub(crate) use member::Member;
pub(crate) use signal::{NewerSignal, Signal};
pub(crate) use specimen::{Options, OptionsColumns, Specimen, Values, ValuesColumns};
pub(crate) use wide::Wide;

/// The tables that the databases of a [`Harness`](crate::Harness) have.
#[must_use]
pub fn tables() -> &'static [&'static TableDef] {
    const {
        &[
            Account::TABLE,
            Entry::TABLE,
            Job::TABLE,
            Member::TABLE,
            Signal::TABLE,
            Specimen::TABLE,
            Versioned::TABLE,
            Wide::TABLE,
        ]
    }
}
