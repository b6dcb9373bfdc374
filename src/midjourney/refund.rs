//! Refunds that are owed.

use genledger_contract::{Entity, JsonRecord, Query, Result, Session, SessionExt};

use super::MidjourneyRefundState;
use crate::id::{UsageLogId, as_string};
use crate::paging::{Listing, Paging};

/// The quota of a task that is to be given back to its user.
///
/// ```
/// use genledger::midjourney::MidjourneyRefund;
///
/// let refund: MidjourneyRefund =
///     serde_json::from_str(r#"{"id":"7","user_id":42,"channel_id":12,"quota":5000}"#)?;
/// assert_eq!(refund.quota, 5_000);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonRecord)]
#[non_exhaustive]
pub struct MidjourneyRefund {
    /// The task.
    #[json(with = as_string)]
    pub id: UsageLogId,
    /// The user.
    pub user_id: i64,
    /// The channel; 0 for none.
    #[json(default)]
    pub channel_id: i64,
    /// The quota units.
    pub quota: i64,
}

/// The columns of a refund: the table of the tasks, described with these columns only, so that a row of another program
/// cannot hide a refund.
#[derive(Clone, Debug, Entity)]
#[entity(table = "midjourneys", key(id), index(refund asc, id))]
struct StoredRefund {
    id: UsageLogId,
    user_id: i64,
    channel_id: Option<i64>,
    quota: i64,
    refund: MidjourneyRefundState,
}

impl From<StoredRefund> for MidjourneyRefund {
    fn from(row: StoredRefund) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            channel_id: row.channel_id.unwrap_or_default(),
            quota: row.quota,
        }
    }
}

pub(super) async fn due(
    session: &dyn Session,
    paging: &Paging,
) -> Result<Listing<MidjourneyRefund>> {
    let query = Query::matching(StoredRefund::REFUND.eq(MidjourneyRefundState::Due))
        .order_by([StoredRefund::ID.asc()])
        .page_size(paging.size)
        .after_maybe(paging.after.clone());
    let page = session.page_lenient(&query).await?;
    Ok(Listing::of(page, MidjourneyRefund::from))
}

pub(super) async fn settle(
    session: &dyn Session,
    id: UsageLogId,
) -> Result<Option<MidjourneyRefund>> {
    let due = StoredRefund::REFUND.eq(MidjourneyRefundState::Due);
    let settled = [StoredRefund::REFUND.set(MidjourneyRefundState::Settled)];
    let row = session.update_returning(&id, due, settled).await?;
    Ok(row.map(MidjourneyRefund::from))
}
