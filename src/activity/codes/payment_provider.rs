//! Who pays or receives a payment (`PayProvider`, `IncomeProvider`).

use crate::contract::{CodedEnum, UnrecognizedCode};

/// Who pays or receives a payment (`PayProvider`, `IncomeProvider`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum PaymentProvider {
    /// `WeChat` Pay, in CNY.
    #[code(0)]
    WeChatPay,
    /// Alipay, in CNY.
    #[code(1)]
    Alipay,
    /// The wallet on the platform, in CNY.
    #[code(2)]
    Wallet,
    /// Compute points.
    #[code(3)]
    ComputePower,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// What an amount of a provider is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Chinese yuan.
    Cny,
    /// Compute points.
    Points,
}

impl PaymentProvider {
    /// The unit of its amounts; `None` for a code that this version does not know.
    #[must_use]
    pub const fn unit(self) -> Option<Unit> {
        match self {
            Self::WeChatPay | Self::Alipay | Self::Wallet => Some(Unit::Cny),
            Self::ComputePower => Some(Unit::Points),
            Self::Unrecognized(_) => None,
        }
    }
}
