//! The entity `UsageRollup`: sums for one set of dimensions.

mod coverage;
mod key;
mod maintain;
mod plan;
mod reconcile;
mod rollups;
mod row;
mod set;
mod source;
mod sums;

use chrono::{DateTime, Utc};
use genledger_contract::{Embed, Entity, JsonRecord};
use uuid::Uuid;

use super::UsageTotals;
use crate::time::unix_seconds;

pub use coverage::UsageRollupCoverage;
pub(super) use coverage::keep_before;
pub(super) use maintain::{append, delete};
#[cfg(feature = "mock")]
pub use rollups::MockUsageRollupRepository;
pub use rollups::{UsageRollupRepository, UsageRollups};
pub use set::UsageRollupSet;
pub use sums::{UsageSource, UsageSums};

/// What requests with the same values of some dimensions consumed in a quarter of an hour, or in a day of
/// UTC.
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
/// use genledger::usage::{UsageDimension, UsageRollup, UsageRollupSet};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(genledger::schema::all()).await?;
/// let by_user = UsageRollupSet::of([UsageDimension::User]);
/// let logs = UsageLogs::new(store.clone()).with_rollup_sets([by_user]);
///
/// let ids = UsageLogIdGenerator::system(NodeId::ZERO);
/// let log = NewUsageLog::new(UsageLogType::Consume, 42).tokens(120, 35).quota(900).into_log(&ids)?;
/// logs.append(&log).await?;
/// logs.append(&log).await?; // a replay counts once
///
/// let page = store.repository::<UsageRollup>().page(&Query::matching(Filter::all())).await?;
/// assert_eq!(page.items.len(), 1);
/// assert_eq!(page.items[0].dimension_set, by_user.code());
/// assert_eq!(page.items[0].dimensions.user_id, Some(42));
/// assert_eq!(page.items[0].dimensions.model_name, None); // not a dimension of the set
/// assert_eq!(page.items[0].totals.quota, 900);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Entity, JsonRecord)]
#[entity(
    table = "usage_rollups",
    key(dimension_set, bucket, dimensions),
    index(dimension_set, user_id, bucket)
)]
#[non_exhaustive]
pub struct UsageRollup {
    /// The dimensions: the sum of 1 for the user, 2 for the model, 4 for the channel, 8 for the token, 16 for
    /// the group; with 32 added, the bucket is a day.
    pub dimension_set: i16,
    /// The beginning of the 900 seconds or of the day, in UTC; a multiple of 900 or 86,400.
    #[column(time = "unix_seconds", filter)]
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

/// The values of the dimensions of a roll-up, flattened into its columns and its JSON. Those that are not in
/// its set are `None`, and so are those that are NULL in the logs of another program.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Embed, JsonRecord)]
pub struct UsageDimensions {
    /// The user who is charged.
    #[column(filter)]
    pub user_id: Option<i64>,
    /// The model; at most 255 characters.
    #[column(max_chars = 255, filter)]
    pub model_name: Option<String>,
    /// The channel that answered; 0 for none.
    #[column(filter)]
    pub channel_id: Option<i64>,
    /// The token that was used; 0 for none.
    #[column(filter)]
    pub token_id: Option<i64>,
    /// The group that was used; at most 255 characters.
    #[column(max_chars = 255, filter)]
    pub group: Option<String>,
}
