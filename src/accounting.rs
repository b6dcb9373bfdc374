//! Metering and money: amounts, and what records of charges consist of.
//!
//! | item | type |
//! |---|---|
//! | an amount in a currency, or in a declared unit such as points | [`Money`], [`Currency`], [`Rounding`] |
//! | under which an operation happens once | [`IdempotencyKey`] |
//! | codes | [`RecordStatus`], [`FailureReason`], [`UsageUnit`], [`BalanceStatus`], [`EntryKind`], [`EntryOutcome`] |

mod codes;
mod currency;
mod iso_4217;
mod key;
mod money;
mod record_status;
mod rounding;

pub use codes::{BalanceStatus, EntryKind, EntryOutcome, FailureReason, UsageUnit};
pub use currency::Currency;
pub use key::IdempotencyKey;
pub use money::Money;
pub use record_status::RecordStatus;
pub use rounding::Rounding;
