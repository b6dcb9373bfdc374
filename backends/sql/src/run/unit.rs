//! Several statements as one step.

use genledger_contract::Result;

use crate::executor::{Context, Scope};

/// A step of several statements: in a transaction of its own when none is open. In an open one
/// nothing is needed, since an error poisons it and so everything is undone in the end.
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

    /// Commits the step if it came to an answer, and undoes it if not.
    pub(super) async fn end<T>(self, context: &mut Context<'_>, answer: Result<T>) -> Result<T> {
        if !self.own {
            return answer;
        }
        match answer {
            Ok(answer) => {
                context.connection.run_script("COMMIT").await?;
                Ok(answer)
            }
            Err(error) => {
                // When even this fails, the connection is lost, which undoes everything as well.
                drop(context.connection.run_script("ROLLBACK").await);
                Err(error)
            }
        }
    }
}
