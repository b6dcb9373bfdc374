//! The columns that every activity log has.

use crate::Redacted;
use crate::contract::{Embed, JsonRecord};

use super::{ClientType, stored_json};

/// The common part of every activity log, flattened into its columns and its JSON.
#[derive(Clone, Debug, Default, PartialEq, Embed, JsonRecord)]
#[json(rename_all = "PascalCase")]
pub struct BaseInfo {
    /// The user; absent for what can be done anonymously.
    #[column(max_chars = 64, filter)]
    pub user_id: Option<String>,
    /// The kind of client; unknown when missing.
    #[column(filter, default = -1)]
    #[json(default)]
    pub client_type: ClientType,
    /// The id of the device.
    #[column(max_chars = 128, filter)]
    pub ctl_dev_id: Option<String>,
    /// The channel that the client was distributed through.
    #[column(max_chars = 64, filter)]
    pub ctl_channel: Option<String>,
    /// The version of the client.
    #[column(max_chars = 32, filter)]
    pub ctl_version: Option<String>,
    /// Reserved.
    pub description: Option<String>,
    /// The session.
    #[column(max_chars = 255, sensitive)]
    pub session_id: Option<Redacted>,
    /// The roles of the user at that time.
    #[column(json, read_with = stored_json::roles)]
    #[json(default)]
    pub roles: Vec<String>,
}

impl BaseInfo {
    /// Only the user; nothing is known about the client.
    #[must_use]
    pub fn of_user(user_id: impl Into<String>) -> Self {
        Self {
            user_id: Some(user_id.into()),
            ..Self::default()
        }
    }
}
