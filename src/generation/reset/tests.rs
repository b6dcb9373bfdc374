use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::{Africa, America, Pacific, Tz};
use proptest::prelude::*;

use super::DailyResets;
use crate::time::clamped_to_calendars;

/// A time as the vectors state it: `0116 1630` of a year, in UTC.
fn time(year: i32, text: &str) -> DateTime<Utc> {
    let text = format!("{year}{text}");
    NaiveDateTime::parse_from_str(&text, "%Y%m%d %H%M")
        .unwrap()
        .and_utc()
}

fn zone(name: &str) -> Tz {
    name.parse().unwrap()
}

#[test]
fn accounts_that_are_created() {
    for (name, year, created, first) in [
        ("Asia/Shanghai", 2025, "0116 0200", "0116 1630"),
        ("Asia/Shanghai", 2025, "0116 1610", "0117 1630"),
        ("America/Santiago", 2025, "0906 1500", "0907 0400"),
        ("America/Santiago", 2025, "0406 0230", "0406 0430"),
        ("Africa/Cairo", 2025, "0424 1200", "0424 2200"),
        ("Africa/Cairo", 2025, "1030 2130", "1030 2230"),
        ("Asia/Beirut", 2025, "0329 1200", "0329 2200"),
        ("America/Havana", 2025, "0308 1200", "0309 0500"),
        ("America/Havana", 2025, "1101 1200", "1102 0430"),
        ("Pacific/Apia", 2011, "1229 2000", "1230 1030"),
        ("Asia/Gaza", 2021, "1028 1200", "1028 2130"),
        ("Atlantic/Azores", 2025, "0329 1200", "0330 0100"),
        ("Australia/Lord_Howe", 2025, "1004 0500", "1004 1400"),
    ] {
        let resets = DailyResets::new(zone(name));
        assert_eq!(
            resets.after_creation(time(year, created)),
            time(year, first),
            "{name} {created}"
        );
    }
}

#[test]
fn accounts_that_are_refreshed() {
    for (name, refreshed, next) in [
        ("Asia/Shanghai", "0116 1630", "0117 1630"),
        ("Asia/Shanghai", "0119 1610", "0119 1630"),
        ("Asia/Shanghai", "0120 0400", "0120 1630"),
        ("America/Santiago", "0907 0400", "0908 0330"),
        ("Asia/Beirut", "0329 2200", "0330 2130"),
        ("America/Havana", "1102 0510", "1103 0530"),
        ("Atlantic/Azores", "1026 0115", "1027 0130"),
    ] {
        let resets = DailyResets::new(zone(name));
        assert_eq!(
            resets.next_after(time(2025, refreshed)),
            time(2025, next),
            "{name} {refreshed}"
        );
    }
}

#[test]
fn the_examples_of_the_domain() {
    let resets = DailyResets::new(zone("Asia/Shanghai"));
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let half_past = at("2025-01-17T00:30:00+08:00");
    assert_eq!(
        resets.after_creation(at("2025-01-16T10:00:00+08:00")),
        half_past
    );
    // Between midnight and half past, the reset of the day itself is not the first one.
    assert_eq!(
        resets.after_creation(at("2025-01-16T00:10:00+08:00")),
        half_past
    );
    assert_eq!(
        resets.next_after(at("2025-01-16T00:10:00+08:00")),
        at("2025-01-16T00:30:00+08:00")
    );
}

#[test]
fn a_date_that_does_not_exist_has_no_reset() {
    let date = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    let apia = DailyResets::new(Pacific::Apia);
    assert_eq!(apia.on(date(2011, 12, 30)), None);
    assert_eq!(apia.on(date(2011, 12, 31)), Some(time(2011, "1230 1030")));
    assert_eq!(
        apia.last_until(time(2011, "1230 1029")),
        time(2011, "1229 1030")
    );
    // A date that came twice has one reset.
    let alaska = DailyResets::new(America::Juneau);
    let days: Vec<_> = (16..=21)
        .filter_map(|day| alaska.on(date(1867, 10, day)))
        .collect();
    let lengths: Vec<i64> = days
        .windows(2)
        .map(|two| (two[1] - two[0]).num_hours())
        .collect();
    assert_eq!(lengths, [24, 24, 24, 48, 24]);
    // A gap that does not end with a whole minute.
    let monrovia = DailyResets::new(Africa::Monrovia);
    let end = "1972-01-07T00:44:30Z".parse().unwrap();
    assert_eq!(monrovia.on(date(1972, 1, 7)), Some(end));
}

#[test]
fn the_boundary_is_the_reset_that_was_due_or_the_last_one() {
    let resets = DailyResets::new(zone("Asia/Shanghai"));
    let due = time(2025, "0116 1630");
    assert_eq!(resets.boundary(Some(due), due), due);
    assert_eq!(resets.boundary(Some(due), time(2025, "0117 1629")), due);
    assert_eq!(
        resets.boundary(Some(due), time(2025, "0117 1630")),
        time(2025, "0117 1630")
    );
    // One that another program has stored, at another time of the day.
    assert_eq!(
        resets.boundary(Some(time(2025, "0117 1800")), time(2025, "0117 1900")),
        time(2025, "0117 1800")
    );
    let now = time(2025, "0117 1629");
    assert_eq!(resets.boundary(None, now), now);
}

