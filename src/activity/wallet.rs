//! Money of a wallet flowed.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::log::activity;
use super::{BaseInfo, WalletTradeType, rules};
use crate::contract::{Entity, Json, New, Violations, json::decimal, json::millis};
use crate::id::ActivityId;

/// Money of a wallet flowed.
#[derive(Clone, Debug, PartialEq, Entity, Json, New)]
#[json(rename_all = "PascalCase")]
#[entity(
    table = "wallet_logs", key(id), append_only,
    index(record_time_stamp desc, id desc), index(user_id, record_time_stamp desc, id desc)
)]
pub struct WalletLog {
    /// The id, made by the client.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// Which way.
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
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

activity!(WalletLog, NewWalletLog, Wallet, record_time_stamp, needs_user: true);

impl NewWalletLog {
    fn check(&self, found: &mut Violations) {
        rules::known(found, "trade_type", &self.trade_type);
        rules::amount(found, "trade_amount", self.trade_amount);
        rules::amount(found, "remain_amount", self.remain_amount);
    }
}
