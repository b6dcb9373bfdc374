//! Unique keys beside the primary key: one that always holds, one among live rows only.

use genledger_contract::Entity;

/// A member.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    crate = genledger_contract,
    table = "suite_members",
    key(id),
    unique(badge),
    unique(name = "uk_suite_members_login", columns(tenant, login), live),
    soft_delete = deleted
)]
pub(crate) struct Member {
    /// Its number.
    pub(crate) id: i64,
    /// Unique among all members, but several may have none.
    pub(crate) badge: Option<i64>,
    /// Where the login is valid.
    #[column(max_chars = 32)]
    pub(crate) tenant: String,
    /// Unique among the live members of a tenant, but several may have none.
    #[column(max_chars = 64, filter)]
    pub(crate) login: Option<String>,
    /// Whether the member has left.
    #[column(filter)]
    pub(crate) deleted: bool,
    /// Counts changes.
    #[column(filter)]
    pub(crate) version: i64,
}

impl Member {
    /// A live member with a login and no badge.
    pub(crate) fn new(id: i64, login: &str) -> Self {
        Self {
            id,
            badge: None,
            tenant: "acme".to_owned(),
            login: Some(login.to_owned()),
            deleted: false,
            version: 0,
        }
    }

    pub(crate) fn with_badge(mut self, badge: i64) -> Self {
        self.badge = Some(badge);
        self
    }

    pub(crate) fn deleted(mut self) -> Self {
        self.deleted = true;
        self
    }
}
