//! `Rate`: the price of a quantity of one bucket.

use std::collections::BTreeMap;

use genledger_contract::json::decimal;
use genledger_contract::{Error, Result, Violation};
use rust_decimal::Decimal;

use super::{Bucket, BucketKind, Cost, PriceFault, Quantities};
use crate::json::JsonObject;

/// The digits after the point of rates and multipliers.
const SCALE: u32 = 6;

/// From it on, a rate is refused.
const MOST_RATE: i128 = 1_000_000_000;

/// From it on, a multiplier is refused.
const MOST_MULTIPLIER: i128 = 100;

/// The quantity that a rate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RatePer {
    /// One.
    One,
    /// A thousand; for tokens only.
    Thousand,
    /// A million; for tokens only.
    Million,
}

impl RatePer {
    /// The number.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::One => 1,
            Self::Thousand => 1_000,
            Self::Million => 1_000_000,
        }
    }

    fn from_number(number: i64) -> Option<Self> {
        let all = [Self::One, Self::Thousand, Self::Million];
        all.into_iter().find(|per| per.number() == number)
    }
}

/// What a quantity of a bucket costs: from 0, which is free, to less than 10^9, with at most 6 digits after the point.
///
/// ```
/// use genledger::accounting::{Rate, RatePer};
///
/// let rate = Rate::new("2.50".parse().unwrap(), RatePer::Million)?;
/// assert_eq!(rate.to_json(), r#"["2.5",1000000]"#);
/// assert!(Rate::new("-1".parse().unwrap(), RatePer::One).is_err());
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    micros: i64,
    per: RatePer,
}

impl Rate {
    /// A rate.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `negative`, `too_many_digits` or `out_of_range`.
    pub fn new(amount: Decimal, per: RatePer) -> Result<Self> {
        let micros = micros("rates", amount, MOST_RATE)?;
        Ok(Self { micros, per })
    }

    /// The amount in its shortest form.
    #[must_use]
    pub fn amount(self) -> Decimal {
        shortest(self.micros)
    }

    /// The quantity that it is for.
    #[must_use]
    pub const fn per(self) -> RatePer {
        self.per
    }

    /// The text in price sheets.
    #[must_use]
    pub fn to_json(self) -> String {
        format!("[\"{}\",{}]", self.amount(), self.per.number())
    }

    fn parse(text: &str) -> Option<Result<Self>> {
        let (amount, per): (String, i64) = serde_json::from_str(text).ok()?;
        let amount = decimal::parse(&amount)?;
        Some(Self::new(amount, RatePer::from_number(per)?))
    }
}

/// A multiplier of all rates, as millionths: from 0 to less than 100.
pub(super) fn multiplier(factor: Decimal) -> Result<i64> {
    micros("multiplier", factor, MOST_MULTIPLIER)
}

pub(super) fn shortest(micros: i64) -> Decimal {
    Decimal::new(micros, SCALE).normalize()
}

/// A decimal that is not negative and below a limit, as millionths.
fn micros(path: &'static str, value: Decimal, limit: i128) -> Result<i64> {
    let value = value.normalize();
    let refuse = |rule, message| -> Error { Violation::new(path, rule, message).into() };
    if value.mantissa() < 0 {
        return Err(refuse("negative", "must not be negative"));
    }
    let missing = SCALE.checked_sub(value.scale());
    let missing = missing
        .ok_or_else(|| refuse("too_many_digits", "has more than 6 digits after the point"))?;
    // A decimal has 96 bits, so that the product fits.
    let micros = value.mantissa() * 10_i128.pow(missing);
    let fits = micros < limit * 10_i128.pow(SCALE);
    let micros = i64::try_from(micros).ok().filter(|_| fits);
    micros.ok_or_else(|| refuse("out_of_range", "is too large"))
}

/// The rates of some buckets.
pub(super) type Rates = BTreeMap<Bucket, Rate>;

/// The text of rates, in the order of the buckets.
pub(super) fn to_json(rates: &Rates) -> String {
    let member = |(bucket, rate): (&Bucket, &Rate)| format!("\"{bucket}\":{}", rate.to_json());
    let members: Vec<String> = rates.iter().map(member).collect();
    format!("{{{}}}", members.join(","))
}

/// Reads rates; an unknown bucket, and one that comes twice, are refused.
pub(super) fn parse(text: &str) -> Result<Rates> {
    let refuse = |rule, message| -> Error { Violation::new("rates", rule, message).into() };
    let object = JsonObject::from_text(text);
    let entries = object.named_entries().filter(|_| object.is_valid());
    let entries = entries.ok_or_else(|| refuse("not_an_object", "must be a JSON object"))?;
    let mut rates = Rates::new();
    for (name, value) in entries {
        let bucket = Bucket::from_name(&name);
        let bucket = bucket.ok_or_else(|| {
            refuse(
                "unknown_bucket",
                "has a bucket that this version does not know",
            )
        })?;
        let rate = Rate::parse(value);
        let rate =
            rate.ok_or_else(|| refuse("not_a_rate", "must be an amount and 1, 1000 or 1000000"))?;
        if rates.insert(bucket, rate?).is_some() {
            return Err(refuse("duplicate", "has a bucket twice"));
        }
    }
    Ok(rates)
}

/// The sum of rate · quantity · multiplier / per over all buckets that were used: at most 18 digits after the point, so
/// that it is exact.
pub(super) fn cost(rates: &Rates, multiplier: i64, used: &Quantities) -> Result<Cost, PriceFault> {
    let mut sum = 0_i128;
    for bucket in used.used() {
        let rate = rates.get(&bucket).ok_or(PriceFault::NoRate(bucket))?;
        // Rates and multipliers are millionths, so that their product has 12 digits after the point.
        let factor = i128::from(rate.micros) * i128::from(multiplier);
        let shift = match bucket.kind() {
            // The other 6 digits are those that the division by 1, 10^3 or 10^6 leaves.
            BucketKind::Prompt | BucketKind::Completion => 1_000_000 / rate.per.number(),
            // Quantities are ten-thousandths.
            BucketKind::Unit => 100,
        };
        // An intermediate result is not greater than the cost.
        let part = factor
            .checked_mul(used.count(bucket).into())
            .and_then(|product| product.checked_mul(shift.into()))
            .and_then(|part| sum.checked_add(part));
        sum = part.ok_or(PriceFault::OutOfRange)?;
    }
    Cost::from_attos(sum).map_err(|_| PriceFault::OutOfRange)
}
