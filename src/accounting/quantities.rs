//! `Quantities`: how much of each bucket was used.

use genledger_contract::json::decimal;
use genledger_contract::{Error, Result, Violation};
use rust_decimal::Decimal;

use super::{Bucket, BucketKind, UsageUnit};
use crate::json::JsonObject;

/// The digits after the point of a quantity other than tokens.
const SCALE: u32 = 4;

/// From it on, a quantity of a unit does not fit its column.
const UNIT_LIMIT: i128 = 1_000_000_000_000_000;

/// How much of each bucket was used: none is negative, and all are 0 at first.
///
/// Its text is a JSON object with the buckets in their order, without those that are 0.
///
/// ```
/// use genledger::accounting::{Bucket, Quantities, UsageUnit};
///
/// let used = Quantities::new()
///     .with(Bucket::Input, 400)?
///     .with(Bucket::CacheRead, 600)?
///     .with(Bucket::Second, "12.5".parse::<rust_decimal::Decimal>().unwrap())?;
/// assert_eq!(used.to_json(), r#"{"input":400,"cache_read":600,"second":12.5}"#);
/// assert_eq!(Quantities::parse(&used.to_json())?, used);
/// assert_eq!((used.prompt_tokens()?, used.completion_tokens()?), (1_000, 0));
/// assert_eq!(used.unit(), (UsageUnit::Second, Some("12.5".parse().unwrap())));
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Quantities {
    /// Tokens, and ten-thousandths of the other units.
    counts: [i64; Bucket::ALL.len()],
}

impl Quantities {
    /// Nothing was used.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with another quantity of a bucket.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the path `quantities.BUCKET` and the rule `negative`;
    /// `too_many_digits` for a part of a token, and for more than 4 digits after the point; `out_of_range` for a number of
    /// tokens of more than 64 bits, and from 10^11 on for other units.
    pub fn with(mut self, bucket: Bucket, quantity: impl Into<Decimal>) -> Result<Self> {
        let quantity = quantity.into().normalize();
        let refuse = |rule, message| -> Error {
            Violation::new(format!("quantities.{bucket}"), rule, message).into()
        };
        if quantity.mantissa() < 0 {
            return Err(refuse("negative", "must not be negative"));
        }
        let scale = if bucket.kind() == BucketKind::Unit {
            SCALE
        } else {
            0
        };
        let missing = scale.checked_sub(quantity.scale());
        let missing = missing
            .ok_or_else(|| refuse("too_many_digits", "has too many digits after the point"))?;
        // A decimal has 96 bits, so that the product fits.
        let count = quantity.mantissa() * 10_i128.pow(missing);
        let fits = bucket.kind() != BucketKind::Unit || count < UNIT_LIMIT;
        let count = i64::try_from(count).ok().filter(|_| fits);
        self.counts[bucket.index()] =
            count.ok_or_else(|| refuse("out_of_range", "is too large"))?;
        Ok(self)
    }

    /// The quantity of a bucket.
    #[must_use]
    pub fn get(&self, bucket: Bucket) -> Decimal {
        let scale = if bucket.kind() == BucketKind::Unit {
            SCALE
        } else {
            0
        };
        Decimal::new(self.count(bucket), scale).normalize()
    }

    /// Tokens, or ten-thousandths of another unit.
    pub(super) const fn count(&self, bucket: Bucket) -> i64 {
        self.counts[bucket.index()]
    }

    /// The buckets that were used.
    pub fn used(&self) -> impl Iterator<Item = Bucket> {
        Bucket::ALL
            .into_iter()
            .filter(|bucket| self.count(*bucket) != 0)
    }

    /// The tokens of the prompt, cached ones included: the column `input_tokens`.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `out_of_range` for more than 64 bits.
    pub fn prompt_tokens(&self) -> Result<i64> {
        self.tokens(BucketKind::Prompt)
    }

    /// The tokens of the completion: the column `output_tokens`.
    ///
    /// # Errors
    /// As [`prompt_tokens`](Self::prompt_tokens).
    pub fn completion_tokens(&self) -> Result<i64> {
        self.tokens(BucketKind::Completion)
    }

    fn tokens(&self, kind: BucketKind) -> Result<i64> {
        let of_kind = Bucket::ALL
            .into_iter()
            .filter(|bucket| bucket.kind() == kind);
        let sum: i128 = of_kind.map(|bucket| i128::from(self.count(bucket))).sum();
        i64::try_from(sum)
            .map_err(|_| Violation::new("quantities", "out_of_range", "is too large").into())
    }

    /// The columns `unit` and `quantity`: the first unit that was used, tokens without a quantity if there is none.
    #[must_use]
    pub fn unit(&self) -> (UsageUnit, Option<Decimal>) {
        let unit = self.used().find(|bucket| bucket.kind() == BucketKind::Unit);
        match unit {
            Some(bucket) => (bucket.unit(), Some(self.get(bucket))),
            None => (UsageUnit::Token, None),
        }
    }

    /// The canonical text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let member = |bucket| format!("\"{bucket}\":{}", self.get(bucket));
        let members: Vec<String> = self.used().map(member).collect();
        format!("{{{}}}", members.join(","))
    }

    /// Reads the text, in any order and with any white space.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `not_an_object`; `unknown_bucket` and
    /// `not_a_number` for a member; and as [`with`](Self::with).
    pub fn parse(text: &str) -> Result<Self> {
        let object = JsonObject::from_text(text);
        let entries = object.named_entries().filter(|_| object.is_valid());
        let Some(entries) = entries else {
            let message = "must be a JSON object";
            return Err(Violation::new("quantities", "not_an_object", message).into());
        };
        let mut quantities = Self::new();
        for (name, value) in entries {
            let Some(bucket) = Bucket::from_name(&name) else {
                let message = "has a bucket that this version does not know";
                return Err(Violation::new("quantities", "unknown_bucket", message).into());
            };
            let quantity = decimal::parse(value.trim_matches('"')).ok_or_else(|| {
                let path = format!("quantities.{bucket}");
                Error::from(Violation::new(path, "not_a_number", "must be a number"))
            })?;
            quantities = quantities.with(bucket, quantity)?;
        }
        Ok(quantities)
    }
}

impl From<&Quantities> for JsonObject {
    fn from(quantities: &Quantities) -> Self {
        Self::from_text(quantities.to_json())
    }
}
