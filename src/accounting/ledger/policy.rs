//! What becomes of a charge that is more than its hold or the balance, or that comes after its time.

use std::fmt;

/// What becomes of a charge that is greater than its hold, or than what the account has.
///
/// ```
/// use genledger::accounting::Overrun;
///
/// assert_eq!(Overrun::default(), Overrun::Refuse);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Overrun {
    /// It is refused.
    #[default]
    Refuse,
    /// The amount of the hold is charged; only for the settlement of a hold.
    Hold,
    /// What is available is charged, with the hold.
    Available,
}

impl fmt::Display for Overrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Refuse => "refuse",
            Self::Hold => "hold",
            Self::Available => "available",
        })
    }
}

/// What becomes of the settlement of a hold that has expired and was swept.
///
/// ```
/// use genledger::accounting::Late;
///
/// assert_eq!(Late::default(), Late::Refuse);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Late {
    /// It is refused.
    #[default]
    Refuse,
    /// It is charged from what is available now.
    Charge,
}

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Refuse => "refuse",
            Self::Charge => "charge",
        })
    }
}
