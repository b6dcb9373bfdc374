//! The state of an account: what its uses, the daily reset and operators do to it.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::failure::{AccountEffect, Verdict};
use super::media_state::{CoolDowns, MediaEffect, MediaState};
use super::reset::DailyResets;
use super::use_end::UseEnd;
use super::{AccountStatus, Medium};

/// The columns of an account that its uses change, without the slots.
///
/// Each method returns the state after one event. Those that accept a time refresh the state first if the daily reset
/// is due, so a success belongs to the day on which it is reported.
///
/// ```
/// use genledger::chrono::{DateTime, Utc};
/// use genledger::chrono_tz::Asia::Shanghai;
/// use genledger::generation::{
///     AccountState, CoolDowns, ErrorClass, MediaStatus, Medium, SubmitState, UseEnd, Verdict,
/// };
///
/// let created: DateTime<Utc> = "2025-01-16T02:00:00Z".parse()?;
/// let account = AccountState { lease_seq: 1, ..AccountState::new(Shanghai, created) };
///
/// // The first lease of the account ends with an exhausted quota.
/// let quota = Verdict::standard(ErrorClass::Quota, SubmitState::Sent);
/// let account = account.after_failure(Medium::Image, 1, &quota, &UseEnd::at(created), &CoolDowns::default());
/// assert_eq!(account.image.status, MediaStatus::Unavailable);
/// assert_eq!(account.video.status, MediaStatus::Available);
///
/// // It is back at half past twelve.
/// let reset = "2025-01-16T16:30:00Z".parse()?;
/// assert_eq!(account.refreshed(reset).image.status, MediaStatus::Available);
/// # Ok::<(), genledger::chrono::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountState {
    /// `account_status`.
    pub status: AccountStatus,
    /// The columns of images.
    pub image: MediaState,
    /// The columns of videos.
    pub video: MediaState,
    /// The daily resets in `time_zone`.
    pub resets: DailyResets,
    /// `quota_reset_time`: the next daily reset; `None` is now.
    pub quota_reset_at: Option<DateTime<Utc>>,
    /// `lease_seq`: the number of the last lease of the account.
    pub lease_seq: i64,
    /// `state_seq`: the number of the last lease before the last recovery. Failures of leases up to it are outdated.
    pub state_seq: i64,
}

impl AccountState {
    /// The state of an account that is created at a time: active, and available for both kinds of media.
    #[must_use]
    pub fn new(zone: Tz, created: DateTime<Utc>) -> Self {
        let resets = DailyResets::new(zone);
        Self {
            status: AccountStatus::Active,
            image: MediaState::default(),
            video: MediaState::default(),
            resets,
            quota_reset_at: Some(resets.after_creation(created)),
            lease_seq: 0,
            state_seq: 0,
        }
    }

    /// The state of a kind of media; `None` for a kind that this version does not know.
    #[must_use]
    pub const fn media(&self, medium: Medium) -> Option<&MediaState> {
        match medium {
            Medium::Image => Some(&self.image),
            Medium::Video => Some(&self.video),
            Medium::Unrecognized(_) => None,
        }
    }

