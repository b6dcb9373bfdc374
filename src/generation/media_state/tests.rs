use proptest::prelude::*;

use super::*;

fn second(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000 + seconds, 0).unwrap()
}

fn failed(state: MediaState, effect: MediaEffect, end: &UseEnd) -> MediaState {
    state.after_failure(effect, false, end, &CoolDowns::default())
}

fn limited(strikes: i16, available_at: Option<DateTime<Utc>>) -> MediaState {
    MediaState {
        status: MediaStatus::RateLimited,
        count: 3,
        unavailable_at: Some(second(-100)),
        available_at,
        strikes,
    }
}

#[test]
fn each_cool_down_is_twice_as_long_as_the_one_before() {
    let seconds = |cool_down: CoolDown| {
        let after = |strikes| cool_down.after(strikes).num_seconds();
        (0..8).map(after).collect::<Vec<_>>()
    };
    assert_eq!(
        seconds(CoolDown::RATE_LIMIT),
        [15, 30, 60, 120, 240, 480, 900, 900]
    );
    assert_eq!(
        seconds(CoolDown::RISK_CONTROL),
        [600, 1_200, 2_400, 4_800, 9_600, 19_200, 21_600, 21_600]
    );
    assert_eq!(
        CoolDown::RATE_LIMIT.after(i16::MAX),
        TimeDelta::seconds(900)
    );
    assert_eq!(CoolDown::RATE_LIMIT.after(-1), TimeDelta::seconds(15));
}

#[test]
fn a_rate_limit_begins_a_cool_down() {
    for (strikes, wait, after) in [(0, 15, 1), (7, 900, 8), (16, 900, 16)] {
        let state = MediaState {
            strikes,
            ..MediaState::default()
        };
        let limited = failed(state, MediaEffect::RateLimited, &UseEnd::at(second(0)));
        assert_eq!(limited.status, MediaStatus::RateLimited);
        assert_eq!(limited.available_at, Some(second(wait)));
        assert_eq!(limited.unavailable_at, Some(second(0)));
        assert_eq!(limited.strikes, after);
    }
    let distrusted = failed(
        MediaState::default(),
        MediaEffect::Distrusted,
        &UseEnd::at(second(0)),
    );
    assert_eq!(distrusted.available_at, Some(second(600)));
}

#[test]
fn a_probe_that_fails_begins_the_next_cool_down() {
    let (probing, until) =
        limited(1, Some(second(0))).begin_probe(second(0), TimeDelta::seconds(60));
    assert_eq!(until, second(120));
    let end = UseEnd {
        probe_until: Some(until),
        ..UseEnd::at(second(50))
    };
    let again = failed(probing, MediaEffect::RateLimited, &end);
    assert_eq!((again.available_at, again.strikes), (Some(second(80)), 2));
    assert_eq!(again.unavailable_at, Some(second(50)));
    let distrusted = failed(probing, MediaEffect::Distrusted, &end);
    assert_eq!(
        (distrusted.available_at, distrusted.strikes),
        (Some(second(50 + 1_200)), 2)
    );
}

#[test]
fn requested_waits_count_up_to_a_day() {
    for (requested, wait) in [
        (0, 15),
        (10, 15),
        (20, 20),
        (86_400, 86_400),
        (90_000, 86_400),
    ] {
        let end = UseEnd {
            retry_after: Some(TimeDelta::seconds(requested)),
            ..UseEnd::at(second(0))
        };
        let limited = failed(MediaState::default(), MediaEffect::RateLimited, &end);
        assert_eq!(limited.available_at, Some(second(wait)), "{requested}");
    }
    // The jitter is that of the cool-down, not of the requested wait.
    let end = UseEnd {
        retry_after: Some(TimeDelta::seconds(1_000)),
        random: Some(1 << 63),
        ..UseEnd::at(second(0))
    };
    let limited = failed(MediaState::default(), MediaEffect::RateLimited, &end);
    assert_eq!(
        limited.available_at,
        Some(second(1_000) + TimeDelta::milliseconds(1_875))
    );
}

#[test]
fn failures_of_uses_that_began_before_extend_and_are_not_strikes() {
    let cooling = limited(3, Some(second(10)));
    let end = UseEnd {
        retry_after: Some(TimeDelta::hours(1)),
        random: Some(u64::MAX),
        ..UseEnd::at(second(0))
    };
    let extended = failed(cooling, MediaEffect::RateLimited, &end);
    assert_eq!(extended, limited(3, Some(second(60))));
    let cooling = limited(3, Some(second(100)));
    assert_eq!(failed(cooling, MediaEffect::RateLimited, &end), cooling);
    assert_eq!(
        failed(cooling, MediaEffect::Distrusted, &end),
        limited(3, Some(second(2_400)))
    );
    // Rows of other programs have no end, or no strikes.
    assert_eq!(
        failed(limited(0, None), MediaEffect::RateLimited, &end),
        limited(0, Some(second(15)))
    );
    // A probe that another one has replaced does not decide.
    let end = UseEnd {
        probe_until: Some(second(-50)),
        ..end
    };
    assert_eq!(failed(cooling, MediaEffect::RateLimited, &end), cooling);
    assert_eq!(failed(cooling, MediaEffect::None, &end), cooling);
    assert_eq!(
        cooling.after_success(end.probe_until),
        MediaState {
            count: 4,
            ..cooling
        }
    );
}

