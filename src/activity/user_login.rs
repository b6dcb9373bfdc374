//! A user logged in, and perhaps went offline.

use chrono::{DateTime, Utc};

use super::define::activity_log;
use super::rules;
use crate::Redacted;
use crate::contract::json::millis;

activity_log! {
    /// A user logged in, and perhaps went offline.
    ///
    /// ```
    /// use genledger::activity::UserLoginLog;
    ///
    /// let json = r#"{"ID":"a-1","UserId":"u-1","Ip":"192.0.2.7","LoginTimeStamp":1750000000000}"#;
    /// let log: UserLoginLog = serde_json::from_str(json)?;
    /// assert_eq!(log.offline_time_stamp, None);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct UserLoginLog / NewUserLoginLog as UserLogin in "user_login_logs" {
        /// The address, IPv4 or IPv6: personal data.
        #[column(max_chars = 64, sensitive)]
        pub ip: Option<Redacted>,
        /// When the user went offline; absent when the row was written while the user was online.
        /// Rows never change: who wants both times writes the row when the session ends.
        #[column(time = "unix_millis", filter)]
        #[json(with = millis::option)]
        pub offline_time_stamp: Option<DateTime<Utc>>,
    }
    at login_time_stamp "When the user logged in."
    needs_user: true
    rules |log, found| {
        rules::ip(found, "ip", log.ip.as_ref());
        if let Some(offline) = log.offline_time_stamp {
            rules::moment(found, "offline_time_stamp", offline);
            found.check(
                offline < log.login_time_stamp,
                "offline_time_stamp",
                "before_login",
                "must not be before the login",
            );
        }
    }
}
