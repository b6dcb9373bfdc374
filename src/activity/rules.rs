//! Rules that several logs share. They hold for what is written; reading stays tolerant.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::Activity;
use crate::Redacted;
use crate::contract::{CodedEnum, Violations};

pub(super) use crate::validate::{columns, present};

/// Below it a number of milliseconds is a time before March 1973, and as a number of seconds it
/// reaches to the year 5138: someone gave seconds.
const LEAST_MILLIS: i64 = 100_000_000_000;

/// The amounts of the schema have 18 digits, 6 of them after the point.
const DIGITS: u32 = 6;
const BOUND: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);

/// The rules of what every log has.
pub(super) fn common<L: Activity>(log: &L, needs_user: bool) -> Violations {
    let mut found = Violations::new();
    let base = log.base();
    present(&mut found, "id", log.id().as_str());
    let user = base.user_id.as_deref();
    found.check(
        user == Some(""),
        "user_id",
        "empty",
        "must not be empty text; leave it out instead",
    );
    found.check(
        needs_user && user.is_none(),
        "user_id",
        "required",
        "is needed by this log",
    );
    known(&mut found, "client_type", &base.client_type);
    found
}

/// A moment that was given in seconds where milliseconds are meant.
pub(super) fn moment(found: &mut Violations, path: &'static str, moment: DateTime<Utc>) {
    found.check(
        moment.timestamp_millis() < LEAST_MILLIS,
        path,
        "seconds_not_milliseconds",
        "is before 1973: seconds given as milliseconds",
    );
}

/// An amount that must not be negative, with at most 6 digits after the point and 12 before.
pub(super) fn amount(found: &mut Violations, path: &'static str, amount: Decimal) {
    found.check(
        amount < Decimal::ZERO,
        path,
        "negative",
        "must not be negative",
    );
    found.check(
        amount.normalize().scale() > DIGITS,
        path,
        "too_many_digits",
        "has more than 6 digits after the point",
    );
    found.check(
        amount.abs() >= BOUND,
        path,
        "out_of_range",
        "must be less than 10^12",
    );
}

/// A count or a duration that must not be negative.
pub(super) fn not_negative(found: &mut Violations, path: &'static str, value: i64) {
    found.check(value < 0, path, "negative", "must not be negative");
}

/// An address that must be IPv4 or IPv6, if there is one.
pub(super) fn ip(found: &mut Violations, path: &'static str, address: Option<&Redacted>) {
    found.check(
        address.is_some_and(|address| address.expose().parse::<IpAddr>().is_err()),
        path,
        "not_an_ip_address",
        "is neither IPv4 nor IPv6",
    );
}

/// A code that this version does not know cannot be newly written.
pub(super) fn known<C: CodedEnum>(found: &mut Violations, path: &'static str, code: &C) {
    found.check(
        !code.is_known(),
        path,
        "unrecognized_code",
        "is a code that this version does not know",
    );
}

#[cfg(test)]
mod tests {
    use super::BOUND;

    #[test]
    fn the_bound_is_ten_to_the_twelfth() {
        assert_eq!(BOUND.to_string(), "1000000000000");
    }
}
