//! An order was paid.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::define::activity_log;
use super::{PaymentProvider, pay_time, rules};
use crate::contract::json::decimal;

activity_log! {
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
    pub struct OrderLog / NewOrderLog as Order in "order_logs" {
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
    }
    at record_time_stamp "When it happened."
    index(pay_user_id, record_time_stamp desc, id desc)
    needs_user: true
    rules |log, found| {
        rules::moment(found, "pay_time", log.pay_time);
        rules::present(found, "pay_user_id", &log.pay_user_id);
        rules::amount(found, "order_amount", log.order_amount);
        rules::amount(found, "coupon_amount", log.coupon_amount);
        rules::amount(found, "payable_amount", log.payable_amount);
        rules::amount(found, "real_pay_amount", log.real_pay_amount);
        found.check(
            log.order_amount.checked_sub(log.coupon_amount) != Some(log.payable_amount),
            "payable_amount",
            "not_order_less_coupon",
            "must be the order amount less the coupon amount",
        );
        found.check(
            log.real_pay_amount > log.payable_amount,
            "real_pay_amount",
            "more_than_payable",
            "must not be more than the payable amount",
        );
        rules::known(found, "pay_provider", &log.pay_provider);
        rules::known(found, "income_provider", &log.income_provider);
    }    warnings |log, found| {
        // Points on one side and CNY on the other.
        let units = (log.pay_provider.unit(), log.income_provider.unit());
        found.check(
            matches!(units, (Some(pays), Some(receives)) if pays != receives),
            "income_provider",
            "mixed_units",
            "counts in another unit than the paying provider",
        );
    }
}
