//! Metering and money: amounts, and what records of charges consist of.
//!
//! | item | type |
//! |---|---|
//! | an amount in a currency, or in a declared unit such as points | [`Money`], [`Currency`], [`Rounding`] |
//! | under which an operation happens once | [`IdempotencyKey`] |
//! | a charge or a hold, the account of a customer, an operation on it | [`AccountingRecord`], [`CustomerBalance`], [`BalanceEntry`] |
//! | what was used | [`Quantities`], [`Bucket`], [`BucketKind`] |
//! | what it costs, exactly | [`PriceSheet`], [`PriceTier`], [`Rate`], [`RatePer`]; [`Priced`], [`Cost`], [`UsedPrice`], [`PriceFault`] |
//! | what of it is due | [`Cost::carry`], [`Carried`] |
//! | the operations on accounts | [`Ledger`]; as a trait, [`LedgerRepository`] |
//! | what is requested | [`NewTopUp`], [`NewAuthorization`], [`NewSettlement`], [`NewVoid`], [`NewCharge`], [`NewRefund`], [`NewAdjustment`], [`NewRerating`], [`NewReversal`], [`NewLimit`], [`NewStatus`]; [`Due`], [`Overrun`], [`Late`] |
//! | operations of many callers in one transaction | [`LedgerGroups`] |
//! | what became of it | [`Receipt`], [`Refusal`], [`SweptHolds`] |
//! | whether the rows agree with each other | [`Audit`], [`Discrepancy`], [`AuditCheck`], [`Audited`], [`AuditMark`] |
//! | codes | [`RecordStatus`], [`FailureReason`], [`UsageUnit`], [`BalanceStatus`], [`EntryKind`], [`EntryOutcome`] |

mod audit;
mod audit_mark;
mod balance;
mod bucket;
mod codes;
mod cost;
mod currency;
mod digest;
mod entry;
mod iso_4217;
mod kept_json;
mod key;
mod ledger;
mod money;
mod new_record;
mod price_fault;
mod price_sheet;
mod quantities;
mod rate;
mod record;
mod record_state;
mod record_status;
mod rounding;
mod rules;
mod used_price;

pub use audit::{Audit, AuditCheck, Audited, Discrepancy};
pub use audit_mark::AuditMark;
pub use balance::CustomerBalance;
pub use bucket::{Bucket, BucketKind};
pub use codes::{BalanceStatus, EntryKind, EntryOutcome, FailureReason, UsageUnit};
pub use cost::{Carried, Cost};
pub use currency::Currency;
pub use entry::BalanceEntry;
pub use key::IdempotencyKey;
#[cfg(feature = "mock")]
pub use ledger::MockLedgerRepository;
pub use ledger::{
    Due, Late, Ledger, LedgerGroups, LedgerRepository, NewAdjustment, NewAuthorization, NewCharge,
    NewLimit, NewRefund, NewRerating, NewReversal, NewSettlement, NewStatus, NewTopUp, NewVoid,
    Overrun, Receipt, Refusal, SweptHolds,
};
pub use money::Money;
pub use price_fault::PriceFault;
pub use price_sheet::{PriceSheet, PriceTier};
pub use quantities::Quantities;
pub use rate::{Rate, RatePer};
pub use record::{AccountingRecord, NewAccountingRecord};
pub use record_state::{RecordState, RecordStateColumns};
pub use record_status::RecordStatus;
pub use rounding::Rounding;
pub use used_price::{Priced, UsedPrice};
