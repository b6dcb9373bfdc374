//! Checks that the remaining amount of each log follows from that of the log before.

use chrono::{DateTime, Utc};
use futures_core::Stream;
use futures_util::{StreamExt, future};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::ActivityLogs;
use crate::activity::{
    Activity, ActivityFilter, BaseInfoColumns, Directed, FlowDirection, TelepathyLog, WalletLog,
};
use crate::contract::query::MAX_PAGE_SIZE;
use crate::contract::{Query, Result};

/// A log that carries what remains after each of a user's amounts.
///
/// ```
/// use genledger::activity::{Chained, WalletLog};
///
/// let json = r#"{"ID":"a-1","UserId":"u-1","TradeType":1,"TradeItem":"vip",
///     "TradeAmount":2.5,"RemainAmount":97.5,"RecordTimeStamp":1750000000000}"#;
/// let log: WalletLog = serde_json::from_str(json)?;
/// assert_eq!(log.change(), Some("-2.5".parse()?));
/// assert_eq!(log.remain(), "97.5".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Chained: Activity {
    /// What remained after it.
    fn remain(&self) -> Decimal;

    /// The change of the amount; negative for an expense. `None` for a direction that this version does not
    /// know, or a number that does not fit.
    fn change(&self) -> Option<Decimal>;
}

macro_rules! chained {
    ($log:ident, $direction:ident) => {
        impl Chained for $log {
            fn remain(&self) -> Decimal {
                self.remain_amount
            }

            fn change(&self) -> Option<Decimal> {
                match self.$direction.direction()? {
                    FlowDirection::Income => Some(self.trade_amount),
                    FlowDirection::Expense => Decimal::ZERO.checked_sub(self.trade_amount),
                }
            }
        }
    };
}

chained!(TelepathyLog, telepathy_trade_flow_type);
chained!(WalletLog, trade_type);

/// Two consecutive rows of one user whose amounts do not agree.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainBreak<L> {
    /// The earlier row.
    pub earlier: L,
    /// The later row.
    pub later: L,
    /// What should have remained after the later row; `None` when its direction is not known.
    pub expected: Option<Decimal>,
}

/// The part of the chains that is checked. Only contiguous ranges can be checked: a condition that
/// leaves out rows in between would report a break at each of them.
///
/// ```
/// use genledger::activity::ChainScope;
///
/// let one = ChainScope { user_id: Some("u-1".into()), ..ChainScope::default() };
/// assert_eq!(one.from, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChainScope {
    /// The chain of this user; of all users when absent.
    pub user_id: Option<String>,
    /// From the first row at or after this moment; unix milliseconds in JSON.
    #[serde(with = "crate::time::optional::unix_millis")]
    pub from: Option<DateTime<Utc>>,
    /// To the last row before this moment; unix milliseconds in JSON.
    #[serde(with = "crate::time::optional::unix_millis")]
    pub before: Option<DateTime<Utc>>,
}

impl<L> From<ChainScope> for ActivityFilter<L> {
    fn from(scope: ChainScope) -> Self {
        Self {
            user_id: scope.user_id,
            from: scope.from,
            before: scope.before,
            ..Self::default()
        }
    }
}

impl<L: Chained> ActivityLogs<L> {
    /// Reads the logs of every user in the order of time and returns each pair of neighbours for
    /// which *previous ± amount = remain* does not hold. Holds a page of 1000 rows at a time; rows
    /// that are appended meanwhile may or may not be seen.
    ///
    /// A break means that a row is missing, duplicated, changed, or was appended with an earlier time.
    /// The first row of a user in the scope is not compared; rows without a user are not checked.
    /// Rows of one millisecond follow each other in the order of their ids.
    ///
    /// A row that cannot be read is an item of its own, the error
    /// [`Corrupt`](crate::ErrorKind::Corrupt) with its key, and the stream continues after it; so do not
    /// stop at the first error. Its neighbours are not compared with each other.
    pub fn chain_breaks(
        &self,
        scope: ChainScope,
    ) -> impl Stream<Item = Result<ChainBreak<L>>> + Send + 'static + use<L> {
        let filter: ActivityFilter<L> = scope.into();
        // Users ascend, times descend: the order of an index of every log.
        let query = Query::matching(filter.condition())
            .order_by([L::USER_ID.asc(), L::OCCURRED_AT.desc(), L::ID.desc()])
            .page_size(MAX_PAGE_SIZE);
        let mut later: Option<L> = None;
        self.store
            .session()
            .stream_lenient(query)
            .map(move |row| match row? {
                Ok(row) => Ok(later
                    .replace(row.clone())
                    .and_then(|later| compare(row, later))),
                Err(unreadable) => {
                    // Its neighbours do not follow each other.
                    later = None;
                    Err(unreadable.error)
                }
            })
            .filter_map(|found| future::ready(found.transpose()))
    }
}

fn compare<L: Chained>(earlier: L, later: L) -> Option<ChainBreak<L>> {
    let user = earlier.base().user_id.as_ref()?;
    if later.base().user_id.as_ref() != Some(user) {
        return None;
    }
    let expected = later
        .change()
        .and_then(|change| earlier.remain().checked_add(change));
    (expected != Some(later.remain())).then_some(ChainBreak {
        earlier,
        later,
        expected,
    })
}
