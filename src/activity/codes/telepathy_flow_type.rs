//! Which way compute points flow (`TelepathyTradeFlowType`).

use super::{Directed, Direction};
use crate::contract::{CodedEnum, UnrecognizedCode};

/// Which way compute points flow (`TelepathyTradeFlowType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum TelepathyFlowType {
    /// The user spends points.
    #[code(1)]
    Expense,
    /// The user receives points.
    #[code(2)]
    Income,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl Directed for TelepathyFlowType {
    fn direction(&self) -> Option<Direction> {
        match self {
            Self::Income => Some(Direction::Income),
            Self::Expense => Some(Direction::Expense),
            Self::Unrecognized(_) => None,
        }
    }
}
