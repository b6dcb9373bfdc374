//! What is removed from a row before it is stored: addresses that no policy passed, and hosts and secrets in the texts of
//! errors.

use genledger_contract::{Error, Result, Violation, Violations};

use super::ip_policy::is_allowed;
use super::{IpPolicy, UsageLog, UsageLogOther, UsageLogType};
use crate::mask::{is_masked, mask};

impl UsageLog {
    /// The row as it may be stored, for a row that was not created by [`NewUsageLog`](super::NewUsageLog) but changed, or
    /// read from the JSON or the database of another system: without an address that the policy does not pass, and
    /// with the content and the texts in `other` of an error [masked](crate::mask::mask()).
    ///
    /// ```
    /// use genledger::usage::{IpPolicy, UsageLog};
    ///
    /// let json = r#"{"id":7,"user_id":42,"created_at":1750000000,"type":5,"ip":"203.0.113.7",
    ///     "content":"dial tcp: lookup api.example.com: no such host"}"#;
    /// let log: UsageLog = serde_json::from_str(json)?;
    /// let log = log.with_privacy(&IpPolicy::new());
    /// assert_eq!(log.content, "dial tcp: lookup ***.***.com: no such host");
    /// assert_eq!(log.ip, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_privacy(mut self, policy: &IpPolicy) -> Self {
        let ip = self.ip.take();
        self.ip = ip.and_then(|ip| policy.pass(self.kind, self.user_id, ip));
        mask_error(self.kind, &mut self.content, &mut self.other);
        self
    }

    /// Removes an address that passed no policy, and masks the texts of an error.
    pub(super) fn made_private(mut self) -> Self {
        if !is_allowed(&self) {
            self.ip = None;
        }
        mask_error(self.kind, &mut self.content, &mut self.other);
        self
    }
}

/// Masks the texts of a row, if it is an error.
pub(super) fn mask_error(kind: UsageLogType, content: &mut String, other: &mut UsageLogOther) {
    if kind != UsageLogType::Error {
        return;
    }
    if let std::borrow::Cow::Owned(masked) = mask(content) {
        *content = masked;
    }
    if let Some(masked) = other.masked() {
        *other = masked;
    }
}

/// The rules of privacy that a row breaks.
pub(super) fn check(found: &mut Violations, log: &UsageLog) {
    if log.kind == UsageLogType::Error {
        let message =
            "must be masked in an error: create the row from NewUsageLog, or use with_privacy";
        let is_content = is_masked(&log.content);
        found.check(!is_content, UsageLog::CONTENT, "not_masked", message);
        let is_other = log.other.masked().is_none();
        found.check(!is_other, UsageLog::OTHER, "not_masked", message);
    }
    if !is_allowed(log) {
        found.extend([not_allowed()]);
    }
}

/// Refuses rows with an address that passed no policy.
pub(super) fn check_addresses(logs: &[UsageLog]) -> Result<()> {
    let mut found = Violations::new();
    for (index, log) in logs.iter().enumerate() {
        if !is_allowed(log) {
            found.extend([not_allowed().within(&format!("[{index}]"))]);
        }
    }
    found.into_result().map_err(Error::from)
}

fn not_allowed() -> Violation {
    let message =
        "no IP policy has passed it: use client_ip of NewUsageLog, or with_privacy of UsageLog";
    Violation::new(UsageLog::IP, "ip_not_allowed", message)
}
