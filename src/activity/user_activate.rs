//! A user became active.

use chrono::{DateTime, Utc};

use super::log::activity;
use super::{BaseInfo, rules};
use crate::Redacted;
use crate::contract::{Entity, Json, New, Violations, json::millis};
use crate::id::ActivityId;

/// A user became active.
#[derive(Clone, Debug, PartialEq, Entity, Json, New)]
#[json(rename_all = "PascalCase")]
#[entity(
    table = "user_activate_logs", key(id), append_only,
    index(record_time_stamp desc, id desc), index(user_id, record_time_stamp desc, id desc)
)]
pub struct UserActivateLog {
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
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

activity!(UserActivateLog, NewUserActivateLog, UserActivate, record_time_stamp, needs_user: true);

impl NewUserActivateLog {
    fn check(&self, found: &mut Violations) {
        if let Some(ip) = &self.ip {
            rules::ip(found, "ip", ip.expose());
        }
    }
}
