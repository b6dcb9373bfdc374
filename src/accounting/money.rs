//! `Money`: an amount in a currency, with checked arithmetic only.

use std::cmp::Ordering;
use std::fmt;

use genledger_contract::{Result, Violation};
use rust_decimal::Decimal;

use super::{Currency, Rounding};

/// An amount in a currency: a whole number of its smallest units, below 10^12 of the currency in either direction.
///
/// There are no operators: every operation is checked, and amounts of different currencies, also of different scales,
/// are an error. Nothing is rounded but by [`round`](Self::round), which names how.
///
/// ```
/// use genledger::accounting::{Currency, Money};
///
/// let cny = Currency::iso("CNY")?;
/// let price = Money::new("12.50".parse().unwrap(), cny)?;
/// let sum = price.checked_add(Money::new("0.000001".parse().unwrap(), cny)?)?;
/// assert_eq!(sum.to_string(), "12.500001 CNY");
///
/// let error = Money::new("0.0000001".parse().unwrap(), cny).unwrap_err();
/// assert_eq!(error.violations()[0].rule(), "too_many_digits");
/// let usd = Money::zero(Currency::iso("USD")?);
/// assert_eq!(price.checked_add(usd).unwrap_err().violations()[0].rule(), "currency_mismatch");
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    units: i64,
    currency: Currency,
}

