//! Money of a wallet flowed.

use rust_decimal::Decimal;

use super::define::activity_log;
use super::{WalletTradeType, rules};
use crate::contract::json::decimal;

activity_log! {
    /// Money of a wallet flowed.
    ///
    /// ```
    /// use genledger::activity::{Directed, Direction, WalletLog};
    ///
    /// let json = r#"{"ID":"a-1","UserId":"u-1","TradeType":1,"TradeItem":"image",
    ///     "TradeAmount":2,"RemainAmount":"97.5","RecordTimeStamp":1750000000000}"#;
    /// let log: WalletLog = serde_json::from_str(json)?;
    /// assert_eq!(log.trade_type.direction(), Some(Direction::Expense));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct WalletLog / NewWalletLog as Wallet in "wallet_logs" {
        /// Which way. The platform gives no codes: those here are an assumption.
        #[column(filter)]
        pub trade_type: WalletTradeType,
        /// What for; an open set of words.
        #[column(max_chars = 128, filter)]
        pub trade_item: String,
        /// How much, in CNY, at most 6 digits after the point.
        #[json(with = decimal)]
        pub trade_amount: Decimal,
        /// What remains afterwards, in CNY.
        #[json(with = decimal)]
        pub remain_amount: Decimal,
    }
    at record_time_stamp "When it happened."
    needs_user: true
    rules |log, found| {
        rules::known(found, "trade_type", &log.trade_type);
        rules::amount(found, "trade_amount", log.trade_amount);
        rules::amount(found, "remain_amount", log.remain_amount);
    }
}
