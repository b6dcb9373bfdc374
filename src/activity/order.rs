//! An order was paid.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::log::activity;
use super::{BaseInfo, PaymentProvider, pay_time, rules};
use crate::contract::{Entity, Json, New, Violations, json::decimal, json::millis};
use crate::id::ActivityId;

/// An order was paid.
///
/// The unit of an amount follows from its provider: compute points or CNY.
#[derive(Clone, Debug, PartialEq, Entity, Json, New)]
#[json(rename_all = "PascalCase")]
#[entity(
    table = "order_logs", key(id), append_only,
    index(record_time_stamp desc, id desc), index(user_id, record_time_stamp desc, id desc),
    index(pay_user_id, record_time_stamp desc, id desc)
)]
pub struct OrderLog {
    /// The id, made by the client.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// When it was paid: milliseconds in the database, RFC 3339 in JSON. A time without a zone is
    /// read as +08:00.
    #[column(time = "unix_millis")]
    #[json(with = pay_time)]
    pub pay_time: DateTime<Utc>,
    /// The kind of order; an open set of words.
    #[column(max_chars = 64, filter)]
    pub order_type: String,
    /// The user who pays.
    #[column(max_chars = 64)]
    pub pay_user_id: String,
    /// The user who receives.
    #[column(max_chars = 64)]
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
    pub pay_provider: PaymentProvider,
    /// Who received.
    pub income_provider: PaymentProvider,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

activity!(OrderLog, NewOrderLog, Order, record_time_stamp, needs_user: true, warnings: mixed_units);

impl NewOrderLog {
    fn check(&self, found: &mut Violations) {
        rules::moment(found, "pay_time", self.pay_time);
        rules::present(found, "pay_user_id", &self.pay_user_id);
        rules::amount(found, "order_amount", self.order_amount);
        rules::amount(found, "coupon_amount", self.coupon_amount);
        rules::amount(found, "payable_amount", self.payable_amount);
        rules::amount(found, "real_pay_amount", self.real_pay_amount);
        found.check(
            self.order_amount.checked_sub(self.coupon_amount) != Some(self.payable_amount),
            "payable_amount",
            "not_order_less_coupon",
            "must be the order amount less the coupon amount",
        );
        found.check(
            self.real_pay_amount > self.payable_amount,
            "real_pay_amount",
            "more_than_payable",
            "must not be more than the payable amount",
        );
        rules::known(found, "pay_provider", &self.pay_provider);
        rules::known(found, "income_provider", &self.income_provider);
    }

    /// Points on one side and CNY on the other: allowed, but likely a mistake.
    fn mixed_units(&self) -> Violations {
        let mut found = Violations::new();
        found.check(
            self.pay_provider.unit() != self.income_provider.unit(),
            "income_provider",
            "mixed_units",
            "counts in another unit than the paying provider",
        );
        found
    }
}
