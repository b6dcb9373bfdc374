//! The codes of accounts, tasks and attempts: small integers in the database.

use genledger_contract::CodedEnum;
use genledger_contract::entity::UnrecognizedCode;

/// The family of an account: the column `jimeng_account_type`, and `account_type` of a task.
///
/// It follows from the site, [`Site::account_type`].
///
/// ```
/// use genledger::generation::{AccountType, Site};
///
/// assert_eq!(AccountType::International.default_site(), Some(Site::Hk));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum AccountType {
    /// An account of the provider in China.
    #[default]
    #[code(0)]
    Domestic,
    /// An account of one of the other sites.
    #[code(1)]
    International,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl AccountType {
    /// The site of an account of this family for which none is given; `None` for an unknown code.
    #[must_use]
    pub const fn default_site(self) -> Option<Site> {
        match self {
            Self::Domestic => Some(Site::Cn),
            Self::International => Some(Site::Hk),
            Self::Unrecognized(_) => None,
        }
    }
}

/// A site of the provider: the columns `site_type`, `site_used`, `want_site` and `site`.
///
/// ```
/// use genledger::generation::{AccountType, Site};
///
/// assert_eq!(Site::Cn.account_type(), Some(AccountType::Domestic));
/// assert_eq!(Site::Sg.account_type(), Some(AccountType::International));
/// assert_eq!(Site::from_code(9).account_type(), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum Site {
    /// China.
    #[default]
    #[code(0)]
    Cn,
    /// The United States.
    #[code(1)]
    Us,
    /// Hong Kong.
    #[code(2)]
    Hk,
    /// Japan.
    #[code(3)]
    Jp,
    /// Singapore.
    #[code(4)]
    Sg,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl Site {
    /// The family of the accounts of this site; `None` for an unknown code.
    #[must_use]
    pub const fn account_type(self) -> Option<AccountType> {
        match self {
            Self::Cn => Some(AccountType::Domestic),
            Self::Us | Self::Hk | Self::Jp | Self::Sg => Some(AccountType::International),
            Self::Unrecognized(_) => None,
        }
    }
}

/// Whether an account can be used at all: the column `account_status`. 0 is good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum AccountStatus {
    /// It can be used.
    #[default]
    #[code(0)]
    Active,
    /// It was switched off, by an operator or after its session was refused.
    #[code(1)]
    Inactive,
    /// The provider has banned it.
    #[code(2)]
    Banned,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// Whether an account can generate media of one kind: the columns `image_generation_status` and
/// `video_generation_status`. 0 is bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum MediaStatus {
    /// The quota is exhausted until the daily reset.
    #[code(0)]
    Unavailable,
    /// It can generate.
    #[default]
    #[code(1)]
    Available,
    /// It is limited by the provider until a cool-down is over.
    #[code(2)]
    RateLimited,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// The status of a task: the column `generation_status`. Its state machine is
/// [`can_become`](Self::can_become).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum GenerationStatus {
    /// It waits for an account.
    #[default]
    #[code(0)]
    Pending,
    /// An account is used for it.
    #[code(1)]
    Processing,
    /// It has a result.
    #[code(2)]
    Completed,
    /// It has an error, and is not continued.
    #[code(3)]
    Failed,
    /// It is continued later: with a new attempt, or by polling the provider again.
    #[code(4)]
    Retrying,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// The next thing to be done with a task: the column `ready`, in which claims search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum TaskReady {
    /// The provider works on it; it is polled again at `next_retry_at`.
    #[code(-2)]
    WaitsToResume,
    /// A new attempt may begin at `next_retry_at`.
    #[code(-1)]
    Waits,
    /// Nothing: it is being worked on, has ended, or is deleted.
    #[default]
    #[code(0)]
    No,
    /// A new attempt may begin.
    #[code(1)]
    Fresh,
    /// The provider works on it; it may be polled again.
    #[code(2)]
    Resume,
    /// It may have been submitted to the provider; a decision is required.
    #[code(3)]
    Undecided,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// A kind of media: the column `media` of an attempt.
///
/// ```
/// use genledger::generation::Medium;
///
/// assert_eq!(Medium::Video.code(), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum Medium {
    /// Images.
    #[code(0)]
    Image,
    /// A video.
    #[code(1)]
    Video,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// How far an attempt is with the provider: the column `submit_state`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum SubmitState {
    /// Nothing was sent.
    #[default]
    #[code(0)]
    NotSent,
    /// The request may have been sent.
    #[code(1)]
    Sent,
    /// The provider has accepted it, and the id of its task is known.
    #[code(2)]
    Accepted,
    /// No reply came: the provider may work on it.
    #[code(3)]
    Unknown,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// How an attempt ended: the column `outcome`, NULL while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum AttemptOutcome {
    /// The task is completed.
    #[code(0)]
    Succeeded,
    /// It failed, with an error code.
    #[code(1)]
    Failed,
    /// Its holder released it.
    #[code(2)]
    Released,
    /// Its lease expired.
    #[code(3)]
    LeaseLost,
    /// The task was cancelled.
    #[code(4)]
    Cancelled,
    /// Not an attempt: it keeps the result of a task that was generated again.
    #[code(5)]
    History,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// The class of an error, which decides between retry, another account and the end of the task. It is not stored: it
/// follows from the error code.
///
/// ```
/// use genledger::generation::ErrorClass;
///
/// assert_eq!(ErrorClass::RateLimit.name(), "rate_limit");
/// assert_eq!(ErrorClass::ALL.len(), 13);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorClass {
    /// The content of the request, or of the result, was refused.
    ContentRisk,
    /// A parameter of the request was refused.
    Validation,
    /// The session of the account is not valid (on this site).
    Auth,
    /// The account is banned.
    AccountBlocked,
    /// The quota of the account is exhausted until its daily reset.
    Quota,
    /// The account has sent too many requests.
    RateLimit,
    /// The account, or the provider, has too many running tasks.
    Concurrency,
    /// The provider distrusts the account or the client for now.
    RiskControl,
    /// The connection failed.
    Transport,
    /// No reply arrived in time.
    Timeout,
    /// The provider could not generate the media.
    GenerationFailed,
    /// The client is configured incorrectly.
    Config,
    /// Everything else.
    Unknown,
}

impl ErrorClass {
    /// All classes, in the order of their declaration.
    pub const ALL: [Self; 13] = [
        Self::ContentRisk,
        Self::Validation,
        Self::Auth,
        Self::AccountBlocked,
        Self::Quota,
        Self::RateLimit,
        Self::Concurrency,
        Self::RiskControl,
        Self::Transport,
        Self::Timeout,
        Self::GenerationFailed,
        Self::Config,
        Self::Unknown,
    ];

    /// The name in lower case, for logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ContentRisk => "content_risk",
            Self::Validation => "validation",
            Self::Auth => "auth",
            Self::AccountBlocked => "account_blocked",
            Self::Quota => "quota",
            Self::RateLimit => "rate_limit",
            Self::Concurrency => "concurrency",
            Self::RiskControl => "risk_control",
            Self::Transport => "transport",
            Self::Timeout => "timeout",
            Self::GenerationFailed => "generation_failed",
            Self::Config => "config",
            Self::Unknown => "unknown",
        }
    }
}

impl std::fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
