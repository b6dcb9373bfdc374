//! The state of a hold, as the operations that end it see it.

use genledger_contract::{Entity, Error, Result};

use crate::accounting::{AccountingRecord, EntryOutcome, FailureReason, RecordStatus};

/// Why a hold is no longer open; `None` for one that is.
pub(super) fn ended(record: &AccountingRecord) -> Result<Option<EntryOutcome>> {
    let state = &record.state;
    match (&state.status, &state.failure_reason) {
        (RecordStatus::Pending, _) => Ok(None),
        (RecordStatus::Accounted, _) => Ok(Some(EntryOutcome::AlreadySettled)),
        (RecordStatus::Failed, Some(FailureReason::Voided)) => Ok(Some(EntryOutcome::HoldVoided)),
        (RecordStatus::Failed, Some(FailureReason::Expired)) => Ok(Some(EntryOutcome::HoldExpired)),
        // Rows of other programs have no reason; they are final as well.
        (RecordStatus::Failed, _) => Ok(Some(EntryOutcome::HoldRefused)),
        (RecordStatus::Unrecognized(_), _) => {
            let error = Error::corrupt("the record has a status that this version does not know");
            Err(error
                .with_table(AccountingRecord::TABLE.name)
                .with_column("status"))
        }
    }
}