#[test]
fn times_beyond_every_calendar_are_clamped() {
    for zone in [Tz::UTC, Pacific::Kiritimati, America::New_York] {
        let resets = DailyResets::new(zone);
        for moment in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let clamped = clamped_to_calendars(moment);
            assert_ne!(clamped, moment);
            let (last, next) = (resets.last_until(moment), resets.next_after(moment));
            assert!(last <= clamped && clamped < next, "{zone}");
            assert!(next - last <= TimeDelta::hours(24), "{zone}");
            assert_eq!(
                resets.after_creation(moment),
                resets.after_creation(clamped)
            );
        }
    }
}

/// Zones with gaps and repeated hours around midnight, with half and three quarters of an hour, and plain ones.
const ZONES: [&str; 20] = [
    "UTC",
    "Asia/Shanghai",
    "America/New_York",
    "Europe/London",
    "America/Santiago",
    "America/Asuncion",
    "America/Havana",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Amman",
    "Asia/Tehran",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "America/St_Johns",
    "America/Scoresbysund",
    "Australia/Lord_Howe",
    "Pacific/Apia",
];

/// All resets from one time to another: the clock of the zone is read at each step, and nothing else is used.
fn scanned(
    zone: Tz,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    step: TimeDelta,
) -> Vec<(NaiveDate, DateTime<Utc>)> {
    let mut found: Vec<(NaiveDate, DateTime<Utc>)> = Vec::new();
    let mut moment = from;
    while moment < until {
        let local = moment.with_timezone(&zone).naive_local();
        let (date, clock) = (local.date(), local.time());
        let is_new = found.iter().rev().take(4).all(|(known, _)| *known != date);
        if clock >= super::RESET && is_new {
            found.push((date, moment));
        }
        moment += step;
    }
    // The first date may have begun before.
    found.remove(0);
    found
}

fn agrees_with_the_scan(zone: Tz, from: DateTime<Utc>, until: DateTime<Utc>, step: i64) {
    let resets = DailyResets::new(zone);
    let scanned = scanned(zone, from, until, TimeDelta::minutes(step));
    assert!(scanned.len() > 300);
    for two in scanned.windows(2) {
        let ((date, reset), (following, next)) = (two[0], two[1]);
        assert_eq!(resets.on(date), Some(reset), "{zone} {date}");
        let between = reset + (next - reset) / 2;
        for moment in [reset, between, next - TimeDelta::milliseconds(1)] {
            assert_eq!(resets.next_after(moment), next, "{zone} {moment}");
            assert_eq!(resets.last_until(moment), reset, "{zone} {moment}");
        }
        // The dates between the two do not exist.
        let mut skipped = date.succ_opt().unwrap();
        while skipped < following {
            assert_eq!(resets.on(skipped), None, "{zone} {skipped}");
            skipped = skipped.succ_opt().unwrap();
        }
        // An account that is created at any time of the first date is reset on the second one.
        for moment in [reset, between] {
            if moment.with_timezone(&zone).date_naive() == date {
                assert_eq!(resets.after_creation(moment), next, "{zone} {moment}");
            }
        }
    }
}

#[test]
fn three_years_in_twenty_zones_by_a_scan() {
    // Their clocks differ by whole quarters of an hour.
    for name in ZONES {
        agrees_with_the_scan(
            zone(name),
            time(2023, "0101 0000"),
            time(2026, "0101 0000"),
            5,
        );
    }
}

#[test]
fn years_with_unusual_changes_by_a_scan() {
    for (name, year) in [
        ("Pacific/Apia", 2011),
        ("Asia/Gaza", 2021),
        ("America/Sao_Paulo", 2018),
        ("America/St_Johns", 2010),
        ("Asia/Pyongyang", 2015),
        ("Europe/Istanbul", 2015),
        ("Antarctica/Casey", 2023),
    ] {
        agrees_with_the_scan(
            zone(name),
            time(year, "0101 0000"),
            time(year + 1, "0101 0000"),
            1,
        );
    }
}

fn any_zone() -> impl Strategy<Value = Tz> {
    prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// From 1970 to 2070, at any millisecond.
    #[test]
    fn a_reset_is_the_first_instant_of_its_date_from_half_past(
        zone in any_zone(), millis in 0_i64..3_155_760_000_000,
    ) {
        let now = DateTime::from_timestamp_millis(millis).unwrap();
        let resets = DailyResets::new(zone);
        let (last, next) = (resets.last_until(now), resets.next_after(now));
        prop_assert!(last <= now && now < next);
        prop_assert!((next - last) <= TimeDelta::hours(50));
        prop_assert_eq!(resets.next_after(last), next);
        prop_assert_eq!(resets.last_until(next), next);
        for reset in [last, next] {
            let local = reset.with_timezone(&zone).naive_local();
            prop_assert!(local.time() >= super::RESET);
            prop_assert_eq!(resets.on(local.date()), Some(reset));
            // A second earlier it is another date, or not yet half past.
            let before = (reset - TimeDelta::seconds(1)).with_timezone(&zone).naive_local();
            prop_assert!(before.date() != local.date() || before.time() < super::RESET);
        }
        let created = resets.after_creation(now);
        prop_assert!(created > now && created >= next);
        prop_assert!(created.with_timezone(&zone).date_naive() > now.with_timezone(&zone).date_naive());
        prop_assert!(resets.next_after(next) >= created);
    }
}
