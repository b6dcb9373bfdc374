//! Rules that several logs share. They are checked when a log is written; reading is lenient.

use std::borrow::Cow;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Activity, BaseInfoColumns};
use crate::Redacted;
use crate::contract::Violations;
use crate::validate::LEAST_MILLIS;

pub(super) use crate::validate::present;

/// What the columns refuse, and the rules of what every log has.
pub(super) fn common<L: Activity>(log: &L) -> Violations {
    let mut found = Violations::of(log);
    let user = log.base().user_id.as_deref();
    present(&mut found, L::ID, log.id().as_str());
    found.check(
        user == Some(""),
        L::USER_ID,
        "empty",
        "must not be empty text; leave it out instead",
    );
    found.check(
        L::NEEDS_USER && user.is_none(),
        L::USER_ID,
        "required",
        "is required by this log",
    );
    moment(&mut found, L::OCCURRED_AT, log.occurred_at());
    found
}

/// A time that was given in seconds where milliseconds are expected.
pub(super) fn moment(
    found: &mut Violations,
    path: impl Into<Cow<'static, str>>,
    moment: DateTime<Utc>,
) {
    found.check(
        moment.timestamp_millis() < LEAST_MILLIS,
        path,
        "seconds_not_milliseconds",
        "is before 1973: seconds given as milliseconds",
    );
}

/// An amount, a count or a duration that must not be negative.
pub(super) fn not_negative(
    found: &mut Violations,
    path: impl Into<Cow<'static, str>>,
    value: impl Into<Decimal>,
) {
    found.check(
        value.into() < Decimal::ZERO,
        path,
        "negative",
        "must not be negative",
    );
}

/// An address that must be IPv4 or IPv6, if there is one.
pub(super) fn ip(
    found: &mut Violations,
    path: impl Into<Cow<'static, str>>,
    address: Option<&Redacted>,
) {
    found.check(
        address.is_some_and(|address| address.expose().parse::<IpAddr>().is_err()),
        path,
        "not_an_ip_address",
        "is neither IPv4 nor IPv6",
    );
}
