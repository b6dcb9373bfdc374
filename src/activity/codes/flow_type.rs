//! Which way an amount of the platform flows.

use super::{Directed, Direction};
use crate::contract::{CodedEnum, UnrecognizedCode};

/// Which way an amount of the platform flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum FlowType {
    /// The platform pays.
    #[code(0)]
    Expense,
    /// The platform receives.
    #[code(1)]
    Income,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl Directed for FlowType {
    fn direction(&self) -> Option<Direction> {
        match self {
            Self::Income => Some(Direction::Income),
            Self::Expense => Some(Direction::Expense),
            Self::Unrecognized(_) => None,
        }
    }
}
