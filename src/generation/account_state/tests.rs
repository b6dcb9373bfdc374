use chrono::TimeDelta;
use chrono_tz::Asia::Shanghai;
use chrono_tz::Europe::Berlin;
use proptest::prelude::*;

use super::*;
use crate::generation::{ErrorClass, MediaStatus, SubmitState};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// An account on January 16, 2025, with five leases so far; its day ends at 16:30 UTC.
fn account() -> AccountState {
    let created = at("2025-01-15T20:00:00Z");
    AccountState {
        lease_seq: 5,
        ..AccountState::new(Shanghai, created)
    }
}

fn noon() -> DateTime<Utc> {
    at("2025-01-16T12:00:00Z")
}

fn failed(account: &AccountState, seq: i64, class: ErrorClass, end: &UseEnd) -> AccountState {
    let verdict = Verdict::standard(class, SubmitState::Sent);
    account.after_failure(Medium::Image, seq, &verdict, end, &CoolDowns::default())
}

/// The account while a probe of images runs, and the end of its use 10 seconds later.
fn probing() -> (AccountState, UseEnd) {
    let account = failed(&account(), 5, ErrorClass::RateLimit, &UseEnd::at(noon()));
    let begin = noon() + TimeDelta::seconds(15);
    let (image, until) = account.image.begin_probe(begin, TimeDelta::seconds(60));
    let account = AccountState {
        image,
        lease_seq: 6,
        ..account
    };
    let end = UseEnd {
        probe_until: Some(until),
        ..UseEnd::at(begin + TimeDelta::seconds(10))
    };
    (account, end)
}

#[test]
fn each_class_changes_what_it_is_about() {
    let account = account();
    let end = UseEnd::at(noon());
    for class in ErrorClass::ALL {
        let after = failed(&account, 5, class, &end);
        let statuses = (after.status, after.image.status, after.video.status);
        let (active, free) = (AccountStatus::Active, MediaStatus::Available);
        let expected = match class {
            ErrorClass::RateLimit => (active, MediaStatus::RateLimited, free),
            ErrorClass::RiskControl => (active, MediaStatus::RateLimited, MediaStatus::RateLimited),
            ErrorClass::Quota => (active, MediaStatus::Unavailable, free),
            ErrorClass::Auth => (AccountStatus::Inactive, free, free),
            ErrorClass::AccountBlocked => (AccountStatus::Banned, free, free),
            _ => {
                assert_eq!(after, account);
                continue;
            }
        };
        assert_eq!(statuses, expected, "{class}");
        assert_eq!(after.state_seq, 0);
    }
}

#[test]
fn a_banned_account_never_becomes_inactive() {
    let banned = failed(
        &account(),
        5,
        ErrorClass::AccountBlocked,
        &UseEnd::at(noon()),
    );
    assert_eq!(
        failed(&banned, 5, ErrorClass::Auth, &UseEnd::at(noon())),
        banned
    );
    let inactive = failed(&account(), 5, ErrorClass::Auth, &UseEnd::at(noon()));
    let end = UseEnd::at(noon());
    assert_eq!(
        failed(&inactive, 5, ErrorClass::AccountBlocked, &end).status,
        AccountStatus::Banned
    );
    let unknown = AccountState {
        status: AccountStatus::from_code(7),
        ..account()
    };
    assert_eq!(
        failed(&unknown, 5, ErrorClass::AccountBlocked, &end),
        unknown
    );
}

#[test]
fn failures_from_before_a_recovery_are_outdated() {
    let recovered = AccountState {
        lease_seq: 6,
        ..account().recovered()
    };
    for class in ErrorClass::ALL {
        assert_eq!(
            failed(&recovered, 5, class, &UseEnd::at(noon())),
            recovered,
            "{class}"
        );
    }
    let after = failed(&recovered, 6, ErrorClass::Quota, &UseEnd::at(noon()));
    assert_eq!(after.image.status, MediaStatus::Unavailable);
    // The daily reset is a recovery: yesterday's quota says nothing about today.
    let midnight = UseEnd::at(at("2025-01-16T16:30:01Z"));
    let after = failed(&account(), 5, ErrorClass::Quota, &midnight);
    assert_eq!(
        (after.image.status, after.state_seq),
        (MediaStatus::Available, 5)
    );
    assert_eq!(after.quota_reset_at, Some(at("2025-01-17T16:30:00Z")));
}

