//! An account in a snapshot of the pool.

use chrono::{DateTime, Utc};

use crate::generation::media_state::{MediaState, Usability};
use crate::generation::{MediaStatus, Site};

/// An account that is active and not deleted, as it is considered for one kind of media.
///
/// ```
/// use genledger::chrono::{DateTime, TimeDelta};
/// use genledger::generation::{Candidate, Site, Standing};
///
/// let now = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
/// let account = Candidate { limit: 3, active: 2, ..Candidate::new("a", Site::Jp, now) };
/// assert_eq!((account.standing(now), account.free_slots()), (Standing::Free, 1));
/// // A limit of 0 pauses it.
/// assert_eq!(Candidate { limit: 0, ..account }.standing(now), Standing::Paused);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// `id`.
    pub id: String,
    /// `site_type`.
    pub site: Site,
    /// `priority`; greater is earlier.
    pub priority: i32,
    /// `create_time`.
    pub create_time: DateTime<Utc>,
    /// `weight`, 0 to 1000: the share of [`ChoiceStrategy::Weighted`](crate::generation::ChoiceStrategy::Weighted).
    pub weight: i32,
    /// `last_used_at`.
    pub last_used_at: Option<DateTime<Utc>>,
    /// `image_limit` or `video_limit`, 0 to 1000: how many tasks it does at a time.
    pub limit: i32,
    /// `image_active` or `video_active`: how many it does.
    pub active: i32,
    /// The columns of this kind of media.
    pub media: MediaState,
    /// `quota_reset_time`; `None` is now.
    pub quota_reset_at: Option<DateTime<Utc>>,
}

/// Whether an account can be used now, apart from its slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// For as many tasks as it has slots.
    Free,
    /// For one task, which finds out whether the limit of the provider is over.
    Probe,
    /// From a time on, at which a cool-down, a probe or the day of the quota ends. It is now if the daily reset is
    /// due, which must be done first.
    From(DateTime<Utc>),
    /// Not until an operator changes it.
    Paused,
}

impl Candidate {
    /// An account that was never used: available until the end of the calendar, priority 0, weight 1, one slot.
    #[must_use]
    pub fn new(id: impl Into<String>, site: Site, create_time: DateTime<Utc>) -> Self {
        Self {
            id: id.into(),
            site,
            priority: 0,
            create_time,
            weight: 1,
            last_used_at: None,
            limit: 1,
            active: 0,
            media: MediaState {
                status: MediaStatus::Available,
                ..MediaState::default()
            },
            quota_reset_at: Some(DateTime::<Utc>::MAX_UTC),
        }
    }

    /// Whether it can be used at a time, apart from its slots.
    #[must_use]
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        if self.limit <= 0 {
            return Standing::Paused;
        }
        let Some(reset) = self.quota_reset_at.filter(|reset| *reset > now) else {
            return Standing::From(now);
        };
        match self.media.usability(now) {
            Usability::Free => Standing::Free,
            Usability::Probe => Standing::Probe,
            // The daily reset ends a cool-down as well.
            Usability::CoolingDown(until) => Standing::From(until.min(reset)),
            Usability::Exhausted => Standing::From(reset),
            Usability::Unrecognized => Standing::Paused,
        }
    }

    /// How many more tasks it can do at the same time; not negative.
    #[must_use]
    pub fn free_slots(&self) -> i32 {
        self.limit.saturating_sub(self.active).max(0)
    }
}
