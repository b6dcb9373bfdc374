//! `Rounding`: what becomes of digits that do not fit.

use std::cmp::Ordering;

/// How an amount is rounded to the smallest unit of its currency.
///
/// ```
/// use genledger::accounting::{Currency, Money, Rounding};
///
/// let points = Currency::unit("POINTS", 0)?;
/// let round = |rounding| Money::round("-2.5".parse().unwrap(), points, rounding).map(Money::units);
/// assert_eq!(round(Rounding::Floor)?, -3);
/// assert_eq!(round(Rounding::Ceil)?, -2);
/// assert_eq!(round(Rounding::Trunc)?, -2);
/// assert_eq!(round(Rounding::HalfEven)?, -2);
/// assert_eq!(round(Rounding::HalfUp)?, -3);
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To the next unit below.
    Floor,
    /// To the next unit above.
    Ceil,
    /// To the next unit towards zero.
    Trunc,
    /// To the nearest unit; ties to the even one.
    HalfEven,
    /// To the nearest unit; ties away from zero.
    HalfUp,
}

impl Rounding {
    /// A quotient, rounded. The divisor is positive and at most 10^28.
    pub(super) fn divide(self, value: i128, divisor: i128) -> i128 {
        let floor = value.div_euclid(divisor);
        let rest = value.rem_euclid(divisor);
        let up = match self {
            Self::Floor => false,
            Self::Ceil => rest > 0,
            Self::Trunc => rest > 0 && value < 0,
            Self::HalfEven | Self::HalfUp => match rest.cmp(&(divisor - rest)) {
                Ordering::Less => false,
                Ordering::Greater => true,
                Ordering::Equal if self == Self::HalfEven => floor.rem_euclid(2) == 1,
                Ordering::Equal => value > 0,
            },
        };
        floor + i128::from(up)
    }
}
