//! A new record becomes a row.

use chrono::{DateTime, Utc};
use genledger_contract::{Result, Violations};

use super::record::total;
use super::{AccountingRecord, NewAccountingRecord, RecordState};
use crate::id::{AccountingRecordId, AccountingRecordIdGenerator};
use crate::validate::Validate;

impl NewAccountingRecord {
    /// The row, pending, with the next id and its time.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with all broken rules.
    pub fn into_record(self, ids: &AccountingRecordIdGenerator) -> Result<AccountingRecord> {
        let (id, now) = ids.generate_with_time();
        self.into_record_with_id(id, now)
    }

    /// The same with an id and a time of the caller.
    ///
    /// # Errors
    /// As [`into_record`](Self::into_record).
    pub fn into_record_with_id(
        self,
        id: AccountingRecordId,
        now: DateTime<Utc>,
    ) -> Result<AccountingRecord> {
        let record = self.completed(id, now)?;
        record.validate()?;
        Ok(record)
    }

    fn completed(self, id: AccountingRecordId, now: DateTime<Utc>) -> Result<AccountingRecord> {
        // A sum that is out of range is left out, which the rules report.
        let total = total(self.input_tokens, self.output_tokens);
        let total = total.and_then(|total| i64::try_from(total).ok());
        let mut record = self.into_entity(id, total, RecordState::pending(now));
        record.state.digest = record.row_digest()?;
        Ok(record)
    }
}

/// The rules are those of the record that it becomes.
impl Validate for NewAccountingRecord {
    fn violations(&self) -> Violations {
        let record = self
            .clone()
            .completed(AccountingRecordId::any(), DateTime::UNIX_EPOCH);
        match record {
            Ok(record) => record.violations(),
            Err(error) => {
                let mut found = Violations::new();
                found.extend(error.violations().iter().cloned());
                found
            }
        }
    }
}
