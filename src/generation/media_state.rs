//! Whether an account can generate media of one kind: cool-downs, probes, the daily reset.

mod cool_down;

use chrono::{DateTime, TimeDelta, Utc};

use super::MediaStatus;
use super::use_end::{UseEnd, later};
use cool_down::new_cool_down;

pub use cool_down::{CoolDown, CoolDowns};

/// What a failure shows about the media of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MediaEffect {
    /// Nothing.
    #[default]
    None,
    /// The account has sent too many requests: this kind of media cools down, for the times of
    /// [`CoolDowns::rate_limit`].
    RateLimited,
    /// The provider distrusts the account: both kinds of media cool down, for the times of
    /// [`CoolDowns::risk_control`].
    Distrusted,
    /// The quota of this kind is exhausted until the daily reset.
    Exhausted,
}

/// Whether a kind of media can be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Usability {
    /// For any number of tasks.
    Free,
    /// For one task, which finds out whether the limit of the provider is over.
    Probe,
    /// Not before a time, at which a cool-down or a probe ends.
    CoolingDown(DateTime<Utc>),
    /// Not before the daily reset.
    Exhausted,
    /// Never: the status is a code that this version does not know.
    Unrecognized,
}

/// The columns of one kind of media of an account.
///
/// ```
/// use genledger::chrono::{DateTime, TimeDelta};
/// use genledger::generation::{CoolDowns, MediaEffect, MediaState, Usability, UseEnd};
///
/// let now = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
/// let free = MediaState::default();
///
/// // The provider reports a rate limit: 15 seconds without requests.
/// let limited = free.after_failure(MediaEffect::RateLimited, false, &UseEnd::at(now), &CoolDowns::default());
/// let until = now + TimeDelta::seconds(15);
/// assert_eq!(limited.usability(now), Usability::CoolingDown(until));
///
/// // Then one task probes it; while the probe runs, there is no other.
/// assert_eq!(limited.usability(until), Usability::Probe);
/// let (probing, probe_until) = limited.begin_probe(until, TimeDelta::seconds(60));
/// assert_eq!(probing.usability(until), Usability::CoolingDown(until + TimeDelta::seconds(120)));
/// assert_eq!(probing.after_success(Some(probe_until)), MediaState { count: 1, ..free });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MediaState {
    /// `image_generation_status` or `video_generation_status`.
    pub status: MediaStatus,
    /// `image_count` or `video_count`: the successful tasks since the last daily reset.
    pub count: i32,
    /// `image_unavailable_time` or `video_unavailable_time`: when it became unavailable or rate limited.
    pub unavailable_at: Option<DateTime<Utc>>,
    /// `image_available_at` or `video_available_at`: when the cool-down or the probe ends.
    pub available_at: Option<DateTime<Utc>>,
    /// `image_strikes` or `video_strikes`: the cool-downs since it was last available, 0 to 16.
    pub strikes: i16,
}

impl MediaState {
    /// The greatest number of strikes.
    pub const MAX_STRIKES: i16 = cool_down::MAX_STRIKES;

    /// The shortest time that a probe has before another one may begin.
    pub const MIN_PROBE: TimeDelta = TimeDelta::seconds(120);

    /// After which time a probe without a result is repeated.
    pub const PROBE_AGAIN: TimeDelta = TimeDelta::seconds(15);

    /// Whether it can be used at a time.
    #[must_use]
    pub fn usability(&self, now: DateTime<Utc>) -> Usability {
        match self.status {
            MediaStatus::Available => Usability::Free,
            MediaStatus::Unavailable => Usability::Exhausted,
            MediaStatus::RateLimited => match self.available_at {
                Some(until) if until > now => Usability::CoolingDown(until),
                _ => Usability::Probe,
            },
            MediaStatus::Unrecognized(_) => Usability::Unrecognized,
        }
    }

    /// The state while a probe runs, and the time until which no other one begins: after the length of the lease, or
    /// [`MIN_PROBE`](Self::MIN_PROBE) if that is longer. The update must be guarded by the old `available_at`.
    #[must_use]
    pub fn begin_probe(&self, now: DateTime<Utc>, lease: TimeDelta) -> (Self, DateTime<Utc>) {
        let until = later(now, lease.max(Self::MIN_PROBE));
        let available_at = Some(until);
        (
            Self {
                available_at,
                ..*self
            },
            until,
        )
    }

