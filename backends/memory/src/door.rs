//! Whether a store is open.

use std::sync::atomic::{AtomicBool, Ordering};

use genledger_contract::Result;

use crate::error;

/// Open until it is closed, for good.
#[derive(Debug, Default)]
pub(crate) struct Door {
    closed: AtomicBool,
}

impl Door {
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Refuses to begin anything once it is closed.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            Err(error::closed())
        } else {
            Ok(())
        }
    }
}
