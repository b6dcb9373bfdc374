//! Which way money of a wallet flows. The source gives no codes; these are assumed by analogy with
//! those of compute points, its twin log.

use super::{Directed, Direction};
use crate::contract::{CodedEnum, UnrecognizedCode};

/// Which way money of a wallet flows. The source gives no codes; these are assumed by analogy with
/// those of compute points, its twin log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum WalletTradeType {
    /// The user spends money.
    #[code(1)]
    Expense,
    /// The user receives money.
    #[code(2)]
    Income,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl Directed for WalletTradeType {
    fn direction(&self) -> Option<Direction> {
        match self {
            Self::Income => Some(Direction::Income),
            Self::Expense => Some(Direction::Expense),
            Self::Unrecognized(_) => None,
        }
    }
}
