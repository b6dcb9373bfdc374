//! Money of the platform flowed.

use rust_decimal::Decimal;

use super::define::activity_log;
use super::{FlowType, rules};
use crate::contract::json::decimal;

activity_log! {
    /// Money of the platform flowed.
    ///
    /// Income of the platform is an expense of a user; the two are not netted.
    ///
    /// ```
    /// use genledger::activity::{FlowType, PlatformAmountLog};
    ///
    /// let json = r#"{"ID":"a-1","FlowType":1,"Amount":"12.50","TradeType":"vip",
    ///     "RecordTimeStamp":1750000000000}"#;
    /// let log: PlatformAmountLog = serde_json::from_str(json)?;
    /// assert_eq!(log.flow_type, FlowType::Income);
    /// assert!(serde_json::to_string(&log)?.contains(r#""Amount":12.5,"#));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct PlatformAmountLog / NewPlatformAmountLog as PlatformAmount in "platform_amount_logs" {
        /// Which way.
        #[column(filter)]
        pub flow_type: FlowType,
        /// How much, in CNY, at most 6 digits after the point.
        #[json(with = decimal)]
        pub amount: Decimal,
        /// What for; an open set of words.
        #[column(max_chars = 64, filter)]
        pub trade_type: String,
    }
    at record_time_stamp "When it happened."
    needs_user: false
    rules |log, found| {
        rules::known(found, "flow_type", &log.flow_type);
        rules::amount(found, "amount", log.amount);
    }
}
