//! The entity `UserActivateLog`: its columns and rules.

use chrono::{DateTime, Utc};

use super::{Activity, BaseInfo, rules};
use crate::Redacted;
use crate::contract::json::millis;
use crate::contract::{Entity, JsonRecord, New, Violations};
use crate::id::ActivityId;
use crate::validate::Validate;

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
#[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New, Activity)]
#[entity(
    table = "user_activate_logs",
    key(id),
    append_only,
    index(record_time_stamp desc, id desc),
    index(user_id, record_time_stamp desc, id desc)
)]
#[json(rename_all = "PascalCase")]
#[activity(kind = UserActivate, time = record_time_stamp, needs_user)]
pub struct UserActivateLog {
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
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

/// Beside the [rules of every log](super#rules):
///
/// | rule | where |
/// |---|---|
/// | `not_an_ip_address` | `Ip` is neither IPv4 nor IPv6 |
impl Validate for UserActivateLog {
    fn violations(&self) -> Violations {
        let mut found = rules::common(self);
        rules::ip(&mut found, Self::IP, self.ip.as_ref());
        found
    }
}
