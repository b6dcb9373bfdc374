//! The clock of a store, extrapolated locally.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use crate::error::Result;
use crate::store::base::Store;

/// Clocks drift by at most one part in this number (500 ppm), several times the drift of computer clocks.
const DRIFT: u32 = 2_000;

/// The time by the clock of a store, which is the same for every process that uses it: leases compare
/// moments of this clock only, never those of two computers.
///
/// It is asked once and then counted on from here, so that reading it costs nothing; how far it may be
/// off by then, [`error`](Self::error) says. Ask again ([`StoreExt::clock`](crate::StoreExt::clock)) when
/// that is too much.
///
/// ```
/// # use std::time::Duration;
/// # use genledger_contract::{Result, Store, StoreExt};
/// # async fn example(store: std::sync::Arc<dyn Store>) -> Result<()> {
/// let clock = store.clock().await?;
/// let lease_until = clock.now() + Duration::from_secs(30) + clock.error();
/// # let _ = lease_until;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct StoreClock {
    /// The store's time at `read_at`.
    store_time: DateTime<Utc>,
    /// The local moment in the middle of the call.
    read_at: Instant,
    /// Half of the duration of the call, and the resolution of the store's clock.
    uncertainty: Duration,
}

impl StoreClock {
    /// The unit in which stores return the time.
    const UNIT: Duration = Duration::from_millis(1);

    pub(super) async fn read(store: &(impl Store + ?Sized)) -> Result<Self> {
        let before = Instant::now();
        let store_time = store.time().await?;
        let half = before.elapsed() / 2;
        Ok(Self {
            store_time,
            read_at: before + half,
            uncertainty: half + Self::UNIT,
        })
    }

    /// The time, in UTC.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let passed = TimeDelta::from_std(self.read_at.elapsed()).unwrap_or(TimeDelta::MAX);
        self.store_time
            .checked_add_signed(passed)
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// How far [`now`](Self::now) may be from the store's own clock, in either direction. It grows by
    /// 0.5 milliseconds a second.
    #[must_use]
    pub fn error(&self) -> Duration {
        self.uncertainty + self.read_at.elapsed() / DRIFT
    }
}
