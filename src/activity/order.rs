//! The entity `OrderLog`: its columns and rules.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Activity, BaseInfo, PaymentProvider, pay_time, rules};
use crate::contract::json::{decimal, millis};
use crate::contract::{Entity, JsonRecord, New, Violations};
use crate::id::ActivityId;
use crate::validate::Validate;

/// An order was paid.
///
/// The unit of an amount follows from its provider: compute points or CNY. An order that mixes
/// both is a [warning](crate::validate::Validate::warnings).
///
/// ```
/// use genledger::activity::OrderLog;
///
/// let json = r#"{"ID":"a-1","UserId":"u-1","PayTime":"2025-06-15 23:06:40","OrderType":"vip",
///     "PayUserId":"u-1","IncomeUserId":"p-1","OrderAmount":20,"CouponAmount":"0.50",
///     "PayableAmount":19.5,"RealPayAmount":19.5,"PayProvider":0,"IncomeProvider":2,
///     "RecordTimeStamp":1750000000000}"#;
/// let log: OrderLog = serde_json::from_str(json)?;
/// assert_eq!(log.pay_time, log.record_time_stamp);
/// assert!(serde_json::to_string(&log)?.contains(r#""PayTime":"2025-06-15T15:06:40.000Z""#));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New, Activity)]
#[entity(
    table = "order_logs",
    key(id),
    append_only,
    index(record_time_stamp desc, id desc),
    index(user_id, record_time_stamp desc, id desc),
    index(pay_user_id, record_time_stamp desc, id desc)
)]
#[json(rename_all = "PascalCase")]
#[activity(kind = Order, time = record_time_stamp, needs_user)]
pub struct OrderLog {
    /// The id, made by the client; opaque.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// When it was paid: milliseconds in the database, RFC 3339 in JSON. A time without a zone is
    /// read as +08:00.
    #[column(time = "unix_millis", filter)]
    #[json(with = pay_time)]
    pub pay_time: DateTime<Utc>,
    /// The kind of order; an open set of words.
    #[column(max_chars = 64, filter)]
    pub order_type: String,
    /// The user who pays.
    #[column(max_chars = 64, filter)]
    pub pay_user_id: String,
    /// The user who receives.
    #[column(max_chars = 64, filter)]
    pub income_user_id: String,
    /// The amount of the order, at most 6 digits after the point.
    #[json(with = decimal)]
    pub order_amount: Decimal,
    /// What coupons take off.
    #[json(with = decimal)]
    pub coupon_amount: Decimal,
    /// What is to be paid: order amount less coupons.
    #[json(with = decimal)]
    pub payable_amount: Decimal,
    /// What was paid.
    #[json(with = decimal)]
    pub real_pay_amount: Decimal,
    /// Who paid.
    #[column(filter)]
    pub pay_provider: PaymentProvider,
    /// Who received.
    #[column(filter)]
    pub income_provider: PaymentProvider,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

/// Beside the [rules of every log](super#rules):
///
/// | rule | where |
/// |---|---|
/// | `seconds_not_milliseconds` | `PayTime` is before 1973 |
/// | `required` | `PayUserId` is empty |
/// | `negative` | `OrderAmount`, `CouponAmount`, `PayableAmount`, `RealPayAmount` |
/// | `not_order_less_coupon` | `PayableAmount` is not the order amount less the coupon amount |
/// | `more_than_payable` | `RealPayAmount` is more than the payable amount |
/// | `mixed_units` (a warning) | `IncomeProvider` counts in another unit than `PayProvider` |
impl Validate for OrderLog {
    fn violations(&self) -> Violations {
        let mut found = rules::common(self);
        rules::moment(&mut found, Self::PAY_TIME, self.pay_time);
        rules::present(&mut found, Self::PAY_USER_ID, &self.pay_user_id);
        rules::not_negative(&mut found, Self::ORDER_AMOUNT, self.order_amount);
        rules::not_negative(&mut found, Self::COUPON_AMOUNT, self.coupon_amount);
        rules::not_negative(&mut found, Self::PAYABLE_AMOUNT, self.payable_amount);
        rules::not_negative(&mut found, Self::REAL_PAY_AMOUNT, self.real_pay_amount);
        found.check(
            self.order_amount.checked_sub(self.coupon_amount) != Some(self.payable_amount),
            Self::PAYABLE_AMOUNT,
            "not_order_less_coupon",
            "must be the order amount less the coupon amount",
        );
        found.check(
            self.real_pay_amount > self.payable_amount,
            Self::REAL_PAY_AMOUNT,
            "more_than_payable",
            "must not be more than the payable amount",
        );
        found
    }

    fn warnings(&self) -> Violations {
        let mut found = Violations::new();
        // Points on one side and CNY on the other.
        let units = (self.pay_provider.unit(), self.income_provider.unit());
        found.check(
            matches!(units, (Some(pays), Some(receives)) if pays != receives),
            Self::INCOME_PROVIDER,
            "mixed_units",
            "counts in another unit than the paying provider",
        );
        found
    }
}
