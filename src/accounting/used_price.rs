//! `UsedPrice`: the rates by which a cost was calculated, kept on the record.

use genledger_contract::json::decimal;
use genledger_contract::{Error, Result, Violation};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::rate::{self, Rates};
use super::{Bucket, Cost, PriceFault, Quantities, Rate};
use crate::json::JsonObject;

/// A cost with the rates that it was calculated by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// The exact cost.
    pub cost: Cost,
    /// The rates, for the column `price` of the record.
    pub price: UsedPrice,
}

/// The tier of a sheet, its multiplier, and the rates of the buckets that were used: enough to calculate the cost of the
/// same quantities again.
///
/// ```
/// use genledger::accounting::{Bucket, Quantities, UsedPrice};
///
/// let price = UsedPrice::parse(r#"{"tier":1,"multiplier":"0.9","rates":{"input":["2.5",1000000]}}"#)?;
/// let cost = price.cost(&Quantities::new().with(Bucket::Input, 1_000)?)?;
/// assert_eq!(cost.to_string(), "0.00225");
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedPrice {
    tier: usize,
    multiplier: i64,
    rates: Rates,
}

impl UsedPrice {
    pub(super) const fn new(tier: usize, multiplier: i64, rates: Rates) -> Self {
        Self {
            tier,
            multiplier,
            rates,
        }
    }

    /// The number of the tier, from 0 on.
    #[must_use]
    pub const fn tier(&self) -> usize {
        self.tier
    }

    /// The multiplier of all rates.
    #[must_use]
    pub fn multiplier(&self) -> Decimal {
        rate::shortest(self.multiplier)
    }

    /// The rate of a bucket, if it was used.
    #[must_use]
    pub fn rate(&self, bucket: Bucket) -> Option<Rate> {
        self.rates.get(&bucket).copied()
    }

    /// The cost of quantities by these rates.
    ///
    /// # Errors
    /// As [`PriceSheet::price`](super::PriceSheet::price).
    pub fn cost(&self, used: &Quantities) -> Result<Cost, PriceFault> {
        rate::cost(&self.rates, self.multiplier, used)
    }

    /// The text that is kept: the multiplier only if it is not 1.
    #[must_use]
    pub fn to_json(&self) -> String {
        let multiplier = self.multiplier();
        let multiplier = if multiplier == Decimal::ONE {
            String::new()
        } else {
            format!("\"multiplier\":\"{multiplier}\",")
        };
        let rates = rate::to_json(&self.rates);
        format!("{{\"tier\":{},{multiplier}\"rates\":{rates}}}", self.tier)
    }

    /// Reads the text.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `not_a_price` for other JSON and unknown keys, and
    /// those of rates.
    pub fn parse(text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw<'a> {
            tier: usize,
            multiplier: Option<String>,
            #[serde(borrow)]
            rates: &'a RawValue,
        }
        let refuse = || {
            let message = "must be a JSON object of a tier, a multiplier and rates";
            Error::from(Violation::new("price", "not_a_price", message))
        };
        let raw: Raw<'_> = serde_json::from_str(text).map_err(|_| refuse())?;
        let factor = match raw.multiplier {
            Some(factor) => decimal::parse(&factor).ok_or_else(refuse)?,
            None => Decimal::ONE,
        };
        Ok(Self {
            tier: raw.tier,
            multiplier: rate::multiplier(factor)?,
            rates: rate::parse(raw.rates.get())?,
        })
    }
}

impl From<&UsedPrice> for JsonObject {
    fn from(price: &UsedPrice) -> Self {
        Self::from_text(price.to_json())
    }
}
