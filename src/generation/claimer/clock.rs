//! The clock of the store, asked once a second.

use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, Utc};
use genledger_contract::Result;
use genledger_contract::store::StoreClock;
use tokio::sync::Mutex;

use crate::generation::{GenerationLeases, GenerationTask};

/// How long the clock is extrapolated: it is off by half a millisecond more then, of which the grace of expired leases
/// has thousands.
const MAX_AGE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct RecentClock(Mutex<Option<(Instant, StoreClock)>>);

impl RecentClock {
    /// The time of the store, to the millisecond.
    pub(super) async fn now<T: GenerationTask>(
        &self,
        leases: &GenerationLeases<T>,
    ) -> Result<DateTime<Utc>> {
        let mut recent = self.0.lock().await;
        let clock = match *recent {
            Some((read, clock)) if read.elapsed() < MAX_AGE => clock,
            _ => {
                let clock = leases.clock().await?;
                *recent = Some((Instant::now(), clock));
                clock
            }
        };
        Ok(clock.now().trunc_subsecs(3))
    }
}
