//! A merchant joined the platform.

use super::define::activity_log;

activity_log! {
    /// A merchant joined the platform.
    ///
    /// ```
    /// use genledger::activity::{ClientType, MerchantSettleLog};
    ///
    /// let json = r#"{"ID":"a-1","UserId":"u-1","RecordTimeStamp":1750000000000}"#;
    /// let log: MerchantSettleLog = serde_json::from_str(json)?;
    /// assert_eq!(log.base.client_type, ClientType::Unknown);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct MerchantSettleLog / NewMerchantSettleLog as MerchantSettle in "merchant_settle_logs" {}
    at record_time_stamp "When it happened."
    needs_user: true
}
