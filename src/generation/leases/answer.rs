//! `Answer`, what a verb of a holder has found out in its transaction.

use chrono::{DateTime, Utc};
use genledger_contract::{Error, Result};

use super::evidence::{self, Evidence};
use crate::id::GenerationAttemptId;
use crate::store_or_tx::StoreOrTx;

/// The answer of a verb of a holder. A refusal is not an error of the transaction: what the verb did nevertheless is
/// committed.
pub(in crate::generation) enum Answer<R> {
    Done(R),
    Refused {
        error: Error,
        /// What the verb reported, which is kept.
        evidence: Option<Evidence>,
    },
}

impl<R> Answer<R> {
    pub(in crate::generation) const fn refused(error: Error) -> Self {
        let evidence = None;
        Self::Refused { error, evidence }
    }

    /// The result of the verb, after what a lost lease reported was kept, in a transaction of its own.
    pub(in crate::generation) async fn settled(
        self,
        store: &StoreOrTx,
        attempt: GenerationAttemptId,
        seq: i64,
        now: DateTime<Utc>,
    ) -> Result<R> {
        let (error, evidence) = match self {
            Self::Done(done) => return Ok(done),
            Self::Refused { error, evidence } => (error, evidence),
        };
        if let Some(evidence) = &evidence {
            let keep = |tx| async move { evidence::keep(&tx, attempt, seq, evidence, now).await };
            store.transaction(keep).await?;
        }
        Err(error)
    }
}
