//! Assertions of cases about errors.

use std::fmt::Debug;

use genledger_contract::{Error, ErrorKind, Result};

/// The error of an operation that must fail with this kind.
#[track_caller]
pub(crate) fn fails<T: Debug>(result: Result<T>, kind: ErrorKind) -> Error {
    match result {
        Err(error) if error.kind() == kind => error,
        other => panic!("expected an error of the kind {kind:?}, got {other:?}"),
    }
}

/// Expects an [`Invalid`](ErrorKind::Invalid) that names exactly this rule.
#[track_caller]
pub(crate) fn breaks<T: Debug>(result: Result<T>, rule: &str) -> Error {
    let error = fails(result, ErrorKind::Invalid);
    let rules: Vec<&str> = error
        .violations()
        .iter()
        .map(genledger_contract::Violation::rule)
        .collect();
    assert_eq!(rules, [rule], "{error:?}");
    error
}
