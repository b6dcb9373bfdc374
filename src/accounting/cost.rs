//! `Cost`: an exact price, and the residual that is carried until it is a unit.

use std::fmt;

use genledger_contract::{Result, Violation};

use super::{Currency, Money, Rounding};

/// The digits after the point of a cost.
const SCALE: u32 = 18;

/// 10^12 of a currency, which no cost reaches.
const LIMIT: i128 = 10_i128.pow(SCALE + 12);

/// An exact amount of some currency with 18 digits after the point, as a price sheet calculates it; the difference of two
/// costs may be negative.
///
/// ```
/// use genledger::accounting::{Cost, Currency, Rounding};
///
/// let cny = Currency::iso("CNY")?;
/// let cost = Cost::from_attos(840_000_000_000)?; // 0.00000084
/// assert_eq!(cost.to_string(), "0.00000084");
/// // A hold of the cost rounded up suffices for it.
/// assert_eq!(cost.round(cny, Rounding::Ceil)?.units(), 1);
/// // What is below the smallest unit is carried to the next cost.
/// let first = cost.carry(0, cny)?;
/// let second = cost.carry(first.residual, cny)?;
/// assert_eq!((first.asked.units(), first.residual), (0, 840_000_000_000));
/// assert_eq!((second.asked.units(), second.residual), (1, 680_000_000_000));
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cost(i128);

/// What a cost asks of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// What is due: whole units, rounded down.
    pub asked: Money,
    /// What remains for the next cost, in 10^-18 of the currency: not negative, and less than a unit.
    pub residual: i64,
}

impl Cost {
    /// A number of 10^-18 of a currency.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `out_of_range` from 10^12 of the currency on.
    pub fn from_attos(attos: i128) -> Result<Self> {
        if attos <= -LIMIT || attos >= LIMIT {
            let message = "must be less than 10^12";
            return Err(Violation::new("cost", "out_of_range", message).into());
        }
        Ok(Self(attos))
    }

    /// The number of 10^-18 of a currency.
    #[must_use]
    pub const fn attos(self) -> i128 {
        self.0
    }

    /// The difference to another cost of the same currency.
    ///
    /// # Errors
    /// As [`from_attos`](Self::from_attos).
    pub fn checked_sub(self, other: Self) -> Result<Self> {
        // Both are below 10^30.
        Self::from_attos(self.0 - other.0)
    }

    /// The cost, rounded to the smallest unit of its currency.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `out_of_range` if it is rounded to 10^12.
    pub fn round(self, currency: Currency, rounding: Rounding) -> Result<Money> {
        Money::within(rounding.divide(self.0, unit(currency)), currency)
    }

    /// What is due when a residual is carried: the residual and the cost, rounded down to whole units, and the rest as
    /// the next residual.
    ///
    /// After any number of costs in any order, what was asked is less than a unit below their sum, and never above it; the
    /// last residual is their sum modulo a unit.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `out_of_range` for a residual that is negative or
    /// not less than a unit, and for an amount from 10^12 on.
    pub fn carry(self, residual: i64, currency: Currency) -> Result<Carried> {
        let unit = unit(currency);
        if !(0..unit).contains(&i128::from(residual)) {
            let message = "must be less than a unit, and not negative";
            return Err(Violation::new("residual", "out_of_range", message).into());
        }
        let sum = i128::from(residual) + self.0;
        let asked = Rounding::Floor.divide(sum, unit);
        let rest = i64::try_from(sum - asked * unit);
        Ok(Carried {
            asked: Money::within(asked, currency)?,
            residual: rest.map_err(|_| {
                Violation::new("residual", "out_of_range", "must be less than a unit")
            })?,
        })
    }
}

/// The smallest unit of a currency in 10^-18 of it.
fn unit(currency: Currency) -> i128 {
    10_i128.pow(SCALE - u32::from(currency.scale()))
}

/// The shortest plain form.
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u128.pow(SCALE);
        let attos = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let whole = attos / one;
        let fraction = format!("{:018}", attos % one);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            digits => write!(f, "{sign}{whole}.{digits}"),
        }
    }
}