#[test]
fn a_probe_ends() {
    let (account, end) = probing();
    let success = account.after_success(Medium::Image, &end);
    let restored = MediaState {
        count: 1,
        ..MediaState::default()
    };
    assert_eq!((success.image, success.state_seq), (restored, 6));
    let refused = failed(&account, 6, ErrorClass::ContentRisk, &end);
    assert_eq!(
        (refused.image, refused.state_seq),
        (MediaState::default(), 6)
    );
    let again = failed(&account, 6, ErrorClass::RateLimit, &end);
    assert_eq!(
        again.image.available_at,
        Some(end.at + TimeDelta::seconds(30))
    );
    assert_eq!((again.image.strikes, again.state_seq), (2, 0));
    for undecided in [
        failed(&account, 6, ErrorClass::Transport, &end),
        account.after_no_result(Medium::Image, &end),
    ] {
        assert_eq!(
            undecided.image.available_at,
            Some(end.at + TimeDelta::seconds(15))
        );
        assert_eq!((undecided.image.strikes, undecided.state_seq), (1, 0));
    }
    let quota = failed(&account, 6, ErrorClass::Quota, &end);
    assert_eq!(quota.image.status, MediaStatus::Unavailable);
    // The account recovered for videos: the probe of images decides nevertheless, but no longer about the account.
    let recovered = account.recovered();
    let again = failed(&recovered, 6, ErrorClass::RiskControl, &end);
    assert_eq!((again.image.strikes, again.video), (2, recovered.video));
    let session = failed(&recovered, 6, ErrorClass::Auth, &end);
    assert_eq!(session.status, AccountStatus::Active);
    // Without a probe, a use without a result changes nothing.
    let other = UseEnd {
        probe_until: None,
        ..end
    };
    assert_eq!(account.after_no_result(Medium::Image, &other), account);
    assert_eq!(account.after_no_result(Medium::Video, &end), account);
}

#[test]
fn distrust_concerns_both_media_each_with_its_strikes() {
    let mut account = account();
    account.video.strikes = 1;
    let after = failed(&account, 5, ErrorClass::RiskControl, &UseEnd::at(noon()));
    assert_eq!(
        after.image.available_at,
        Some(noon() + TimeDelta::seconds(600))
    );
    assert_eq!(
        after.video.available_at,
        Some(noon() + TimeDelta::seconds(1_200))
    );
    assert_eq!((after.image.strikes, after.video.strikes), (1, 2));
}

#[test]
fn a_success_belongs_to_the_day_on_which_it_is_reported() {
    let mut account = account();
    account.image.count = 7;
    let before = account.after_success(Medium::Image, &UseEnd::at(at("2025-01-16T16:29:59.999Z")));
    assert_eq!((before.image.count, before.state_seq), (8, 0));
    let after = account.after_success(Medium::Image, &UseEnd::at(at("2025-01-16T16:30:00Z")));
    assert_eq!((after.image.count, after.state_seq), (1, 5));
    assert_eq!(after.quota_reset_at, Some(at("2025-01-17T16:30:00Z")));
}

#[test]
fn the_daily_reset_counts_missed_days_as_one() {
    let mut account = account();
    account.image.count = 7;
    let exhausted = failed(&account, 5, ErrorClass::Quota, &UseEnd::at(noon()));
    let after = exhausted.refreshed(at("2025-01-20T04:00:00Z"));
    assert_eq!(after.image, MediaState::default());
    assert_eq!(after.quota_reset_at, Some(at("2025-01-20T16:30:00Z")));
    // An account that stayed available is reset as well.
    let after = account.refreshed(at("2025-01-16T16:30:00Z"));
    assert_eq!((after.image.count, after.state_seq), (0, 5));
    // A limit after the last reset that was missed is kept: its quota is that of this day.
    let mut late = account;
    late.video = MediaState {
        status: MediaStatus::Unavailable,
        unavailable_at: Some(at("2025-01-19T16:30:00Z")),
        ..late.video
    };
    let after = late.refreshed(at("2025-01-20T04:00:00Z"));
    assert_eq!(after.video.status, MediaStatus::Unavailable);
    late.video.unavailable_at = Some(at("2025-01-19T16:29:59.999Z"));
    assert_eq!(
        late.refreshed(at("2025-01-20T04:00:00Z")).video,
        MediaState::default()
    );
    // Null means now.
    let unknown = AccountState {
        quota_reset_at: None,
        ..exhausted
    };
    let after = unknown.refreshed(noon() + TimeDelta::milliseconds(1));
    assert_eq!(after.image.status, MediaStatus::Available);
    assert_eq!(after.quota_reset_at, Some(at("2025-01-16T16:30:00Z")));
}

