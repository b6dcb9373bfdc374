//! The kinds of usage logs.

use genledger_contract::CodedEnum;
use genledger_contract::entity::UnrecognizedCode;

/// What a row of the log is about: the column `type`, a number in the database and in JSON.
///
/// A code that this version does not know stays readable and round-trips; it must not be
/// written.
///
/// ```
/// use genledger::contract::CodedEnum;
/// use genledger::usage::UsageLogType;
///
/// assert_eq!(UsageLogType::Consume.code(), 2);
/// assert_eq!(UsageLogType::from_code(6), UsageLogType::Refund);
/// assert_eq!(UsageLogType::from_code(77).code(), 77);
/// assert!(!UsageLogType::from_code(77).is_known());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum UsageLogType {
    /// No kind of its own: in a filter it stands for all kinds. New rows cannot have it.
    #[code(0)]
    Unknown,
    /// Quota was bought or given.
    #[code(1)]
    Topup,
    /// A request consumed quota.
    #[code(2)]
    Consume,
    /// An administrator changed something.
    #[code(3)]
    Manage,
    /// The system did something by itself.
    #[code(4)]
    System,
    /// A request failed. (The system that this one descends from calls 5 a test.)
    #[code(5)]
    Error,
    /// Quota was given back.
    #[code(6)]
    Refund,
    /// A user logged in.
    #[code(7)]
    Login,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}
