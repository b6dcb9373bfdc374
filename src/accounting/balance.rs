//! The entity `CustomerBalance`: the account of a customer in a currency.

use chrono::{DateTime, Utc};
use genledger_contract::json::decimal;
use genledger_contract::table::ColumnType;
use genledger_contract::{Entity, Error, JsonRecord, Result, Violations};
use rust_decimal::Decimal;

use super::digest::{NO_DIGEST, row_digest};
use super::{BalanceStatus, Currency, Money, currency, rules};
use crate::id::CustomerBalanceId;
use crate::time::unix_micros;
use crate::validate::Validate;

/// What a customer has in a currency, what of it is held, and how far it may go below zero.
///
/// It is what the last entry of the account states; `last_entry_seq` is the version that a change compares. A balance is
/// [`opened`](Self::opened) or comes from a store. JSON uses the names of the columns and unix microseconds.
///
/// ```
/// use genledger::accounting::{Currency, CustomerBalance};
/// use genledger::validate::Validate;
///
/// let now = "2025-06-01T12:00:00Z".parse().unwrap();
/// let balance = CustomerBalance::opened("c1", Currency::iso("CNY")?, now)?;
/// assert_eq!(balance.id.to_string(), "18085dfaa5ee8eca8bcf24ccc677b813");
/// assert!(balance.validate().is_ok() && balance.is_intact());
///
/// let mut changed = balance;
/// changed.balance = 1.into();
/// assert!(!changed.is_intact());
/// let error = changed.validate().unwrap_err();
/// assert_eq!(error.violations()[0].rule(), "not_the_room");
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Entity, JsonRecord)]
#[entity(table = "customer_balance", key(id), unique(customer_id, currency))]
#[non_exhaustive]
pub struct CustomerBalance {
    /// Primary key, which follows from the customer and the currency.
    pub id: CustomerBalanceId,
    /// The customer; 1 to 32 visible ASCII characters.
    #[column(max_chars = 32)]
    pub customer_id: String,
    /// The code of the currency or of the declared unit; at most 8 characters.
    #[column(max_chars = 8)]
    pub currency: String,
    /// The digits of amounts after the point, 0 to 6; 6 for a currency of ISO 4217.
    #[column(range(0, 6))]
    pub scale: i16,
    /// What the customer has.
    #[json(with = decimal)]
    pub balance: Decimal,
    /// The sum of the amounts that are held for pending records.
    #[json(with = decimal)]
    pub reserved: Decimal,
    /// How far the balance may go below zero; the greatest amount is "without a limit".
    #[json(with = decimal)]
    pub credit_limit: Decimal,
    /// What can be charged: the balance and the credit limit without what is held, at most the greatest amount.
    #[json(with = decimal)]
    pub available: Decimal,
    /// The part of priced costs below the smallest unit that is not charged yet, in 10^-18 of the currency.
    #[column(range(0, 999_999_999_999_999_999))]
    pub residual: i64,
    /// Whether new charges are accepted.
    #[column(default = "open")]
    #[json(default)]
    pub status: BalanceStatus,
    /// The number of the last entry, which is also the version of the row; 0 before the first.
    #[column(range(0, 9_223_372_036_854_775_807))]
    pub last_entry_seq: i64,
    /// The digest of the last entry; 64 zeros before the first.
    #[column(max_chars = 64)]
    pub head_digest: String,
    /// When it was last changed, in UTC, to the microsecond.
    #[column(time = "datetime6")]
    #[json(with = unix_micros)]
    pub updated_at: DateTime<Utc>,
    /// The digest of the row.
    #[column(max_chars = 64)]
    pub digest: String,
}

impl CustomerBalance {
    /// An account without entries: open, with nothing in it, and without credit.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the broken rules of the customer.
    pub fn opened(
        customer_id: impl Into<String>,
        currency: Currency,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let customer_id = customer_id.into();
        let mut balance = Self {
            id: CustomerBalanceId::of(&customer_id, currency.code()),
            customer_id,
            currency: currency.code().to_owned(),
            scale: i16::from(currency.scale()),
            balance: Decimal::ZERO,
            reserved: Decimal::ZERO,
            credit_limit: Decimal::ZERO,
            available: Decimal::ZERO,
            residual: 0,
            status: BalanceStatus::Open,
            last_entry_seq: 0,
            head_digest: NO_DIGEST.to_owned(),
            updated_at: ColumnType::DateTime { digits: 6 }.truncate(now),
            digest: String::new(),
        };
        balance.digest = balance.row_digest()?;
        balance.validate()?;
        Ok(balance)
    }