#[test]
fn only_active_accounts_are_refreshed() {
    let exhausted = failed(&account(), 5, ErrorClass::Quota, &UseEnd::at(noon()));
    let later = at("2025-01-20T04:00:00Z");
    for status in [
        AccountStatus::Inactive,
        AccountStatus::Banned,
        AccountStatus::from_code(9),
    ] {
        let account = AccountState {
            status,
            ..exhausted
        };
        assert_eq!(account.refreshed(later), account);
        let activated = account.activated(later);
        assert_eq!(
            (activated.status, activated.image.status),
            (AccountStatus::Active, MediaStatus::Available)
        );
        assert_eq!(
            (activated.state_seq, activated.quota_reset_at),
            (5, Some(at("2025-01-20T16:30:00Z")))
        );
    }
    // An activation alone does not renew a quota.
    let inactive = AccountState {
        status: AccountStatus::Inactive,
        ..exhausted
    };
    let activated = inactive.activated(noon());
    assert_eq!((activated.image, activated.state_seq), (exhausted.image, 5));
}

#[test]
fn a_change_of_the_zone_moves_the_next_reset() {
    let exhausted = failed(&account(), 5, ErrorClass::Quota, &UseEnd::at(noon()));
    let moved = exhausted.moved_to(Berlin, noon());
    assert_eq!(moved.quota_reset_at, Some(at("2025-01-16T23:30:00Z")));
    assert_eq!(moved.image, exhausted.image);
    let due = at("2025-01-16T16:30:00Z");
    let moved = exhausted.moved_to(Berlin, due);
    assert_eq!(moved.image.status, MediaStatus::Available);
    assert_eq!(moved.quota_reset_at, Some(at("2025-01-16T23:30:00Z")));
    // The reset of an inactive account is still due when it is made active.
    let inactive = AccountState {
        status: AccountStatus::Inactive,
        ..exhausted
    };
    let moved = inactive.moved_to(Berlin, due);
    assert_eq!(moved.image.status, MediaStatus::Unavailable);
    assert_eq!(moved.activated(due).image.status, MediaStatus::Available);
    assert_eq!(
        inactive.moved_to(Berlin, noon()).quota_reset_at,
        Some(at("2025-01-16T23:30:00Z"))
    );
}

#[test]
fn an_unknown_kind_of_media_changes_nothing() {
    let (account, end) = probing();
    let unknown = Medium::from_code(5);
    assert_eq!(account.media(unknown), None);
    assert_eq!(account.after_success(unknown, &end), account);
    let verdict = Verdict::standard(ErrorClass::RiskControl, SubmitState::Sent);
    assert_eq!(
        account.after_failure(unknown, 6, &verdict, &end, &CoolDowns::default()),
        account
    );
}

proptest! {
    /// Whatever happens to an account that stays active, it can be used again a day after, and its reset is ahead.
    #[test]
    fn an_active_account_is_back_after_the_daily_reset(
        events in prop::collection::vec((0_usize..13, any::<bool>(), 0_i64..40_000), 1..30),
    ) {
        let mut account = account();
        let mut now = noon();
        for (class, image, seconds) in events {
            now += TimeDelta::seconds(seconds);
            account.lease_seq += 1;
            let medium = if image { Medium::Image } else { Medium::Video };
            let verdict = Verdict::standard(ErrorClass::ALL[class], SubmitState::Sent);
            let end = UseEnd::at(now);
            account = account.after_failure(medium, account.lease_seq, &verdict, &end, &CoolDowns::default());
            if account.status != AccountStatus::Active {
                account = account.activated(now);
            }
            prop_assert!(account.quota_reset_at > Some(now));
            prop_assert!(account.state_seq <= account.lease_seq);
            let reset = account.quota_reset_at.unwrap();
            let back = account.refreshed(reset);
            for medium in [Medium::Image, Medium::Video] {
                prop_assert_eq!(back.media(medium), Some(&MediaState::default()));
            }
        }
    }
}
