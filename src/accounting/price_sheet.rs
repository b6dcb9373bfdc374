//! `PriceSheet`: what the use of models costs in a period.

use chrono::{DateTime, SecondsFormat, Utc};
use genledger_contract::json::decimal;
use genledger_contract::table::ColumnType;
use genledger_contract::{Error, Result, Violation, Violations};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::digest::hex;
use super::rate::{self, Rates};
use super::{Bucket, BucketKind, PriceFault, Priced, Quantities, Rate, RatePer, UsedPrice, rules};
use crate::validate::Validate;

/// The multiplier of a sheet without one, in millionths.
const ONE: i64 = 1_000_000;

/// The prices of some models in a currency for a period: rates for each bucket, in tiers by the length of the prompt, and
/// a multiplier of all of them.
///
/// It has one canonical text, whose SHA-256 is its version.
///
/// ```
/// use genledger::accounting::{Bucket, Currency, PriceSheet, PriceTier, Quantities, Rate, RatePer};
///
/// let rate = |amount: &str| Rate::new(amount.parse().unwrap(), RatePer::Million);
/// let base = PriceTier::new()
///     .up_to(200_000)
///     .rate(Bucket::Input, rate("1.25")?)
///     .rate(Bucket::Output, rate("10")?);
/// let long = PriceTier::new().rate(Bucket::Input, rate("2.5")?).rate(Bucket::Output, rate("15")?);
/// let sheet = PriceSheet::new("p-1", "CNY", ["model-a"])
///     .multiplier("0.9".parse().unwrap())?
///     .tier(base)
///     .tier(long);
/// assert_eq!(PriceSheet::parse(&sheet.canonical())?, sheet);
/// assert_eq!(sheet.version().len(), 64);
///
/// let used = Quantities::new().with(Bucket::Input, 200_000)?.with(Bucket::Output, 1_000)?;
/// let priced = sheet.price(&used)?;
/// assert_eq!(priced.cost.to_string(), "0.234");
/// assert_eq!(priced.price.tier(), 0);
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceSheet {
    id: String,
    currency: String,
    models: Vec<String>,
    from: Option<DateTime<Utc>>,
    before: Option<DateTime<Utc>>,
    multiplier: i64,
    tiers: Vec<PriceTier>,
}

/// The rates of a sheet for prompts up to a length.
///
/// ```
/// use genledger::accounting::{Bucket, PriceTier, Rate, RatePer};
///
/// let tier = PriceTier::new().up_to(128_000).rate(Bucket::Call, Rate::new(1.into(), RatePer::One)?);
/// # let _ = tier;
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceTier {
    up_to: Option<i64>,
    rates: Rates,
}

impl PriceTier {
    /// A tier without rates, for prompts of any length.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For prompts of at most this many tokens, cached ones included.
    #[must_use]
    pub const fn up_to(mut self, tokens: i64) -> Self {
        self.up_to = Some(tokens);
        self
    }

    /// The rate of a bucket.
    #[must_use]
    pub fn rate(mut self, bucket: Bucket, rate: Rate) -> Self {
        self.rates.insert(bucket, rate);
        self
    }

    fn canonical(&self) -> String {
        let rates = rate::to_json(&self.rates);
        match self.up_to {
            Some(up_to) => format!("{{\"up_to\":{up_to},\"rates\":{rates}}}"),
            None => format!("{{\"rates\":{rates}}}"),
        }
    }
}

impl PriceSheet {
    /// A sheet for any time, without tiers.
    #[must_use]
    pub fn new<M: Into<String>>(
        id: impl Into<String>,
        currency: impl Into<String>,
        models: impl IntoIterator<Item = M>,
    ) -> Self {
        Self {
            id: id.into(),
            currency: currency.into(),
            models: models.into_iter().map(Into::into).collect(),
            from: None,
            before: None,
            multiplier: ONE,
            tiers: Vec::new(),
        }
    }

    /// The beginning of its period, to the microsecond.
    #[must_use]
    pub fn from(mut self, from: DateTime<Utc>) -> Self {
        self.from = Some(ColumnType::DateTime { digits: 6 }.truncate(from));
        self
    }

    /// The end of its period, which is not part of it, to the microsecond.
    #[must_use]
    pub fn before(mut self, before: DateTime<Utc>) -> Self {
        self.before = Some(ColumnType::DateTime { digits: 6 }.truncate(before));
        self
    }

