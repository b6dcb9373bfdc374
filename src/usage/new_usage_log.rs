//! Converts a `NewUsageLog` into a row, and setters of two fields at once. The struct is derived from
//! `UsageLog`, in `usage_log.rs`, which also has the columns and the rules.

use chrono::{DateTime, Utc};
use genledger_contract::{Result, Violations};

use super::{ClientIp, IpPolicy, NewUsageLog, UsageLog};
use crate::id::{UsageLogId, UsageLogIdGenerator};
use crate::validate::Validate;

impl NewUsageLog {
    /// The token that was used, and its name.
    #[must_use]
    pub fn token(self, id: i64, name: impl Into<String>) -> Self {
        self.token_id(id).token_name(name)
    }

    /// Tokens of the prompt and of the completion.
    #[must_use]
    pub fn tokens(self, prompt: i64, completion: i64) -> Self {
        self.prompt_tokens(prompt).completion_tokens(completion)
    }

    /// The client's address, if the policy lets a row of this kind and this user keep it.
    ///
    /// ```
    /// use genledger::prelude::*;
    /// use genledger::usage::IpPolicy;
    ///
    /// let ids = UsageLogIdGenerator::system(NodeId::ZERO);
    /// let no_user = IpPolicy::new();
    /// let call = NewUsageLog::new(UsageLogType::Consume, 42).client_ip(&no_user, "203.0.113.7");
    /// assert_eq!(call.into_log(&ids)?.ip, None);
    /// let login = NewUsageLog::new(UsageLogType::Login, 42).client_ip(&no_user, "203.0.113.7");
    /// assert!(login.into_log(&ids)?.ip.is_some());
    /// # Ok::<(), genledger::Error>(())
    /// ```
    #[must_use]
    pub fn client_ip(mut self, policy: &IpPolicy, ip: impl Into<ClientIp>) -> Self {
        self.ip = policy.pass(self.kind, self.user_id, ip);
        self
    }

    /// The row, with a new id. A row without a time gets that of the generator's clock.
    ///
    /// Here the row becomes one that may be stored: an address that passed no [`IpPolicy`] is removed, unless the kind
    /// of the row always keeps it, and the texts of an error are [masked](crate::mask::mask()).
    ///
    /// Do this once, before the first attempt to write: writing the same row again is then
    /// recognised, while a second id would make a second row.
    ///
    /// ```
    /// use genledger::id::{UsageLogIdGenerator, NodeId};
    /// use genledger::usage::{UsageLogType, NewUsageLog, UsageLogOther};
    ///
    /// let ids = UsageLogIdGenerator::system(NodeId::ZERO);
    /// let log = NewUsageLog::new(UsageLogType::Consume, 42)
    ///     .username("ada")
    ///     .token(7, "ci")
    ///     .model_name("gpt-4o")
    ///     .tokens(120, 35)
    ///     .quota(900)
    ///     .other(UsageLogOther::new().with(UsageLogOther::MODEL_RATIO, 1.25))
    ///     .into_log(&ids)?;
    /// assert_eq!(log.prompt_tokens, 120);
    ///
    /// let broken = NewUsageLog::new(UsageLogType::Unknown, 42).tokens(-1, -1);
    /// let error = broken.into_log(&ids).unwrap_err();
    /// assert_eq!(error.violations().len(), 3);
    ///
    /// // From the body of a request: members that are missing or null are empty or 0.
    /// let given: NewUsageLog = serde_json::from_str(r#"{"type":2,"user_id":"42","quota":900}"#).unwrap();
    /// assert_eq!(given, NewUsageLog::new(UsageLogType::Consume, 42).quota(900));
    /// # Ok::<(), genledger::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with every broken rule, or when the
    /// generator's clock is out of range.
    pub fn into_log(self, ids: &UsageLogIdGenerator) -> Result<UsageLog> {
        let (id, now) = ids.generate_with_time()?;
        self.checked(id, now)
    }

    /// The row with a given id, for replays and imports. Without a time it gets that of
    /// the id.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with every broken rule.
    pub fn into_log_with_id(self, id: UsageLogId) -> Result<UsageLog> {
        self.checked(id, id.timestamp())
    }

    fn checked(self, id: UsageLogId, now: DateTime<Utc>) -> Result<UsageLog> {
        let log = self.into_entity(id, now).made_private();
        log.validate()?;
        Ok(log)
    }
}

/// The rules are those of the [`UsageLog`] that it becomes.
impl Validate for NewUsageLog {
    fn violations(&self) -> Violations {
        let log = self
            .clone()
            .into_entity(UsageLogId::new(0), DateTime::UNIX_EPOCH)
            .made_private();
        log.violations()
    }
}
