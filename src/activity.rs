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
//! | [`MerchantSettleLog`] | a merchant settled on the platform |
//! | [`ModelOperateLog`] | a model was trained, published, listed or moved |
//! | [`ModelUseLog`] | a model was used |
//! | [`OrderLog`] | an order was paid |
//! | [`PlatformAmountLog`] | money of the platform flowed |
//! | [`SearchLog`] | something was searched for |
//! | [`TelepathyLog`] | compute points of a user flowed |
//! | [`UserActivateLog`] | a user became active |
//! | [`UserLoginLog`] | a user logged in, and later went offline |
//! | [`WalletLog`] | money of a wallet flowed |
//! | [`WaresBrowseLog`] | a ware was looked at |
//! | [`WaresCollectionLog`] | a ware was put among the favourites |

mod activities;
mod base;
mod codes;
mod define;
mod envelope;
mod filter;
mod generate_image;
mod kind;
mod log;
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
mod telepathy;
mod user_activate;
mod user_login;
mod wallet;
mod wares_browse;
mod wares_collection;

pub use activities::{
    Activities, ChainBreak, Chained, Flow, FlowSums, ImageStats, OnboardingFunnel, Percentiles,
    SearchFunnel,
};
pub use base::{BaseInfo, BaseInfoColumns};
pub use codes::{
    ClientType, Directed, Direction, FlowType, ImageSize, ImageTaskKind, MaterialSource,
    ModelOperation, PaymentProvider, TelepathyFlowType, Unit, WalletTradeType,
};
pub use envelope::ActivityLog;
pub use filter::ActivityFilter;
pub use generate_image::{GenerateImageLog, NewGenerateImageLog};
pub use kind::LogKind;
pub use log::{Activity, NewActivity};
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
