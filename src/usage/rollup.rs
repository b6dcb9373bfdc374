//! The entity `UsageRollup`: sums for one quarter of an hour and one set of dimensions.

mod filter;
mod key;
mod maintain;
mod reconcile;
mod rollups;
mod source;

use chrono::{DateTime, Utc};
use genledger_contract::{Embed, Entity, JsonRecord};
use uuid::Uuid;

use super::UsageTotals;
use crate::time::unix_seconds;

pub use filter::UsageRollupFilter;
pub(super) use maintain::{append, delete};
#[cfg(feature = "mock")]
pub use rollups::MockUsageRollupRepository;
pub use rollups::{UsageRollupRepository, UsageRollups};

/// What requests with the same user, model, channel, token and group consumed in a quarter of an
/// hour.
///
/// # Guarantees
/// - It is written in the transaction that writes the logs, so that its sums are those of the logs:
///   also after replays, rows that come late, and deletes.
/// - Quarters of an hour fit into the hours and days of every time zone of today.
///
/// ```
/// use genledger::id::{UsageLogIdGenerator, NodeId};
/// use genledger::contract::Repository;
/// use genledger::prelude::*;
/// use genledger::usage::UsageRollup;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(genledger::schema::all()).await?;
/// let logs = UsageLogs::new(store.clone()).with_rollups();
///
/// let ids = UsageLogIdGenerator::system(NodeId::ZERO);
/// let log = NewUsageLog::new(UsageLogType::Consume, 42).tokens(120, 35).quota(900).into_log(&ids)?;
/// logs.append(&log).await?;
/// logs.append(&log).await?; // a replay counts once
///
/// let page = store.repository::<UsageRollup>().page(&Query::matching(Filter::all())).await?;
/// assert_eq!(page.items.len(), 1);
/// assert_eq!(page.items[0].dimensions.user_id, 42);
/// assert_eq!(page.items[0].totals.quota, 900);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Entity, JsonRecord)]
#[entity(
    table = "usage_rollups",
    key(bucket, dimensions),
    index(user_id, bucket)
)]
#[non_exhaustive]
pub struct UsageRollup {
    /// The beginning of the 900 seconds, in UTC; a multiple of 900.
    #[column(time = "unix_seconds")]
    #[json(with = unix_seconds)]
    pub bucket: DateTime<Utc>,
    /// The dimensions as one number: a name-based UUID (RFC 9562, version 8) with SHA-256. Keys of text
    /// could not hold every name.
    #[column(name = "dimensions", filter)]
    #[json(name = "dimensions")]
    pub dimensions_id: Uuid,
    /// Whose sums they are.
    #[embed]
    pub dimensions: UsageDimensions,
    /// The sums.
    #[embed]
    pub totals: UsageTotals,
}

/// The properties of requests that have one roll-up for each quarter of an hour, flattened into its columns
/// and its JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Embed, JsonRecord)]
pub struct UsageDimensions {
    /// The user who is charged.
    #[column(filter)]
    pub user_id: i64,
    /// The model; at most 255 characters.
    #[column(max_chars = 255, filter, default = "")]
    pub model_name: String,
    /// The channel that answered; 0 for none.
    #[column(filter, default = 0)]
    pub channel_id: i64,
    /// The token that was used; 0 for none.
    #[column(filter, default = 0)]
    pub token_id: i64,
    /// The group that was used; at most 255 characters.
    #[column(max_chars = 255, filter, default = "")]
    pub group: String,
}
