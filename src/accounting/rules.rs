//! The rules that the rows of the accounting domain have in common.

use genledger_contract::{Violation, Violations};
use rust_decimal::Decimal;

use super::digest::is_digest;
use super::key::visible;
use super::{IdempotencyKey, currency};

/// The most characters of a customer.
const MAX_CUSTOMER: usize = 32;

pub(super) fn customer(found: &mut Violations, customer: &str) {
    // The column reports a text that is too long.
    let all: String = customer.chars().take(MAX_CUSTOMER).collect();
    visible(found, "customer_id", &all, MAX_CUSTOMER);
}

/// The key of an operation, unless the column refuses it already.
pub(super) fn key(found: &mut Violations, key: &IdempotencyKey) {
    let text: String = key.as_str().chars().take(64).collect();
    visible(found, "request_id", &text, 64);
}

/// The code of a currency whose scale is not in the row.
pub(super) fn code(found: &mut Violations, code: &str) {
    found.check(
        !currency::is_code(code),
        "currency",
        "malformed_currency",
        "must be a code of ISO 4217, or 2 to 8 capital letters, digits and underscores",
    );
}

pub(super) fn not_negative(found: &mut Violations, path: &'static str, amount: Decimal) {
    let negative = amount.is_sign_negative() && !amount.is_zero();
    found.check(negative, path, "negative", "must not be negative");
}

pub(super) fn digest(found: &mut Violations, path: &'static str, digest: &str) {
    found.check(
        !is_digest(digest),
        path,
        "not_a_digest",
        "must be 64 lower-case hexadecimal digits",
    );
}

/// Two columns of which both are given or none.
pub(super) fn together(found: &mut Violations, given: [(&'static str, bool); 2], with: &str) {
    let [(first, has_first), (second, has_second)] = given;
    if has_first != has_second {
        let path = if has_first { second } else { first };
        found.push(Violation::new(
            path,
            "required",
            format!("is required with {with}"),
        ));
    }
}
