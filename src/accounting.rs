//! Metering and money: amounts, and what records of charges consist of.
//!
//! | item | type |
//! |---|---|
//! | an amount in a currency, or in a declared unit such as points | [`Money`], [`Currency`], [`Rounding`] |
//! | under which an operation happens once | [`IdempotencyKey`] |
//! | a charge or a hold, the account of a customer, an operation on it | [`AccountingRecord`], [`CustomerBalance`], [`BalanceEntry`] |
//! | codes | [`RecordStatus`], [`FailureReason`], [`UsageUnit`], [`BalanceStatus`], [`EntryKind`], [`EntryOutcome`] |

mod balance;
mod codes;
mod currency;
mod digest;
mod entry;
mod iso_4217;
mod kept_json;
mod key;
mod money;
mod new_record;
mod record;
mod record_state;
mod record_status;
mod rounding;
mod rules;

pub use balance::CustomerBalance;
pub use codes::{BalanceStatus, EntryKind, EntryOutcome, FailureReason, UsageUnit};
pub use currency::Currency;
pub use entry::BalanceEntry;
pub use key::IdempotencyKey;
pub use money::Money;
pub use record::{AccountingRecord, NewAccountingRecord};
pub use record_state::{RecordState, RecordStateColumns};
pub use record_status::RecordStatus;
pub use rounding::Rounding;
