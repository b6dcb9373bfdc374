//! What a statement came to, seen by its transaction.

use genledger_contract::{Error, Result};

/// An answer, or an error that is not the database's: one that leaves a transaction alive.
pub(crate) enum Outcome<T> {
    /// The answer.
    Done(T),
    /// Nothing was sent, or the database did its part but the answer cannot be used.
    Refused(Error),
}

impl<T> Outcome<T> {
    pub(crate) fn into_result(self) -> Result<T> {
        match self {
            Self::Done(answer) => Ok(answer),
            Self::Refused(error) => Err(error),
        }
    }
}

/// The value of a result, or a return with an error that is not the database's.
macro_rules! refuse {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(error) => return Ok($crate::outcome::Outcome::Refused(error)),
        }
    };
}

pub(crate) use refuse;
