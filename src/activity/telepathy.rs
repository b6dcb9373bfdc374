//! Compute points of a user flowed.

use rust_decimal::Decimal;

use super::define::activity_log;
use super::{TelepathyFlowType, rules};
use crate::contract::json::decimal;

activity_log! {
    /// Compute points of a user flowed.
    ///
    /// Inspiration value and computing power are one asset: compute points.
    ///
    /// ```
    /// use genledger::activity::{Directed, Direction, TelepathyLog};
    ///
    /// let json = r#"{"ID":"a-1","UserId":"u-1","TelepathyTradeFlowType":1,"TradeItem":"image",
    ///     "TradeAmount":2,"RemainAmount":"97.5","RecordTimeStamp":1750000000000}"#;
    /// let log: TelepathyLog = serde_json::from_str(json)?;
    /// assert_eq!(log.telepathy_trade_flow_type.direction(), Some(Direction::Expense));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct TelepathyLog / NewTelepathyLog as Telepathy in "telepathy_logs" {
        /// Which way.
        #[column(filter)]
        pub telepathy_trade_flow_type: TelepathyFlowType,
        /// What for; an open set of words.
        #[column(max_chars = 128, filter)]
        pub trade_item: String,
        /// How much, in compute points, at most 6 digits after the point.
        #[json(with = decimal)]
        pub trade_amount: Decimal,
        /// What remains afterwards, in compute points.
        #[json(with = decimal)]
        pub remain_amount: Decimal,
    }
    at record_time_stamp "When it happened."
    needs_user: true
    rules |log, found| {
        rules::known(found, "telepathy_trade_flow_type", &log.telepathy_trade_flow_type);
        rules::amount(found, "trade_amount", log.trade_amount);
        rules::amount(found, "remain_amount", log.remain_amount);
    }
}
