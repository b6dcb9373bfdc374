//! `IpPolicy`: which rows keep the address of the client.

use std::fmt;
use std::sync::Arc;

use super::{ClientIp, UsageLog, UsageLogType};

/// Which rows keep the address of the client. No address is stored that did not pass it.
///
/// | kind | the address is stored |
/// |---|---|
/// | [`Login`](UsageLogType::Login), [`Manage`](UsageLogType::Manage), [`Topup`](UsageLogType::Topup) | always, for audits |
/// | [`Consume`](UsageLogType::Consume), [`Error`](UsageLogType::Error) | if the user opted in |
/// | all others | never |
///
/// [`NewUsageLog::client_ip`](super::NewUsageLog::client_ip) applies it to a new row. An address that is set without a
/// policy (`ip`, or the member of a JSON) is one of a user who did not opt in. The verbs of
/// [`UsageLogs`](super::UsageLogs) refuse a row whose address did not pass, with the rule `ip_not_allowed`.
///
/// ```
/// use std::collections::HashSet;
/// use genledger::prelude::*;
/// use genledger::usage::IpPolicy;
///
/// let users = HashSet::from([42]); // the users who opted in, from the settings
/// let policy = IpPolicy::opted_in(move |user_id| users.contains(&user_id));
/// let ids = UsageLogIdGenerator::system(NodeId::ZERO);
/// let stored = |kind, user_id| {
///     let log = NewUsageLog::new(kind, user_id).client_ip(&policy, "203.0.113.7");
///     log.into_log(&ids).map(|log| log.ip.is_some())
/// };
/// assert!(stored(UsageLogType::Consume, 42)?);
/// assert!(!stored(UsageLogType::Consume, 43)?);
/// assert!(stored(UsageLogType::Login, 43)?);
/// assert!(!stored(UsageLogType::Refund, 42)?);
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone)]
pub struct IpPolicy {
    opted_in: Arc<dyn Fn(i64) -> bool + Send + Sync>,
}

impl IpPolicy {
    /// No user opted in.
    #[must_use]
    pub fn new() -> Self {
        Self::opted_in(|_| false)
    }

    /// The users opted in for whose id the function returns true.
    #[must_use]
    pub fn opted_in(users: impl Fn(i64) -> bool + Send + Sync + 'static) -> Self {
        Self {
            opted_in: Arc::new(users),
        }
    }

    /// Whether rows of a kind keep the address of a user.
    #[must_use]
    pub fn allows(&self, kind: UsageLogType, user_id: i64) -> bool {
        match Rule::of(kind) {
            Rule::Always => true,
            Rule::OptIn => (self.opted_in)(user_id),
            Rule::Never => false,
        }
    }

    /// The address, if a row of this kind may keep it.
    #[must_use]
    pub fn pass(
        &self,
        kind: UsageLogType,
        user_id: i64,
        ip: impl Into<ClientIp>,
    ) -> Option<ClientIp> {
        let is_allowed = self.allows(kind, user_id);
        is_allowed.then(|| match Rule::of(kind) {
            Rule::OptIn => ip.into().opted_in(user_id),
            Rule::Always | Rule::Never => ip.into(),
        })
    }
}

impl Default for IpPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for IpPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IpPolicy")
    }
}

/// What a kind of rows needs.
enum Rule {
    Always,
    OptIn,
    Never,
}

impl Rule {
    const fn of(kind: UsageLogType) -> Self {
        match kind {
            UsageLogType::Login | UsageLogType::Manage | UsageLogType::Topup => Self::Always,
            UsageLogType::Consume | UsageLogType::Error => Self::OptIn,
            UsageLogType::Unknown
            | UsageLogType::System
            | UsageLogType::Refund
            | UsageLogType::Unrecognized(_) => Self::Never,
        }
    }
}

/// Whether the address of a row passed a policy, or the row has none.
pub(super) fn is_allowed(log: &UsageLog) -> bool {
    log.ip.as_ref().is_none_or(|ip| match Rule::of(log.kind) {
        Rule::Always => true,
        Rule::OptIn => ip.is_opted_in(log.user_id),
        Rule::Never => false,
    })
}