impl Money {
    /// An amount, exactly.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `too_many_digits` for more digits after the
    /// point than the currency has, and `out_of_range` from 10^12 on.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self> {
        let amount = amount.normalize();
        let scale = u32::from(currency.scale());
        let Some(missing) = scale.checked_sub(amount.scale()) else {
            let message = "has more digits after the point than its currency";
            return Err(Violation::new("amount", "too_many_digits", message).into());
        };
        // A decimal has 96 bits, so that the product fits.
        Self::within(amount.mantissa() * 10_i128.pow(missing), currency)
    }

    /// An amount, rounded to the smallest unit of the currency.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `out_of_range` from 10^12 on.
    pub fn round(amount: Decimal, currency: Currency, rounding: Rounding) -> Result<Self> {
        let scale = u32::from(currency.scale());
        match amount.scale().checked_sub(scale) {
            Some(more) => Self::within(
                rounding.divide(amount.mantissa(), 10_i128.pow(more)),
                currency,
            ),
            None => Self::new(amount, currency),
        }
    }

    /// A number of smallest units.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `out_of_range` from 10^12 of the currency on.
    pub fn from_units(units: i64, currency: Currency) -> Result<Self> {
        Self::within(units.into(), currency)
    }

    pub(super) fn within(units: i128, currency: Currency) -> Result<Self> {
        match i64::try_from(units) {
            Ok(units) if units.unsigned_abs() < currency.limit().unsigned_abs() => {
                Ok(Self { units, currency })
            }
            _ => {
                let message = "must be less than 10^12";
                Err(Violation::new("amount", "out_of_range", message).into())
            }
        }
    }

    /// Nothing.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { units: 0, currency }
    }

    /// The greatest amount, 999999999999.999999 with 6 digits after the point. As a credit limit it is "unlimited".
    #[must_use]
    pub const fn max(currency: Currency) -> Self {
        Self {
            units: currency.limit() - 1,
            currency,
        }
    }

    /// The amount, in its shortest form.
    #[must_use]
    pub fn amount(self) -> Decimal {
        Decimal::new(self.units, u32::from(self.currency.scale())).normalize()
    }

    /// The number of smallest units.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.units
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.units == 0
    }

    /// Whether it is less than nothing.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.units < 0
    }

    /// The sum.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `currency_mismatch` or `out_of_range`.
    pub fn checked_add(self, other: Self) -> Result<Self> {
        self.same(other)?;
        Self::within(
            i128::from(self.units) + i128::from(other.units),
            self.currency,
        )
    }

    /// The difference.
    ///
    /// # Errors
    /// As [`checked_add`](Self::checked_add).
    pub fn checked_sub(self, other: Self) -> Result<Self> {
        self.checked_add(other.negated())
    }

    /// The same amount in the other direction.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self {
            units: -self.units,
            currency: self.currency,
        }
    }

    /// A multiple.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `out_of_range`.
    pub fn checked_mul(self, factor: i64) -> Result<Self> {
        Self::within(i128::from(self.units) * i128::from(factor), self.currency)
    }

    /// The sum of any number of amounts.
    ///
    /// # Errors
    /// As [`checked_add`](Self::checked_add). The order does not matter: only the sum must be in range.
    pub fn sum(amounts: impl IntoIterator<Item = Self>, currency: Currency) -> Result<Self> {
        let zero = Self::zero(currency);
        let mut sum = 0_i128;
        for amount in amounts {
            zero.same(amount)?;
            sum = sum.saturating_add(amount.units.into());
        }
        Self::within(sum, currency)
    }

    /// Divides the amount in proportion to weights, without a rest: each share is rounded down, and the units that are
    /// left go, one each, to the shares with the greatest remainders, of equal ones to the first. A negative amount is
    /// divided as its opposite.
    ///
    /// ```
    /// use genledger::accounting::{Currency, Money};
    ///
    /// let amount = Money::from_units(100, Currency::iso("CNY")?)?;
    /// let shares = amount.allocate(&[1.into(), 1.into(), 1.into()])?;
    /// let units: Vec<_> = shares.into_iter().map(Money::units).collect();
    /// assert_eq!(units, [34, 33, 33]);
    /// # Ok::<(), genledger::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `negative` for a negative weight,
    /// `too_many_digits` for weights whose digits together are more than 20, and `required` if all are 0.
    pub fn allocate(self, weights: &[Decimal]) -> Result<Vec<Self>> {
        let units = self.shares(weights)?.into_iter();
        Ok(units.map(|units| Self { units, ..self }).collect())
    }

    fn shares(self, weights: &[Decimal]) -> Result<Vec<i64>> {
        let weights = whole(weights)?;
        let total: u128 = weights.iter().sum();
        if total == 0 {
            let message = "must not all be 0";
            return Err(Violation::new("weights", "required", message).into());
        }
        let amount = self.units.unsigned_abs();
        let mut shares = Vec::with_capacity(weights.len());
        let mut remainders = Vec::with_capacity(weights.len());
        let mut left = amount;
        for (index, weight) in weights.iter().enumerate() {
            let product = u128::from(amount) * weight;
            // A share is not greater than the whole.
            let share = u64::try_from(product / total).unwrap_or(amount);
            left -= share;
            shares.push(share);
            remainders.push((std::cmp::Reverse(product % total), index));
        }
        remainders.sort_unstable();
        for (_, index) in remainders {
            if left == 0 {
                break;
            }
            shares[index] += 1;
            left -= 1;
        }
        let sign = self.units.signum();
        let signed = |share: u64| i64::try_from(share).unwrap_or(i64::MAX) * sign;
        Ok(shares.into_iter().map(signed).collect())
    }

    fn same(self, other: Self) -> Result<()> {
        if self.currency == other.currency {
            return Ok(());
        }
        let message = "is another currency";
        Err(Violation::new("currency", "currency_mismatch", message).into())
    }
}

/// Weights as whole numbers of the smallest digit of all of them, each below 10^20, so that an amount times a weight fits.
fn whole(weights: &[Decimal]) -> Result<Vec<u128>> {
    const LIMIT: u128 = 100_000_000_000_000_000_000;
    let digits = weights.iter().map(|weight| weight.normalize().scale());
    let scale = digits.max().unwrap_or(0);
    let each = weights.iter().map(|weight| {
        let weight = weight.normalize();
        let Ok(mantissa) = u128::try_from(weight.mantissa()) else {
            return Err(Violation::new("weights", "negative", "must not be negative").into());
        };
        let factor = 10_u128.checked_pow(scale - weight.scale());
        let number = factor.and_then(|factor| mantissa.checked_mul(factor));
        number.filter(|number| *number < LIMIT).ok_or_else(|| {
            Violation::new("weights", "too_many_digits", "must have at most 20 digits").into()
        })
    });
    each.collect()
}

/// Amounts of different currencies have no order.
impl PartialOrd for Money {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self.currency == other.currency).then(|| self.units.cmp(&other.units))
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Money({self})")
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}