    /// The digest of the values that the row has now.
    ///
    /// # Errors
    /// None for a row of this library.
    pub fn row_digest(&self) -> Result<String> {
        row_digest(self, None)
    }

    /// Whether the row has the values that its digest was calculated from.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.row_digest().is_ok_and(|digest| digest == self.digest)
    }

    /// The currency, with the scale of the account.
    ///
    /// # Errors
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) if the row has none.
    pub fn currency(&self) -> Result<Currency> {
        Currency::of(&self.currency, self.scale).map_err(|fault| {
            let error = Error::corrupt("the row has no valid currency");
            error.with_column("currency").with_source(fault)
        })
    }

    /// Whether there is no credit limit.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        self.currency()
            .is_ok_and(|currency| self.credit_limit == Money::max(currency).amount())
    }

    /// What can be charged, as `available` should be; `None` for amounts that are out of range.
    fn room(&self, currency: Currency) -> Option<Decimal> {
        let most = Money::max(currency).amount();
        if self.credit_limit == most {
            return Some(most);
        }
        let sum = self.balance.checked_add(self.credit_limit)?;
        Some(sum.checked_sub(self.reserved)?.clamp(-most, most))
    }
}

/// | rule | where |
/// |---|---|
/// | `required`, `not_visible_ascii`, `too_long` | `customer_id` is not 1 to 32 visible ASCII characters |
/// | `malformed_currency`, `scale_mismatch` | `currency`; `scale` is not 6 for a currency of ISO 4217 |
/// | `out_of_range`, `too_many_digits` | an amount from 10^12 on, or with more digits than its currency has; `scale`, `residual`, `last_entry_seq`; a time is not in the years 1000 to 9999 |
/// | `negative` | `reserved`, `credit_limit` |
/// | `not_the_room` | `available` is not the balance and the credit limit without what is held |
/// | `not_below_a_unit` | `residual` is a unit or more |
/// | `not_of_the_customer` | `id` does not follow from the customer and the currency |
/// | `not_a_digest` | `head_digest`, `digest` |
/// | `unrecognized_code` | `status` |
impl Validate for CustomerBalance {
    fn violations(&self) -> Violations {
        let mut found = Violations::of(self);
        let of_columns = found.is_empty();
        rules::customer(&mut found, &self.customer_id);
        found.extend(currency::fault(&self.currency, self.scale).filter(|fault| {
            // The column reports it.
            fault.rule() != "scale_out_of_range"
        }));
        found.check(
            self.id != CustomerBalanceId::of(&self.customer_id, &self.currency),
            Self::ID,
            "not_of_the_customer",
            "does not follow from the customer and the currency",
        );
        rules::not_negative(&mut found, "reserved", self.reserved);
        rules::not_negative(&mut found, "credit_limit", self.credit_limit);
        rules::digest(&mut found, "head_digest", &self.head_digest);
        rules::digest(&mut found, "digest", &self.digest);
        // Only amounts that are in range can be added.
        let Ok(currency) = Currency::of(&self.currency, self.scale) else {
            return found;
        };
        if !of_columns {
            return found;
        }
        for (path, amount) in [
            ("balance", self.balance),
            ("reserved", self.reserved),
            ("credit_limit", self.credit_limit),
            ("available", self.available),
        ] {
            found.check(
                Money::new(amount, currency).is_err(),
                path,
                "too_many_digits",
                "has more digits after the point than its currency",
            );
        }
        found.check(
            self.room(currency) != Some(self.available),
            Self::AVAILABLE,
            "not_the_room",
            "must be the balance and the credit limit without what is held",
        );
        let unit = 10_i64.pow(18 - u32::from(currency.scale()));
        found.check(
            self.residual >= unit,
            Self::RESIDUAL,
            "not_below_a_unit",
            "must be less than the smallest unit",
        );
        found
    }
}
