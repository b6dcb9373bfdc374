//! A user logged in, and later went offline.

use chrono::{DateTime, Utc};

use super::log::activity;
use super::{BaseInfo, rules};
use crate::Redacted;
use crate::contract::{Entity, Json, New, Violations, json::millis};
use crate::id::ActivityId;

/// A user logged in, and later went offline.
#[derive(Clone, Debug, PartialEq, Entity, Json, New)]
#[json(rename_all = "PascalCase")]
#[entity(
    table = "user_login_logs", key(id), append_only,
    index(login_time_stamp desc, id desc), index(user_id, login_time_stamp desc, id desc)
)]
pub struct UserLoginLog {
    /// The id, made by the client.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// The address, IPv4 or IPv6: personal data.
    #[column(max_chars = 64, sensitive)]
    pub ip: Option<Redacted>,
    /// When the user went offline; absent while online.
    #[column(time = "unix_millis")]
    #[json(with = millis::option, default)]
    pub offline_time_stamp: Option<DateTime<Utc>>,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub login_time_stamp: DateTime<Utc>,
}

activity!(UserLoginLog, NewUserLoginLog, UserLogin, login_time_stamp, needs_user: true);

impl NewUserLoginLog {
    fn check(&self, found: &mut Violations) {
        if let Some(ip) = &self.ip {
            rules::ip(found, "ip", ip.expose());
        }
        if let Some(offline) = self.offline_time_stamp {
            rules::moment(found, "offline_time_stamp", offline);
            found.check(
                offline < self.login_time_stamp,
                "offline_time_stamp",
                "before_login",
                "must not be before the login",
            );
        }
    }
}
