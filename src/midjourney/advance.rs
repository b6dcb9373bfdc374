//! Storing a reported change.

use chrono::{DateTime, Utc};
use genledger_contract::{Entity, Error, ErrorKind, Result, Session, SessionExt};

use super::state::{Step, StoredTask};
use super::{MidjourneyChange, MidjourneyOutcome, MidjourneyTask};
use crate::id::UsageLogId;

/// Each lost race means that the task came further, which it does about a hundred times at most; only another program
/// can change it more often.
const ATTEMPTS: u32 = 1_000;

pub(super) async fn advance(
    session: &dyn Session,
    id: UsageLogId,
    change: &MidjourneyChange,
    now: DateTime<Utc>,
) -> Result<MidjourneyOutcome> {
    for _ in 0..ATTEMPTS {
        let task = session.get::<StoredTask>(&id).await?;
        match task.step(change, now) {
            Step::None(outcome) => return Ok(outcome),
            Step::Update {
                guard,
                changes,
                outcome,
            } => {
                if session.update_if(&id, guard, changes).await? {
                    return Ok(outcome);
                }
            }
        }
    }
    let message = "another session changed the task at every attempt";
    Err(Error::new(ErrorKind::SerializationFailure, message).with_table(MidjourneyTask::TABLE.name))
}
