//! A unit of work: several statements that are committed together.

use genledger_contract::Result;

use crate::executor::{Context, Scope};

/// A unit of work, in a transaction of its own if none is open. An open transaction needs nothing,
/// since after an error it can only be rolled back.
#[must_use]
pub(super) struct Unit {
    own: bool,
}

impl Unit {
    pub(super) async fn begin(context: &mut Context<'_>) -> Result<Self> {
        let own = context.scope == Scope::Autocommit;
        if own {
            context.connection.run_script("BEGIN").await?;
        }
        Ok(Self { own })
    }

    /// Whether it has a transaction of its own.
    pub(super) const fn is_own(&self) -> bool {
        self.own
    }

    /// Commits the unit if it succeeded, and rolls it back otherwise.
    pub(super) async fn end<T>(self, context: &mut Context<'_>, outcome: Result<T>) -> Result<T> {
        if !self.own {
            return outcome;
        }
        match outcome {
            Ok(outcome) => {
                context.connection.run_script("COMMIT").await?;
                Ok(outcome)
            }
            Err(error) => {
                // If this fails too, the connection is lost, which also rolls back.
                drop(context.connection.run_script("ROLLBACK").await);
                Err(error)
            }
        }
    }
}