    /// Whether the probe of an attempt (its `probe_until_at`) still decides: nothing has changed the state since.
    #[must_use]
    pub fn is_probed_by(&self, probe_until: Option<DateTime<Utc>>) -> bool {
        self.status == MediaStatus::RateLimited
            && probe_until.is_some()
            && self.available_at == probe_until
    }

    /// Available again: after a successful probe, by the daily reset, or by an operator. The count stays.
    #[must_use]
    pub const fn restored(&self) -> Self {
        Self {
            status: MediaStatus::Available,
            count: self.count,
            unavailable_at: None,
            available_at: None,
            strikes: 0,
        }
    }

    /// After a successful task, which is counted. `probe_until` is that of its attempt.
    #[must_use]
    pub fn after_success(&self, probe_until: Option<DateTime<Utc>>) -> Self {
        let count = self.count.saturating_add(1);
        let counted = Self { count, ..*self };
        if self.is_probed_by(probe_until) {
            return counted.restored();
        }
        counted
    }

    /// After a failure.
    ///
    /// Each cool-down is longer than the one before. The failure of a use that began before the last one extends it
    /// if necessary, but is not another strike. An exhausted quota never becomes a cool-down.
    ///
    /// A probe without an effect restores the state if `passes_probe`, and is repeated after
    /// [`PROBE_AGAIN`](Self::PROBE_AGAIN) if not.
    #[must_use]
    pub fn after_failure(
        &self,
        effect: MediaEffect,
        passes_probe: bool,
        end: &UseEnd,
        cool_downs: &CoolDowns,
    ) -> Self {
        match effect {
            MediaEffect::RateLimited => self.cooled_down(&cool_downs.rate_limit, end),
            MediaEffect::Distrusted => self.cooled_down(&cool_downs.risk_control, end),
            MediaEffect::Exhausted => self.exhausted(end.at),
            MediaEffect::None => self.after_no_effect(passes_probe, end),
        }
    }

    /// After a use that shows nothing about the account, such as a released lease: only a probe has an end.
    #[must_use]
    pub fn after_no_effect(&self, passes_probe: bool, end: &UseEnd) -> Self {
        if !self.is_probed_by(end.probe_until) {
            return *self;
        }
        if passes_probe {
            return self.restored();
        }
        let available_at = Some(later(end.at, Self::PROBE_AGAIN));
        Self {
            available_at,
            ..*self
        }
    }

    /// After the daily reset: the count begins again, and what became unavailable before `boundary`, or at an unknown
    /// time, is restored.
    #[must_use]
    pub fn after_reset(&self, boundary: DateTime<Utc>) -> Self {
        let counted = Self { count: 0, ..*self };
        let is_restored = match self.status {
            MediaStatus::Unavailable | MediaStatus::RateLimited => {
                self.unavailable_at.is_none_or(|since| since < boundary)
            }
            MediaStatus::Available | MediaStatus::Unrecognized(_) => false,
        };
        if is_restored {
            counted.restored()
        } else {
            counted
        }
    }

    fn cooled_down(&self, cool_down: &CoolDown, end: &UseEnd) -> Self {
        let begins = match self.status {
            MediaStatus::Available => true,
            MediaStatus::RateLimited => self.is_probed_by(end.probe_until),
            MediaStatus::Unavailable | MediaStatus::Unrecognized(_) => return *self,
        };
        if begins {
            let length = new_cool_down(cool_down.after(self.strikes), end.retry_after, end.random);
            return Self {
                status: MediaStatus::RateLimited,
                count: self.count,
                unavailable_at: Some(end.at),
                available_at: Some(later(end.at, length)),
                strikes: self.strikes.saturating_add(1).clamp(1, Self::MAX_STRIKES),
            };
        }
        let until = later(end.at, cool_down.after(self.strikes.saturating_sub(1)));
        Self {
            available_at: self.available_at.max(Some(until)),
            ..*self
        }
    }

    const fn exhausted(&self, now: DateTime<Utc>) -> Self {
        if matches!(self.status, MediaStatus::Unrecognized(_)) {
            return *self;
        }
        Self {
            status: MediaStatus::Unavailable,
            count: self.count,
            unavailable_at: Some(now),
            available_at: None,
            strikes: self.strikes,
        }
    }
}

#[cfg(test)]
mod tests;
