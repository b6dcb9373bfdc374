//! From the row of an account to the values that calculations need, and back.

use super::account::ProviderAccount;
use super::account_state::AccountState;
use super::choice::Candidate;
use super::media_state::MediaState;
use super::reset::DailyResets;
use super::{AccountUsage, Medium};

impl ProviderAccount {
    /// The state that uses, the daily reset and operators change; `None` if the time zone is not one.
    ///
    /// ```
    /// use genledger::chrono::{DateTime, Utc};
    /// use genledger::generation::NewProviderAccount;
    /// use genledger::id::GenerationIdGenerator;
    ///
    /// let ids = GenerationIdGenerator::system();
    /// let mut account = NewProviderAccount::new("a@example.com", "3a7bd3e2360a").into_account(&ids)?;
    /// let state = account.state().expect("Asia/Shanghai is a zone");
    /// let due = account.usage.quota_reset_time.unwrap_or_default();
    ///
    /// account.set_state(&state.refreshed(due));
    /// assert!(account.usage.quota_reset_time > Some(due));
    /// # Ok::<(), genledger::Error>(())
    /// ```
    #[must_use]
    pub fn state(&self) -> Option<AccountState> {
        Some(AccountState {
            status: self.account_status,
            image: self.usage.image(),
            video: self.usage.video(),
            resets: DailyResets::new(self.zone()?),
            quota_reset_at: self.usage.quota_reset_time,
            lease_seq: self.usage.lease_seq,
            state_seq: self.usage.state_seq,
        })
    }

    /// Sets the columns of the state: the status, the time zone, and the use without slots and `last_used_at`.
    pub fn set_state(&mut self, state: &AccountState) {
        self.account_status = state.status;
        self.time_zone = state.resets.zone.name().to_owned();
        let usage = &mut self.usage;
        usage.image_generation_status = state.image.status;
        usage.image_count = state.image.count;
        usage.image_unavailable_time = state.image.unavailable_at;
        usage.image_available_at = state.image.available_at;
        usage.image_strikes = state.image.strikes;
        usage.video_generation_status = state.video.status;
        usage.video_count = state.video.count;
        usage.video_unavailable_time = state.video.unavailable_at;
        usage.video_available_at = state.video.available_at;
        usage.video_strikes = state.video.strikes;
        usage.quota_reset_time = state.quota_reset_at;
        usage.lease_seq = state.lease_seq;
        usage.state_seq = state.state_seq;
    }

    /// The account as a candidate for one kind of media; `None` for a kind that this version does not know. That it is
    /// active and not deleted is a condition of the query.
    #[must_use]
    pub fn candidate(&self, medium: Medium) -> Option<Candidate> {
        let (media, limit, active) = match medium {
            Medium::Image => (
                self.usage.image(),
                self.image_limit,
                self.usage.image_active,
            ),
            Medium::Video => (
                self.usage.video(),
                self.video_limit,
                self.usage.video_active,
            ),
            Medium::Unrecognized(_) => return None,
        };
        Some(Candidate {
            id: self.id.to_string(),
            site: self.site_type,
            priority: self.priority,
            create_time: self.stamps.create_time,
            weight: self.weight,
            last_used_at: self.usage.last_used_at,
            limit,
            active,
            media,
            quota_reset_at: self.usage.quota_reset_time,
        })
    }
}

impl AccountUsage {
    const fn image(&self) -> MediaState {
        MediaState {
            status: self.image_generation_status,
            count: self.image_count,
            unavailable_at: self.image_unavailable_time,
            available_at: self.image_available_at,
            strikes: self.image_strikes,
        }
    }

    const fn video(&self) -> MediaState {
        MediaState {
            status: self.video_generation_status,
            count: self.video_count,
            unavailable_at: self.video_unavailable_time,
            available_at: self.video_available_at,
            strikes: self.video_strikes,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use chrono_tz::Tz;
    use uuid::Uuid;

    use super::*;
    use crate::generation::{AccountStatus, MediaStatus, NewProviderAccount, Site};
    use crate::id::ProviderAccountId;

    fn account() -> ProviderAccount {
        let id = ProviderAccountId::new(Uuid::from_u128(0xab << 96));
        let now = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
        let account = NewProviderAccount::new("a", "s").site_type(Site::Jp);
        account.into_account_with_id(id, now).unwrap()
    }

    fn media(status: MediaStatus, seed: i16) -> MediaState {
        let at = |seconds: i16| DateTime::from_timestamp(i64::from(seconds), 0);
        MediaState {
            status,
            count: i32::from(seed),
            unavailable_at: at(seed + 1),
            available_at: at(seed + 2),
            strikes: seed + 3,
        }
    }

    #[test]
    fn a_state_is_read_as_it_was_set_and_no_other_column_changes() {
        let state = AccountState {
            status: AccountStatus::Inactive,
            image: media(MediaStatus::RateLimited, 3),
            video: media(MediaStatus::Unavailable, 8),
            resets: DailyResets::new(Tz::Europe__Berlin),
            quota_reset_at: DateTime::from_timestamp(77, 0),
            lease_seq: 21,
            state_seq: 20,
        };
        let mut account = account();
        let before = account.clone();
        let created = before.state().unwrap();
        account.set_state(&state);
        assert_eq!(account.state(), Some(state));
        account.set_state(&created);
        assert_eq!(account, before);
        account.time_zone = "Mars/Olympus".to_owned();
        assert_eq!(account.state(), None);
    }

    #[test]
    fn a_candidate_has_the_columns_of_its_media() {
        let mut account = account();
        account.priority = 7;
        (account.image_limit, account.video_limit, account.weight) = (4, 9, 30);
        (account.usage.image_active, account.usage.video_active) = (1, 2);
        account.usage.last_used_at = DateTime::from_timestamp(55, 0);
        let state = account.state().unwrap();
        account.set_state(&AccountState {
            image: media(MediaStatus::RateLimited, 3),
            video: media(MediaStatus::Unavailable, 8),
            ..state
        });
        let image = account.candidate(Medium::Image).unwrap();
        assert_eq!(
            image,
            Candidate {
                id: "000000ab-0000-0000-0000-000000000000".to_owned(),
                site: Site::Jp,
                priority: 7,
                create_time: DateTime::from_timestamp(1_750_000_000, 0).unwrap(),
                weight: 30,
                last_used_at: DateTime::from_timestamp(55, 0),
                limit: 4,
                active: 1,
                media: media(MediaStatus::RateLimited, 3),
                quota_reset_at: state.quota_reset_at,
            }
        );
        let video = account.candidate(Medium::Video).unwrap();
        assert_eq!((video.limit, video.active), (9, 2));
        assert_eq!(video.media, media(MediaStatus::Unavailable, 8));
        assert_eq!(account.candidate(Medium::from_code(4)), None);
    }
}
