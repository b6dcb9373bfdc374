//! `PriceFault`: why a price sheet has no price for what was used.

use std::fmt;

use genledger_contract::{Error, Violation};

use super::{Bucket, EntryOutcome};

/// Why quantities have no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PriceFault {
    /// A bucket was used, and the tier has no rate for it. A rate of 0 is free.
    NoRate(Bucket),
    /// The cost would reach 10^12.
    OutOfRange,
}

impl PriceFault {
    /// The refusal of an operation on quantities that came too late to be invalid.
    #[must_use]
    pub const fn outcome(self) -> EntryOutcome {
        match self {
            Self::NoRate(_) => EntryOutcome::NoRate,
            Self::OutOfRange => EntryOutcome::OutOfRange,
        }
    }
}

impl fmt::Display for PriceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRate(bucket) => write!(f, "the price has no rate for {bucket}"),
            Self::OutOfRange => f.write_str("the cost is not less than 10^12"),
        }
    }
}

impl std::error::Error for PriceFault {}

/// A violation, where quantities are part of the input.
impl From<PriceFault> for Error {
    fn from(fault: PriceFault) -> Self {
        match fault {
            PriceFault::NoRate(bucket) => {
                let message = "has no rate in the price";
                Violation::new(format!("quantities.{bucket}"), "no_rate", message).into()
            }
            PriceFault::OutOfRange => {
                let message = "cost 10^12 or more";
                Violation::new("quantities", "out_of_range", message).into()
            }
        }
    }
}
