//! The rows that operations are decided from, as they were read.

use std::collections::HashMap;

use genledger_contract::{Entity, Error, Result};

use super::operation::{Head, Request};
use crate::accounting::digest::NO_DIGEST;
use crate::accounting::{AccountingRecord, BalanceEntry, CustomerBalance, IdempotencyKey};
use crate::id::{AccountingRecordId, CustomerBalanceId};

/// The primary key of an entry: the customer, the currency and the number.
pub(super) type EntryKey = (String, String, i64);

/// The rows that exist. A row that cannot be read is its error.
#[derive(Default)]
pub(super) struct Known {
    pub(super) accounts: HashMap<CustomerBalanceId, Result<CustomerBalance>>,
    /// The entries of the keys of the requests.
    pub(super) memos: HashMap<(String, IdempotencyKey), BalanceEntry>,
    /// The errors of entries that cannot be read, by their customers: which of the keys they have is not known.
    pub(super) unreadable: HashMap<String, Error>,
    /// Other entries: those that requests concern, and the one before each entry that was read.
    pub(super) entries: HashMap<EntryKey, Result<BalanceEntry>>,
    pub(super) records: HashMap<AccountingRecordId, Result<AccountingRecord>>,
}

impl Known {
    /// The account as it was read, if it exists.
    pub(super) fn account(&self, id: CustomerBalanceId) -> Result<Option<CustomerBalance>> {
        let Some(row) = self.accounts.get(&id) else {
            return Ok(None);
        };
        let row = row.clone()?;
        if row.is_intact() {
            Ok(Some(row))
        } else {
            Err(changed::<CustomerBalance>())
        }
    }

    /// The entry of a key.
    pub(super) fn memo(&self, head: &Head) -> Result<Option<&BalanceEntry>> {
        let key = (head.customer_id.clone(), head.key.clone());
        match (self.memos.get(&key), self.unreadable.get(&head.customer_id)) {
            (Some(entry), _) => self.intact(entry).map(Some),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Ok(None),
        }
    }

    /// The entry that a request concerns.
    pub(super) fn target(&self, request: &Request) -> Result<Option<&BalanceEntry>> {
        let Some(seq) = request.operation.target() else {
            return Ok(None);
        };
        let head = &request.head;
        let key = (
            head.customer_id.clone(),
            head.currency.code().to_owned(),
            seq,
        );
        let row = self.entries.get(&key);
        let row = row.map(|row| row.as_ref().map_err(Clone::clone));
        let row = row.transpose()?;
        row.map(|row| self.intact(row)).transpose()
    }

    /// The record of a customer, if the customer has it.
    pub(super) fn record(
        &self,
        id: &AccountingRecordId,
        customer_id: &str,
    ) -> Result<Option<&AccountingRecord>> {
        let Some(row) = self.records.get(id) else {
            return Ok(None);
        };
        let row = row.as_ref().map_err(Clone::clone)?;
        if row.customer_id != customer_id {
            return Ok(None);
        }
        if row.is_intact() {
            Ok(Some(row))
        } else {
            Err(changed::<AccountingRecord>())
        }
    }

    /// An entry whose digest is that of its values and of the entry before it.
    fn intact<'a>(&self, entry: &'a BalanceEntry) -> Result<&'a BalanceEntry> {
        let digest = match previous(entry) {
            None => NO_DIGEST,
            Some(key) => match self.entries.get(&key) {
                Some(Ok(before)) => &before.digest,
                Some(Err(error)) => return Err(error.clone()),
                None => return Err(changed::<BalanceEntry>()),
            },
        };
        if entry.row_digest(digest)? == entry.digest {
            Ok(entry)
        } else {
            Err(changed::<BalanceEntry>())
        }
    }
}

/// The key of the entry before another one; `None` for the first.
pub(super) fn previous(entry: &BalanceEntry) -> Option<EntryKey> {
    let before = entry.seq.checked_sub(1).filter(|seq| *seq > 0)?;
    Some((entry.customer_id.clone(), entry.currency.clone(), before))
}

/// The error of a row whose digest is not that of its values.
pub(super) fn changed<E: Entity>() -> Error {
    let message =
        "the row does not have its digest: something else than the library has changed it";
    Error::corrupt(message).with_table(E::TABLE.name)
}
