//! A user was activated.

use super::define::activity_log;
use super::rules;
use crate::Redacted;

activity_log! {
    /// A user was activated.
    ///
    /// ```
    /// use genledger::activity::UserActivateLog;
    ///
    /// let json = r#"{"ID":"a-1","UserId":"u-1","Ip":"2001:db8::1","RecordTimeStamp":1750000000000}"#;
    /// let log: UserActivateLog = serde_json::from_str(json)?;
    /// assert!(log.ip.is_some() && !format!("{log:?}").contains("2001"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct UserActivateLog / NewUserActivateLog as UserActivate in "user_activate_logs" {
        /// The address, IPv4 or IPv6: personal data.
        #[column(max_chars = 64, sensitive)]
        pub ip: Option<Redacted>,
    }
    at record_time_stamp "When it happened."
    needs_user: true
    rules |log, found| {
        rules::ip(found, "ip", log.ip.as_ref());
    }
}
