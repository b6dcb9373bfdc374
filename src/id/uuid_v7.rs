//! The generator of UUIDs of version 7 behind the generators of ids.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use uuid::{ContextV7, Timestamp, Uuid};

use crate::time::Clock;

/// UUIDs that sort by time, also within one millisecond. Generators need no coordination: 74 bits are random or count
/// up from a random number.
#[derive(Debug)]
pub(super) struct UuidV7 {
    clock: Arc<dyn Clock>,
    // The context counts within a millisecond and keeps the order when the clock goes back.
    context: Mutex<ContextV7>,
}

impl UuidV7 {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            context: Mutex::new(ContextV7::new()),
        }
    }

    /// The next UUID, and the clock's time at which it was generated.
    pub(super) fn generate(&self) -> (Uuid, DateTime<Utc>) {
        let now = self.clock.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        let context = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        let timestamp = Timestamp::from_unix(&*context, seconds, now.timestamp_subsec_nanos());
        (Uuid::new_v7(timestamp), now)
    }
}