    /// The multiplier of all rates, 1 if it is not given.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a negative one, with more than 6 digits after the point, and
    /// from 100 on.
    pub fn multiplier(mut self, factor: Decimal) -> Result<Self> {
        self.multiplier = rate::multiplier(factor)?;
        Ok(self)
    }

    /// One more tier, for longer prompts than those before.
    #[must_use]
    pub fn tier(mut self, tier: PriceTier) -> Self {
        self.tiers.push(tier);
        self
    }

    /// The id of the price, of which this is a version.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The code of the currency.
    #[must_use]
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// The models.
    #[must_use]
    pub fn models(&self) -> &[String] {
        &self.models
    }

    /// Whether it is the price of a model at a time.
    #[must_use]
    pub fn applies(&self, model: &str, at: DateTime<Utc>) -> bool {
        self.models.iter().any(|one| one == model)
            && self.from.is_none_or(|from| from <= at)
            && self.before.is_none_or(|before| at < before)
    }

    /// Whether it and another one are prices of one model in one currency at the same time.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let begins_before = |from: Option<DateTime<Utc>>, before: Option<DateTime<Utc>>| {
            from.zip(before).is_none_or(|(from, before)| from < before)
        };
        self.currency == other.currency
            && self.models.iter().any(|model| other.models.contains(model))
            && begins_before(self.from, other.before)
            && begins_before(other.from, self.before)
    }

    /// The exact cost of what was used, with the rates by which it was calculated. The tier is the first one whose
    /// `up_to` is not less than the tokens of the prompt; all buckets are priced by it.
    ///
    /// # Errors
    /// [`PriceFault::NoRate`] for the first bucket that was used and has no rate, [`PriceFault::OutOfRange`] for a cost from
    /// 10^12 on.
    pub fn price(&self, used: &Quantities) -> Result<Priced, PriceFault> {
        let prompt: i128 = used
            .used()
            .filter(|bucket| bucket.kind() == BucketKind::Prompt)
            .map(|bucket| i128::from(used.count(bucket)))
            .sum();
        let fits = |tier: &PriceTier| tier.up_to.is_none_or(|up_to| prompt <= up_to.into());
        let place = self.tiers.iter().position(fits);
        // A valid sheet has a last tier without an end.
        let rates = place.and_then(|place| self.tiers.get(place));
        let rates = rates.map(|tier| &tier.rates);
        let mut applied = Rates::new();
        for bucket in used.used() {
            let rate = rates.and_then(|rates| rates.get(&bucket));
            applied.insert(bucket, *rate.ok_or(PriceFault::NoRate(bucket))?);
        }
        let price = UsedPrice::new(place.unwrap_or(0), self.multiplier, applied);
        Ok(Priced {
            cost: price.cost(used)?,
            price,
        })
    }

    /// The canonical text: the keys and buckets in their order, without white space.
    #[must_use]
    pub fn canonical(&self) -> String {
        let text = |text: &str| Value::from(text).to_string();
        let moment = |key: &str, moment: Option<DateTime<Utc>>| {
            let moment = moment.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
            moment.map_or_else(String::new, |at| format!("\"{key}\":\"{at}\","))
        };
        let models: Vec<String> = self.models.iter().map(|model| text(model)).collect();
        let tiers: Vec<String> = self.tiers.iter().map(PriceTier::canonical).collect();
        format!(
            "{{\"v\":1,\"id\":{},\"currency\":{},\"models\":[{}],{}{}\"multiplier\":\"{}\",\"tiers\":[{}]}}",
            text(&self.id),
            text(&self.currency),
            models.join(","),
            moment("from", self.from),
            moment("before", self.before),
            rate::shortest(self.multiplier),
            tiers.join(","),
        )
    }

    /// The version: SHA-256 of the canonical text, 64 lower-case digits.
    #[must_use]
    pub fn version(&self) -> String {
        hex(&self.canonical())
    }

    /// Reads a sheet and checks its rules. The order of keys and white space do not matter.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `not_a_sheet` for other JSON, for unknown keys and
    /// another `v` than 1; those of rates; and the broken rules of the sheet.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = |message| -> Error { Violation::new("sheet", "not_a_sheet", message).into() };
        let raw: RawSheet<'_> = serde_json::from_str(text)
            .map_err(|_| refuse("must be a JSON object with the keys of a price sheet"))?;
        if raw.v != 1 {
            return Err(refuse("has a version of the format that is not known"));
        }
        let mut sheet = Self::new(raw.id, raw.currency, raw.models);
        let moment = |text: String| -> Result<DateTime<Utc>> {
            let read = DateTime::parse_from_rfc3339(&text);
            let read = read.map_err(|_| refuse("has a time that is not one of RFC 3339"))?;
            Ok(read.to_utc())
        };
        if let Some(from) = raw.from {
            sheet = sheet.from(moment(from)?);
        }
        if let Some(before) = raw.before {
            sheet = sheet.before(moment(before)?);
        }
        if let Some(factor) = raw.multiplier {
            let factor = decimal::parse(&factor);
            sheet = sheet.multiplier(factor.ok_or_else(|| refuse("has no decimal multiplier"))?)?;
        }
        for tier in raw.tiers {
            sheet.tiers.push(PriceTier {
                up_to: tier.up_to,
                rates: rate::parse(tier.rates.get())?,
            });
        }
        sheet.validate()?;
        Ok(sheet)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSheet<'a> {
    v: i64,
    id: String,
    currency: String,
    models: Vec<String>,
    from: Option<String>,
    before: Option<String>,
    multiplier: Option<String>,
    #[serde(borrow)]
    tiers: Vec<RawTier<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTier<'a> {
    up_to: Option<i64>,
    #[serde(borrow)]
    rates: &'a RawValue,
}