    /// Whether the daily reset is due: the account is active, and its time has come.
    #[must_use]
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.status == AccountStatus::Active && self.quota_reset_at.is_none_or(|due| due <= now)
    }

    /// After the daily reset if it is due: the counts begin again, and what became unavailable before is restored.
    /// Days that were missed are one reset.
    #[must_use]
    pub fn refreshed(&self, now: DateTime<Utc>) -> Self {
        if !self.is_due(now) {
            return *self;
        }
        let boundary = self.resets.boundary(self.quota_reset_at, now);
        Self {
            image: self.image.after_reset(boundary),
            video: self.video.after_reset(boundary),
            quota_reset_at: Some(self.resets.next_after(now)),
            ..self.recovered()
        }
    }

    /// After a successful task.
    #[must_use]
    pub fn after_success(&self, medium: Medium, end: &UseEnd) -> Self {
        self.refreshed(end.at).with_media(medium, |media| {
            let recovers = media.is_probed_by(end.probe_until);
            (media.after_success(end.probe_until), recovers)
        })
    }

    /// After a failure of the lease with the number `account_seq`.
    ///
    /// It changes the account only if the account has not recovered since the lease began. The result of a probe that
    /// still decides is never outdated for its kind of media.
    #[must_use]
    pub fn after_failure(
        &self,
        medium: Medium,
        account_seq: i64,
        verdict: &Verdict,
        end: &UseEnd,
        cool_downs: &CoolDowns,
    ) -> Self {
        let refreshed = self.refreshed(end.at);
        let is_current = account_seq > refreshed.state_seq;
        let mut after = refreshed.with_media(medium, |media| {
            let decides = media.is_probed_by(end.probe_until);
            let effect = if is_current || decides {
                verdict.media
            } else {
                MediaEffect::None
            };
            let after = media.after_failure(effect, verdict.passes_probe, end, cool_downs);
            let recovers = decides && effect == MediaEffect::None && verdict.passes_probe;
            (after, recovers)
        });
        if !is_current {
            return after;
        }
        if verdict.media == MediaEffect::Distrusted {
            let end = UseEnd {
                probe_until: None,
                ..*end
            };
            let cool = |media: &MediaState| {
                (
                    media.after_failure(verdict.media, false, &end, cool_downs),
                    false,
                )
            };
            after = match medium {
                Medium::Image => after.with_media(Medium::Video, cool),
                Medium::Video => after.with_media(Medium::Image, cool),
                Medium::Unrecognized(_) => after,
            };
        }
        after.status = match (verdict.account, after.status) {
            (AccountEffect::Deactivate, AccountStatus::Active) => AccountStatus::Inactive,
            (AccountEffect::Ban, AccountStatus::Active | AccountStatus::Inactive) => {
                AccountStatus::Banned
            }
            (_, status) => status,
        };
        after
    }

    /// After a use without a result: released, cancelled, or its lease lost. A probe is repeated soon.
    #[must_use]
    pub fn after_no_result(&self, medium: Medium, end: &UseEnd) -> Self {
        self.refreshed(end.at)
            .with_media(medium, |media| (media.after_no_effect(false, end), false))
    }

    /// After an operator has made it active: a recovery, and the daily reset if it is due.
    #[must_use]
    pub fn activated(&self, now: DateTime<Utc>) -> Self {
        let active = Self {
            status: AccountStatus::Active,
            ..self.recovered()
        };
        active.refreshed(now)
    }

    /// After a change of its time zone: the next reset is that of the new zone. The reset of an account that is not
    /// active stays due if it is.
    #[must_use]
    pub fn moved_to(&self, zone: Tz, now: DateTime<Utc>) -> Self {
        let resets = DailyResets::new(zone);
        let refreshed = self.refreshed(now);
        let next = Some(resets.next_after(now));
        Self {
            resets,
            quota_reset_at: refreshed
                .quota_reset_at
                .and_then(|due| if due > now { next } else { Some(due) }),
            ..refreshed
        }
    }

    /// After a recovery: failures of the leases so far are outdated.
    #[must_use]
    pub const fn recovered(&self) -> Self {
        Self {
            state_seq: self.lease_seq,
            ..*self
        }
    }

    /// The state with another state of a kind of media, which may be a recovery.
    fn with_media(
        self,
        medium: Medium,
        change: impl FnOnce(&MediaState) -> (MediaState, bool),
    ) -> Self {
        let (changed, recovers) = match medium {
            Medium::Image => {
                let (image, recovers) = change(&self.image);
                (Self { image, ..self }, recovers)
            }
            Medium::Video => {
                let (video, recovers) = change(&self.video);
                (Self { video, ..self }, recovers)
            }
            Medium::Unrecognized(_) => (self, false),
        };
        if recovers {
            changed.recovered()
        } else {
            changed
        }
    }
}

#[cfg(test)]
mod tests;