#[test]
fn an_exhausted_quota_never_becomes_a_cool_down() {
    let exhausted = failed(
        limited(2, Some(second(10))),
        MediaEffect::Exhausted,
        &UseEnd::at(second(5)),
    );
    assert_eq!(exhausted.status, MediaStatus::Unavailable);
    assert_eq!(
        (exhausted.unavailable_at, exhausted.available_at),
        (Some(second(5)), None)
    );
    assert_eq!(exhausted.usability(second(1_000_000)), Usability::Exhausted);
    let end = UseEnd::at(second(6));
    assert_eq!(failed(exhausted, MediaEffect::RateLimited, &end), exhausted);
    assert_eq!(failed(exhausted, MediaEffect::Distrusted, &end), exhausted);
    assert_eq!(
        exhausted.after_success(None).status,
        MediaStatus::Unavailable
    );
}

#[test]
fn a_probe_has_three_ends() {
    let (probing, until) = limited(4, None).begin_probe(second(0), TimeDelta::hours(1));
    assert_eq!(until, second(3_600));
    let end = UseEnd {
        probe_until: Some(until),
        ..UseEnd::at(second(9))
    };
    let free = MediaState {
        count: 3,
        ..MediaState::default()
    };
    assert_eq!(
        probing.after_success(Some(until)),
        MediaState { count: 4, ..free }
    );
    let passed = probing.after_failure(MediaEffect::None, true, &end, &CoolDowns::default());
    assert_eq!(passed, free);
    let undecided = failed(probing, MediaEffect::None, &end);
    assert_eq!(undecided, limited(4, Some(second(24))));
    // A use that is not a probe changes nothing.
    let other = UseEnd::at(second(9));
    assert_eq!(failed(probing, MediaEffect::None, &other), probing);
    assert_eq!(
        probing.after_success(None),
        MediaState {
            count: 4,
            ..probing
        }
    );
}

#[test]
fn what_can_be_used() {
    assert_eq!(MediaState::default().usability(second(0)), Usability::Free);
    assert_eq!(limited(1, None).usability(second(0)), Usability::Probe);
    assert_eq!(
        limited(1, Some(second(0))).usability(second(0)),
        Usability::Probe
    );
    assert_eq!(
        limited(1, Some(second(1))).usability(second(0)),
        Usability::CoolingDown(second(1))
    );
    let unknown = MediaState {
        status: MediaStatus::from_code(9),
        ..MediaState::default()
    };
    assert_eq!(unknown.usability(second(0)), Usability::Unrecognized);
    for effect in [
        MediaEffect::RateLimited,
        MediaEffect::Distrusted,
        MediaEffect::Exhausted,
    ] {
        assert_eq!(failed(unknown, effect, &UseEnd::at(second(0))), unknown);
    }
    assert_eq!(unknown.after_reset(second(0)), unknown);
}

#[test]
fn the_daily_reset_restores_what_became_unavailable_before_it() {
    let boundary = second(0);
    let free = MediaState::default();
    for status in [MediaStatus::Unavailable, MediaStatus::RateLimited] {
        let since = |unavailable_at| MediaState {
            status,
            count: 8,
            unavailable_at,
            available_at: Some(second(500)),
            strikes: 5,
        };
        assert_eq!(since(None).after_reset(boundary), free);
        let before = boundary - TimeDelta::milliseconds(1);
        assert_eq!(since(Some(before)).after_reset(boundary), free);
        let kept = MediaState {
            count: 0,
            ..since(Some(boundary))
        };
        assert_eq!(since(Some(boundary)).after_reset(boundary), kept);
    }
    let used = MediaState { count: 8, ..free };
    assert_eq!(used.after_reset(boundary), free);
}

#[test]
fn times_at_the_end_of_the_calendar_do_not_overflow() {
    let end = UseEnd::at(DateTime::<Utc>::MAX_UTC);
    let limited = failed(MediaState::default(), MediaEffect::RateLimited, &end);
    assert_eq!(limited.available_at, Some(DateTime::<Utc>::MAX_UTC));
}

fn any_time() -> impl Strategy<Value = Option<DateTime<Utc>>> {
    prop::option::of((-10_000_i64..10_000).prop_map(second))
}

fn any_state() -> impl Strategy<Value = MediaState> {
    (0_i16..4, 0..100, any_time(), any_time(), 0_i16..=16).prop_map(
        |(status, count, unavailable_at, available_at, strikes)| MediaState {
            status: MediaStatus::from_code(status),
            count,
            unavailable_at,
            available_at,
            strikes,
        },
    )
}

proptest! {
    #[test]
    fn no_failure_makes_an_account_usable_earlier(
        state in any_state(), at in -10_000_i64..10_000, probe_until in any_time(), random: Option<u64>,
        distrusted: bool,
    ) {
        let end = UseEnd { probe_until, random, ..UseEnd::at(second(at)) };
        let effect = if distrusted { MediaEffect::Distrusted } else { MediaEffect::RateLimited };
        let after = failed(state, effect, &end);
        prop_assert_eq!(after.count, state.count);
        prop_assert!(after.strikes >= state.strikes && after.strikes <= MediaState::MAX_STRIKES);
        match state.status {
            MediaStatus::Available | MediaStatus::RateLimited => {
                prop_assert_eq!(after.status, MediaStatus::RateLimited);
                // No use for at least the shortest cool-down.
                let least = second(at) + cool_downs_base(distrusted);
                prop_assert!(after.available_at >= Some(least));
                if !state.is_probed_by(probe_until) {
                    prop_assert!(after.available_at >= state.available_at || state.status == MediaStatus::Available);
                }
            }
            _ => prop_assert_eq!(after, state),
        }
    }
}

fn cool_downs_base(distrusted: bool) -> TimeDelta {
    let cool_downs = CoolDowns::default();
    if distrusted {
        cool_downs.risk_control.base
    } else {
        cool_downs.rate_limit.base
    }
}