/// | rule | where |
/// |---|---|
/// | `required`, `not_visible_ascii`, `too_long` | `id` is not 1 to 32 visible ASCII characters |
/// | `malformed_currency` | `currency` |
/// | `required`, `too_long`, `duplicate` | `models` is empty, or a model is empty, longer than 128 characters, or there twice |
/// | `empty_period` | `before` is not later than `from` |
/// | `required` | there is no tier |
/// | `not_rising` | `up_to` is not greater than that of the tier before it, or negative |
/// | `not_last` | a tier without `up_to` is not the last one, or the last one has `up_to` |
/// | `not_per_one` | a unit other than tokens has a rate per 1000 or more |
impl Validate for PriceSheet {
    fn violations(&self) -> Violations {
        let mut found = Violations::new();
        super::key::visible(&mut found, "id", &self.id, 32);
        rules::code(&mut found, &self.currency);
        let empty = self.models.is_empty() || self.models.iter().any(String::is_empty);
        found.check(empty, "models", "required", "must not be empty");
        let long = self
            .models
            .iter()
            .any(|model| model.chars().nth(128).is_some());
        let message = "must have at most 128 characters";
        found.check(long, "models", "too_long", message);
        let mut sorted: Vec<&String> = self.models.iter().collect();
        sorted.sort_unstable();
        let twice = sorted.windows(2).any(|pair| pair[0] == pair[1]);
        found.check(twice, "models", "duplicate", "must not be there twice");
        let period = self.from.zip(self.before);
        let empty = period.is_some_and(|(from, before)| before <= from);
        found.check(empty, "before", "empty_period", "must be later than from");
        let message = "must not be empty";
        found.check(self.tiers.is_empty(), "tiers", "required", message);
        let mut least = -1;
        for (index, tier) in self.tiers.iter().enumerate() {
            let is_last = index + 1 == self.tiers.len();
            let path = || format!("tiers[{index}].up_to");
            if is_last == tier.up_to.is_some() {
                let message = "must be there in every tier but the last one";
                found.push(Violation::new(path(), "not_last", message));
            }
            if let Some(up_to) = tier.up_to {
                if up_to <= least {
                    let message = "must be greater than that of the tier before";
                    found.push(Violation::new(path(), "not_rising", message));
                }
                least = up_to;
            }
            for (bucket, rate) in &tier.rates {
                if bucket.kind() == BucketKind::Unit && rate.per() != RatePer::One {
                    let path = format!("tiers[{index}].rates.{bucket}");
                    let message = "must be per 1 for a unit other than tokens";
                    found.push(Violation::new(path, "not_per_one", message));
                }
            }
        }
        found
    }
}
