//! The entity `UserLoginLog`: its columns and rules.

use chrono::{DateTime, Utc};

use super::{Activity, BaseInfo, rules};
use crate::Redacted;
use crate::contract::json::millis;
use crate::contract::{Entity, JsonRecord, New, Violations};
use crate::id::ActivityId;
use crate::validate::Validate;

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
#[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New, Activity)]
#[entity(
    table = "user_login_logs",
    key(id),
    append_only,
    index(login_time_stamp desc, id desc),
    index(user_id, login_time_stamp desc, id desc)
)]
#[json(rename_all = "PascalCase")]
#[activity(kind = UserLogin, time = login_time_stamp, needs_user)]
pub struct UserLoginLog {
    /// The id, made by the client; opaque.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// The address, IPv4 or IPv6: personal data.
    #[column(max_chars = 64, sensitive)]
    pub ip: Option<Redacted>,
    /// When the user went offline; absent when the row was written while the user was online.
    /// Rows never change: to store both times, write the row when the session ends.
    #[column(time = "unix_millis", filter)]
    #[json(with = millis)]
    pub offline_time_stamp: Option<DateTime<Utc>>,
    /// When the user logged in.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub login_time_stamp: DateTime<Utc>,
}

/// Beside the [rules of every log](super#rules):
///
/// | rule | where |
/// |---|---|
/// | `not_an_ip_address` | `Ip` is neither IPv4 nor IPv6 |
/// | `seconds_not_milliseconds` | `OfflineTimeStamp` is before 1973 |
/// | `before_login` | `OfflineTimeStamp` is before the login |
impl Validate for UserLoginLog {
    fn violations(&self) -> Violations {
        let mut found = rules::common(self);
        rules::ip(&mut found, Self::IP, self.ip.as_ref());
        if let Some(offline) = self.offline_time_stamp {
            rules::moment(&mut found, Self::OFFLINE_TIME_STAMP, offline);
            found.check(
                offline < self.login_time_stamp,
                Self::OFFLINE_TIME_STAMP,
                "before_login",
                "must not be before the login",
            );
        }
        found
    }
}
