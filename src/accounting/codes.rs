//! The codes of accounts, records and entries: words in the database and in JSON.

use genledger_contract::CodedEnum;
use genledger_contract::entity::UnrecognizedCode;

/// Whether an account accepts new charges: the column `status` of a balance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, CodedEnum)]
#[coded(text, max_chars = 16)]
pub enum BalanceStatus {
    /// It does.
    #[default]
    #[code("open")]
    Open,
    /// New holds and charges are refused; everything else continues.
    #[code("frozen")]
    Frozen,
    /// A word that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// What a quantity counts: the column `unit` of a record.
///
/// ```
/// use genledger::accounting::UsageUnit;
///
/// assert_eq!(UsageUnit::Second.as_str(), "second");
/// assert_eq!(UsageUnit::from_str_code("pixel").as_str(), "pixel");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(text, max_chars = 16)]
pub enum UsageUnit {
    /// Tokens, which have columns of their own.
    #[code("token")]
    Token,
    /// Images.
    #[code("image")]
    Image,
    /// Seconds of audio or video.
    #[code("second")]
    Second,
    /// Minutes of audio or video.
    #[code("minute")]
    Minute,
    /// Characters of text.
    #[code("character")]
    Character,
    /// Calls.
    #[code("call")]
    Call,
    /// A word that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// The operation that an entry records: the column `kind`.
///
/// ```
/// use genledger::accounting::EntryKind;
///
/// assert_eq!(EntryKind::TopUp.as_str(), "top_up");
/// assert!(EntryKind::Settle.settles() && EntryKind::Charge.settles());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(text, max_chars = 16)]
pub enum EntryKind {
    /// Money came in.
    #[code("top_up")]
    TopUp,
    /// An amount was held for a record.
    #[code("authorize")]
    Authorize,
    /// A hold was charged, and the rest of it released.
    #[code("settle")]
    Settle,
    /// A hold was released.
    #[code("void")]
    Void,
    /// A hold was released after its time.
    #[code("expire")]
    Expire,
    /// An amount was charged without a hold.
    #[code("charge")]
    Charge,
    /// A part of a charge was given back.
    #[code("refund")]
    Refund,
    /// The balance was corrected.
    #[code("adjust")]
    Adjust,
    /// A charge was corrected to another price.
    #[code("rerate")]
    Rerate,
    /// Another entry was reversed.
    #[code("reverse")]
    Reverse,
    /// The credit limit was set.
    #[code("limit")]
    Limit,
    /// The status of the account was set.
    #[code("status")]
    Status,
    /// A word that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl EntryKind {
    /// Whether it makes a record accounted; each record has at most one such entry that is done.
    #[must_use]
    pub const fn settles(&self) -> bool {
        matches!(self, Self::Settle | Self::Charge)
    }
}

/// What became of an operation: the column `outcome` of an entry. Every word but `done` is a refusal.
///
/// ```
/// use genledger::accounting::EntryOutcome;
///
/// assert!(!EntryOutcome::Done.is_refusal());
/// assert!(EntryOutcome::InsufficientFunds.is_refusal());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(text, max_chars = 32)]
pub enum EntryOutcome {
    /// It took effect.
    #[code("done")]
    Done,
    /// The account is frozen.
    #[code("account_frozen")]
    AccountFrozen,
    /// The balance and the credit limit are not enough.
    #[code("insufficient_funds")]
    InsufficientFunds,
    /// The customer has no record with this id.
    #[code("record_not_found")]
    RecordNotFound,
    /// The record has another currency.
    #[code("currency_mismatch")]
    CurrencyMismatch,
    /// The record is accounted.
    #[code("already_settled")]
    AlreadySettled,
    /// The hold was voided.
    #[code("hold_voided")]
    HoldVoided,
    /// The hold was refused.
    #[code("hold_refused")]
    HoldRefused,
    /// The hold has expired.
    #[code("hold_expired")]
    HoldExpired,
    /// No price is known.
    #[code("no_price")]
    NoPrice,
    /// The price has no rate for something that was used.
    #[code("no_rate")]
    NoRate,
    /// The amount is greater than the hold.
    #[code("exceeds_hold")]
    ExceedsHold,
    /// The record is not accounted.
    #[code("not_settled")]
    NotSettled,
    /// More than what is left of the charge would be given back.
    #[code("exceeds_settled")]
    ExceedsSettled,
    /// An amount would reach 10^12.
    #[code("out_of_range")]
    OutOfRange,
    /// A word that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl EntryOutcome {
    /// Whether the operation was refused, also for a reason that this version does not know.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        !matches!(self, Self::Done)
    }
}

/// Why a record failed: the column `failure_reason`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(text, max_chars = 32)]
pub enum FailureReason {
    /// Its hold was released.
    #[code("voided")]
    Voided,
    /// Its hold was released after its time.
    #[code("expired")]
    Expired,
    /// It was refused: the account is frozen.
    #[code("account_frozen")]
    AccountFrozen,
    /// It was refused: the balance and the credit limit are not enough.
    #[code("insufficient_funds")]
    InsufficientFunds,
    /// It was refused: an amount would reach 10^12.
    #[code("out_of_range")]
    OutOfRange,
    /// A word that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl FailureReason {
    /// Whether the record was refused when it was created, and never held anything.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::AccountFrozen | Self::InsufficientFunds | Self::OutOfRange
        )
    }
}
