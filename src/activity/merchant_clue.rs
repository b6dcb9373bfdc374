//! A merchant left a phone number to be called.

use super::define::activity_log;
use super::rules;
use crate::Redacted;

activity_log! {
    /// A merchant left a phone number to be called.
    ///
    /// ```
    /// use genledger::activity::MerchantClueLog;
    ///
    /// let json = r#"{"ID":"a-1","PhoneNumber":"+49 30 901820","RecordTimeStamp":1750000000000}"#;
    /// let log: MerchantClueLog = serde_json::from_str(json)?;
    /// assert_eq!(log.phone_number.expose(), "+49 30 901820");
    /// assert!(!format!("{log:?}").contains("901820"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct MerchantClueLog / NewMerchantClueLog as MerchantClue in "merchant_clue_logs" {
        /// The phone number: personal data, hidden in `Debug` and logs.
        #[column(max_chars = 32, sensitive)]
        pub phone_number: Redacted,
    }
    at record_time_stamp "When it happened."
    needs_user: false
    rules |log, found| {
        rules::present(found, "phone_number", log.phone_number.expose());
    }
}
