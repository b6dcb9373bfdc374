//! A row with so many columns that few rows fill a statement.

use genledger_contract::Entity;

/// A row of 25 columns.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "suite_wide", key(id))]
pub(crate) struct Wide {
    /// Its number.
    pub(crate) id: i64,
    /// How often it was written.
    #[column(filter)]
    pub(crate) writes: i32,
    /// The value of the last change.
    #[column(filter)]
    pub(crate) mark: i32,
    /// A number to fill the row.
    pub(crate) filler_01: i32,
    /// A number to fill the row.
    pub(crate) filler_02: i32,
    /// A number to fill the row.
    pub(crate) filler_03: i32,
    /// A number to fill the row.
    pub(crate) filler_04: i32,
    /// A number to fill the row.
    pub(crate) filler_05: i32,
    /// A number to fill the row.
    pub(crate) filler_06: i32,
    /// A number to fill the row.
    pub(crate) filler_07: i32,
    /// A number to fill the row.
    pub(crate) filler_08: i32,
    /// A number to fill the row.
    pub(crate) filler_09: i32,
    /// A number to fill the row.
    pub(crate) filler_10: i32,
    /// A number to fill the row.
    pub(crate) filler_11: i32,
    /// A number to fill the row.
    pub(crate) filler_12: i32,
    /// A number to fill the row.
    pub(crate) filler_13: i32,
    /// A number to fill the row.
    pub(crate) filler_14: i32,
    /// A number to fill the row.
    pub(crate) filler_15: i32,
    /// A number to fill the row.
    pub(crate) filler_16: i32,
    /// A number to fill the row.
    pub(crate) filler_17: i32,
    /// A number to fill the row.
    pub(crate) filler_18: i32,
    /// A number to fill the row.
    pub(crate) filler_19: i32,
    /// A number to fill the row.
    pub(crate) filler_20: i32,
    /// A number to fill the row.
    pub(crate) filler_21: i32,
    /// A number to fill the row.
    pub(crate) filler_22: i32,
}

impl Wide {
    /// A row that was written once and has this value everywhere else.
    pub(crate) fn new(id: i64, value: i32) -> Self {
        Self {
            id,
            writes: 1,
            mark: value,
            filler_01: value,
            filler_02: value,
            filler_03: value,
            filler_04: value,
            filler_05: value,
            filler_06: value,
            filler_07: value,
            filler_08: value,
            filler_09: value,
            filler_10: value,
            filler_11: value,
            filler_12: value,
            filler_13: value,
            filler_14: value,
            filler_15: value,
            filler_16: value,
            filler_17: value,
            filler_18: value,
            filler_19: value,
            filler_20: value,
            filler_21: value,
            filler_22: value,
        }
    }
}
