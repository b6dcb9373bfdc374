//! Rules that several logs share. They hold for what is written; reading stays tolerant.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::BaseInfo;
use crate::contract::{Violation, Violations};

/// 10^11 ms is in the year 1973; as seconds by mistake it would be 3 years from the epoch of
/// milliseconds to the year 5138.
const LEAST_MILLIS: i64 = 100_000_000_000;

/// The rules of the common part.
pub(super) fn base(base: &BaseInfo, needs_user: bool) -> Violations {
    let mut found = Violations::new();
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
        amount.is_sign_negative() && !amount.is_zero(),
        path,
        "negative",
        "must not be negative",
    );
    found.check(
        amount.normalize().scale() > 6,
        path,
        "too_many_digits",
        "has more than 6 digits after the point",
    );
    found.check(
        amount.abs() >= Decimal::from(1_000_000_000_000_i64),
        path,
        "out_of_range",
        "must be less than 10^12",
    );
}

/// A text that must not be empty.
pub(super) fn present(found: &mut Violations, path: &'static str, text: &str) {
    found.check(text.is_empty(), path, "required", "must not be empty");
}

/// An address that must be IPv4 or IPv6.
pub(super) fn ip(found: &mut Violations, path: &'static str, text: &str) {
    found.check(
        text.parse::<std::net::IpAddr>().is_err(),
        path,
        "not_an_ip_address",
        "is neither IPv4 nor IPv6",
    );
}

/// A code that this version does not know cannot be newly written.
pub(super) fn known<C: crate::contract::CodedEnum>(
    found: &mut Violations,
    path: &'static str,
    code: &C,
) {
    if !code.is_known() {
        found.push(Violation::new(
            path,
            "unrecognized_code",
            "is a code that this version does not know",
        ));
    }
}
