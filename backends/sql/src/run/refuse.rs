//! Errors that the database did not report.

/// Unwraps a result, or returns its error as one that the database did not report.
macro_rules! refuse {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(error) => return Ok(genledger_contract::backend::Outcome::Refused(error)),
        }
    };
}

pub(super) use refuse;
