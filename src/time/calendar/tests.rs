use chrono::{DateTime, Datelike, Offset, TimeDelta, Timelike, Utc};
use chrono_tz::{Africa, America, Asia, Australia, Pacific, Tz};
use proptest::prelude::*;

use super::{Calendar, Period};

fn begin(period: Period, zone: Tz, moment: &str) -> String {
    let begin = Calendar::new(period, zone).begin(moment.parse().unwrap());
    begin.to_rfc3339()
}

#[test]
fn zones_with_quarters_of_an_hour() {
    for (moment, day, month) in [
        ("2024-02-29T18:14:59Z", "2024-02-29", "2024-02-01"),
        ("2024-02-29T18:15:00Z", "2024-03-01", "2024-03-01"),
    ] {
        let zero = "T00:00:00+05:45";
        assert_eq!(
            begin(Period::Day, Asia::Kathmandu, moment),
            format!("{day}{zero}")
        );
        assert_eq!(
            begin(Period::Month, Asia::Kathmandu, moment),
            format!("{month}{zero}")
        );
    }
    assert_eq!(
        begin(Period::Hour, Asia::Kathmandu, "2024-02-29T18:14:59.9Z"),
        "2024-02-29T23:00:00+05:45"
    );
}

#[test]
fn a_day_without_a_midnight_begins_when_the_clocks_have_jumped() {
    assert_eq!(
        begin(Period::Day, America::Sao_Paulo, "2018-11-04T12:00:00Z"),
        "2018-11-04T01:00:00-02:00"
    );
    // Also where they do not jump to a whole quarter of an hour.
    assert_eq!(
        begin(Period::Day, Africa::Monrovia, "1972-01-07T12:00:00Z"),
        "1972-01-07T00:44:30+00:00"
    );
}

#[test]
fn an_hour_that_comes_twice_is_two() {
    for (moment, hour) in [
        ("2024-11-03T05:59:59Z", "2024-11-03T01:00:00-04:00"),
        ("2024-11-03T06:00:00Z", "2024-11-03T01:00:00-05:00"),
    ] {
        assert_eq!(begin(Period::Hour, America::New_York, moment), hour);
    }
}

#[test]
fn clocks_that_change_by_half_an_hour() {
    let zone = Australia::Lord_Howe;
    for (moment, hour) in [
        ("2024-04-06T14:59:59Z", "2024-04-07T01:00:00+11:00"),
        ("2024-04-06T15:00:00Z", "2024-04-07T01:30:00+10:30"),
        ("2024-04-06T15:30:00Z", "2024-04-07T02:00:00+10:30"),
        ("2024-10-05T15:40:00Z", "2024-10-06T02:30:00+11:00"),
    ] {
        assert_eq!(begin(Period::Hour, zone, moment), hour);
    }
}

#[test]
fn a_span_lies_in_a_period_or_not() {
    let days = Calendar::new(Period::Day, America::St_Johns);
    // Until 2011 the clocks of Newfoundland went back from 00:01 to 23:01 of the day before.
    let change: DateTime<Utc> = "2010-11-07T02:30:00Z".parse().unwrap();
    assert_eq!(days.around(change, 900), None);
    assert!(days.around(change - TimeDelta::seconds(900), 900).is_some());
    assert!(days.around(change, 60).is_some());
}

fn zone() -> impl Strategy<Value = Tz> {
    let zones = [
        Tz::UTC,
        Asia::Shanghai,
        Asia::Kathmandu,
        America::New_York,
        America::Sao_Paulo,
        America::Asuncion,
        Australia::Lord_Howe,
        Pacific::Apia,
        Pacific::Chatham,
    ];
    prop::sample::select(zones.to_vec())
}

proptest! {
    #[test]
    fn a_period_is_what_its_clocks_show(zone in zone(), second in 0_i64..4_000_000_000) {
        let moment = DateTime::from_timestamp(second, 0).unwrap();
        let local = moment.with_timezone(&zone);
        for period in [Period::Hour, Period::Day, Period::Month] {
            let calendar = Calendar::new(period, zone);
            let begin = calendar.begin(moment);
            prop_assert!(begin <= moment);
            prop_assert_eq!(calendar.begin(begin.with_timezone(&Utc)), begin);
            // The second before it is in another period.
            let before = begin.with_timezone(&Utc) - TimeDelta::seconds(1);
            let is_within = |other: DateTime<Tz>| match period {
                Period::Hour => other.offset().fix() == local.offset().fix()
                    && (other.date_naive(), other.hour()) == (local.date_naive(), local.hour()),
                Period::Day => other.date_naive() == local.date_naive(),
                Period::Month => (other.year(), other.month()) == (local.year(), local.month()),
            };
            prop_assert!(is_within(begin));
            prop_assert!(!is_within(before.with_timezone(&zone)));
        }
    }
}

#[test]
fn a_month_without_its_first_midnight() {
    assert_eq!(
        begin(Period::Month, America::Asuncion, "2023-10-20T12:00:00Z"),
        "2023-10-01T01:00:00-03:00"
    );
}

#[test]
fn the_ends_of_time_have_periods() {
    for period in [Period::Hour, Period::Day, Period::Month] {
        for zone in [Asia::Kolkata, America::New_York] {
            for moment in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
                let begin = Calendar::new(period, zone).begin(moment);
                assert!(begin.year().abs() >= 199_999);
            }
        }
    }
}
