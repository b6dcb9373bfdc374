//! The fourteen business logs of an AI-image platform: what users did, paid and received.
//!
//! Every log shares [`BaseInfo`], flattened into its columns and its JSON. Logs are append-only.
//! JSON uses the platform's own names (`ID`, `UserId`, `RecordTimeStamp`), unix milliseconds for
//! times, numbers for enum codes, and decimals without loss.
//!
//! | log | what happened |
//! |---|---|
//! | [`GenerateImageLog`] | images were generated, or could not be |
//! | [`MerchantClueLog`] | a merchant left a phone number |
//! | [`MerchantSettleLog`] | a merchant joined the platform |
//! | [`ModelOperateLog`] | a model was trained, published, listed or moved |
//! | [`ModelUseLog`] | a model was used |
//! | [`OrderLog`] | an order was paid |
//! | [`PlatformAmountLog`] | money of the platform flowed |
//! | [`SearchLog`] | something was searched for |
//! | [`TelepathyLog`] | compute points of a user flowed |
//! | [`UserActivateLog`] | a user was activated |
//! | [`UserLoginLog`] | a user logged in, and perhaps went offline |
//! | [`WalletLog`] | money of a wallet flowed |
//! | [`WaresBrowseLog`] | a ware was looked at |
//! | [`WaresCollectionLog`] | a ware was put among the favourites |
//!
//! [`ActivityLogs`] has the verbs on the logs of one kind, [`Activities`] those on several; their pages
//! have examples. A new log is created from its `New…` type; [`ActivityLog`] is an enum of all of them.
//!
//! # Adding a log
//!
//! 1. The struct with its rules in a file of its own, as `activity/search.rs`; `mod`, `pub use` and a row of
//!    the table above.
//! 2. Its code and its line of `every_log!` in `activity/kind.rs`; the types that this list names are
//!    imported in `activity/envelope.rs` and `activity/activities/sorted.rs`.
//! 3. A script for each dialect in `schema/<dialect>/activity/`, listed in `schema.rs`, and its entry in
//!    `schema/registry/entities.rs`, as for every entity (see CONTRIBUTING.md).
//! 4. Its samples in `tests/activity/fixtures.rs`; the tests name what is missing.
//!
//! # Rules
//!
//! Rules are checked when a log is written, not when it is read. All violations are reported
//! together, each with a path and one of these codes, whose meaning never changes. A path consists of
//! JSON names: `UserId`, `ParameterInfo.Url`, `[3].Amount`. The page of each log lists its own
//! rules, at its implementation of [`Validate`](crate::validate::Validate); the rules of every log are:
//!
//! | code | of | meaning |
//! |---|---|---|
//! | `required`, `empty` | `ID`, `UserId` | is required, or is empty where it should be left out |
//! | `seconds_not_milliseconds` | the time of the log | before 1973: seconds given as milliseconds |
//! | `unrecognized_code` | enums | a code that this version does not know: kept when read, refused when written |
//! | `too_many_digits`, `out_of_range` | amounts, times | more than 6 digits after the point, 10¹² or more; not in the years 1000 to 9999 |
//! | `too_long`, `nul_character`, `control_character`, `trailing_space` | texts | what a column refuses |

mod activities;
mod base;
mod codes;
mod envelope;
mod filter;
mod generate_image;
mod kind;
mod log;
mod logs;
mod merchant_clue;
mod merchant_settle;
mod model_operate;
mod model_use;
mod order;
mod parameter_info;
mod pay_time;
mod picture;
mod platform_amount;
mod rules;
mod search;
mod stored_json;
mod telepathy;
mod user_activate;
mod user_login;
mod wallet;
mod wares_browse;
mod wares_collection;

#[cfg(feature = "mock")]
pub use activities::MockActivityRepository;
pub use activities::{Activities, ActivityRepository, OnboardingFunnel, SearchFunnel};
pub use base::{BaseInfo, BaseInfoColumns};
pub use codes::{
    ClientType, Directed, FlowDirection, FlowType, ImageSize, ImageTaskKind, MaterialSource,
    ModelOperation, PaymentProvider, TelepathyFlowType, Unit, WalletTradeType,
};
pub use envelope::ActivityLog;
pub use filter::ActivityFilter;
pub use generate_image::{GenerateImageLog, NewGenerateImageLog};
pub use kind::ActivityKind;
pub use log::{Activity, NewActivity};
#[cfg(feature = "mock")]
pub use logs::MockActivityLogRepository;
pub use logs::{
    ActivityLogRepository, ActivityLogs, ChainBreak, ChainScope, Chained, DayCounts, Flow,
    FlowSums, ImageKindStats, ImageStats, Percentiles,
};
pub use merchant_clue::{MerchantClueLog, NewMerchantClueLog};
pub use merchant_settle::{MerchantSettleLog, NewMerchantSettleLog};
pub use model_operate::{ModelOperateLog, NewModelOperateLog};
pub use model_use::{ModelUseLog, NewModelUseLog};
pub use order::{NewOrderLog, OrderLog};
pub use parameter_info::ParameterInfo;
pub use picture::Picture;
pub use platform_amount::{NewPlatformAmountLog, PlatformAmountLog};
pub use search::{NewSearchLog, SearchLog};
pub use telepathy::{NewTelepathyLog, TelepathyLog};
pub use user_activate::{NewUserActivateLog, UserActivateLog};
pub use user_login::{NewUserLoginLog, UserLoginLog};
pub use wallet::{NewWalletLog, WalletLog};
pub use wares_browse::{NewWaresBrowseLog, WaresBrowseLog};
pub use wares_collection::{NewWaresCollectionLog, WaresCollectionLog};
