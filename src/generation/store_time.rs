//! Times of the store's clock, which are the same for every process.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use genledger_contract::store::StoreClock;
use genledger_contract::{Error, Result, Store, StoreExt};

/// Where the time of a verb comes from: always the clock of the store.
#[derive(Clone, Debug)]
pub(super) enum StoreTime {
    /// It is asked for each verb.
    Asked(Arc<dyn Store>),
    /// It was asked before the transaction, which may hold the only connection.
    Read(StoreClock),
}

impl StoreTime {
    /// The time, to the millisecond, as it is stored.
    pub(super) async fn now(&self) -> Result<DateTime<Utc>> {
        let now = match self {
            Self::Asked(store) => store.time().await?,
            Self::Read(clock) => clock.now(),
        };
        Ok(now.trunc_subsecs(3))
    }

    /// The clock, which knows how far it may be off.
    pub(super) async fn clock(&self) -> Result<StoreClock> {
        match self {
            Self::Asked(store) => store.clock().await,
            Self::Read(clock) => Ok(*clock),
        }
    }
}

/// A time after now.
pub(super) fn after(now: DateTime<Utc>, wait: TimeDelta) -> Result<DateTime<Utc>> {
    now.checked_add_signed(wait)
        .ok_or_else(|| Error::corrupt("the clock of the store is out of range"))
}
