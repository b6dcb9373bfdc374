//! The state machine of tasks.

use genledger_contract::{Error, Result};

use super::GenerationStatus;

impl GenerationStatus {
    /// Whether a task with this status has ended: it changes only by being generated again.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }

    /// Whether a task with this status can get another one; never from or to a code that this version does not know.
    ///
    /// ```
    /// use genledger::generation::GenerationStatus::{Completed, Pending, Processing};
    ///
    /// assert!(Pending.can_become(Processing));
    /// assert!(!Pending.can_become(Completed));
    /// ```
    #[must_use]
    pub const fn can_become(self, next: Self) -> bool {
        match self {
            // A claim; a cancellation.
            Self::Pending | Self::Retrying => matches!(next, Self::Processing | Self::Failed),
            // The result; the end or a cancellation; a retry, a release, an expired lease.
            Self::Processing => matches!(next, Self::Completed | Self::Failed | Self::Retrying),
            // The task is generated again.
            Self::Completed | Self::Failed => matches!(next, Self::Pending),
            Self::Unrecognized(_) => false,
        }
    }

    /// The next status.
    ///
    /// ```
    /// use genledger::ErrorKind;
    /// use genledger::generation::GenerationStatus::{Completed, Pending, Processing};
    ///
    /// assert_eq!(Pending.to(Processing)?, Processing);
    /// let error = Completed.to(Processing).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidTransition);
    /// # Ok::<(), genledger::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidTransition`](genledger_contract::ErrorKind::InvalidTransition) if this status
    /// [cannot become](Self::can_become) the next one.
    pub fn to(self, next: Self) -> Result<Self> {
        if self.can_become(next) {
            Ok(next)
        } else {
            Err(Error::invalid_transition(self, next))
        }
    }
}
