//! `Book`, an account with what is about to be written for it.

use std::collections::BTreeMap;

use genledger_contract::{Error, Result};

use super::account::{Account, decimal};
use super::operation::{Effect, Facts, Request, Stop};
use crate::accounting::{
    AccountingRecord, BalanceEntry, CustomerBalance, EntryOutcome, FailureReason, RecordStatus,
};
use crate::id::AccountingRecordId;

/// An account, and the entries and records that follow from the requests so far.
pub(super) struct Book {
    /// The row as it was read; `None` for a new account.
    pub(super) read: Option<CustomerBalance>,
    pub(super) row: CustomerBalance,
    pub(super) account: Account,
    pub(super) entries: Vec<BalanceEntry>,
    pub(super) records: BTreeMap<AccountingRecordId, Kept>,
}

/// A record as it was read, if it was, and as it is afterwards.
pub(super) struct Kept {
    pub(super) read: Option<AccountingRecord>,
    pub(super) row: AccountingRecord,
}

/// An entry with the state after it.
pub(super) struct Decided {
    pub(super) entry: BalanceEntry,
    account: Account,
    row: CustomerBalance,
    record: Option<Kept>,
}

impl Book {
    pub(super) fn open(read: Option<CustomerBalance>, row: CustomerBalance) -> Result<Self> {
        Ok(Self {
            read,
            account: Account::of(&row)?,
            row,
            entries: Vec::new(),
            records: BTreeMap::new(),
        })
    }

    /// The next entry: what the operation does, or its refusal. Nothing is changed yet.
    pub(super) fn decide(&self, request: &Request, facts: &Facts<'_>) -> Result<Decided, Stop> {
        let done = request.operation.decide(facts);
        let done = done.and_then(|effect| self.after(&effect).map(|account| (effect, account)));
        match done {
            Ok((effect, account)) => Ok(self.entry(request, facts, effect, account, None)?),
            Err(Stop::Refused { outcome, asked }) => {
                let mut effect = Effect::asking(asked);
                effect.record = request.operation.refused(facts)?;
                if let Some(record) = &mut effect.record {
                    let reason = FailureReason::from_str_code(outcome.as_str());
                    record.state.status = RecordStatus::Failed;
                    record.state.failure_reason = Some(reason);
                }
                let account = self.after(&effect)?;
                Ok(self.entry(request, facts, effect, account, Some(outcome))?)
            }
            Err(stop) => Err(stop),
        }
    }

    /// The account after an effect; amounts out of range are refused.
    fn after(&self, effect: &Effect) -> Result<Account, Stop> {
        let before = &self.account;
        let account = Account {
            currency: before.currency,
            balance: before.balance + effect.amount,
            reserved: before.reserved + effect.hold,
            credit_limit: effect.credit_limit.unwrap_or(before.credit_limit),
            residual: effect.residual.unwrap_or(before.residual),
            status: effect
                .status
                .clone()
                .unwrap_or_else(|| before.status.clone()),
        };
        if account.reserved < 0 {
            let message = "a record holds more than its account has reserved";
            return Err(Error::corrupt(message).into());
        }
        if !account.is_in_range() {
            return Err(Stop::refused(EntryOutcome::OutOfRange, effect.asked));
        }
        Ok(account)
    }

    fn entry(
        &self,
        request: &Request,
        facts: &Facts<'_>,
        effect: Effect,
        account: Account,
        refusal: Option<EntryOutcome>,
    ) -> Result<Decided> {
        let currency = account.currency;
        let seq = self.row.last_entry_seq.checked_add(1);
        let seq = seq.ok_or_else(|| Error::corrupt("the account has no further number"))?;
        let mut row = self.row.clone();
        row.balance = decimal(account.balance, currency)?;
        row.reserved = decimal(account.reserved, currency)?;
        row.credit_limit = decimal(account.credit_limit, currency)?;
        row.available = decimal(account.available(), currency)?;
        row.residual = account.residual;
        row.status = account.status.clone();
        row.last_entry_seq = seq;
        row.updated_at = facts.now;
        // A refusal names the record of the account that it concerns, and leaves it as it is.
        let concerned = facts.record.filter(|record| facts.is_of_account(record));
        let concerned = concerned.map(|record| &record.id);
        let record_id = effect.record.as_ref().map(|record| &record.id);
        let mut entry = BalanceEntry {
            customer_id: self.row.customer_id.clone(),
            currency: self.row.currency.clone(),
            seq,
            request_id: request.head.key.clone(),
            kind: request.operation.kind(),
            outcome: refusal.unwrap_or(EntryOutcome::Done),
            record_id: record_id.or(concerned).cloned(),
            reverses: request.operation.target(),
            asked: decimal(effect.asked, currency)?,
            amount: decimal(effect.amount, currency)?,
            hold: decimal(effect.hold, currency)?,
            balance: row.balance,
            reserved: row.reserved,
            credit_limit: row.credit_limit,
            residual: row.residual,
            status: row.status.clone(),
            request: request.text.clone(),
            created_at: facts.now,
            digest: String::new(),
        };
        entry.digest = entry.row_digest(&self.row.head_digest)?;
        row.head_digest.clone_from(&entry.digest);
        row.digest = row.row_digest()?;
        let record = effect.record.map(|record| self.kept(record, facts, seq));
        Ok(Decided {
            entry,
            account,
            row,
            record: record.transpose()?,
        })
    }

    /// A record with the number of its entry, its time and its digest.
    fn kept(&self, mut row: AccountingRecord, facts: &Facts<'_>, seq: i64) -> Result<Kept> {
        let is_new = row.id == *facts.id;
        if is_new {
            row.state.opened_seq = seq;
        }
        row.state.last_seq = seq;
        row.state.updated_at = facts.now;
        row.state.digest = row.row_digest()?;
        let read = match self.records.get(&row.id) {
            Some(kept) => kept.read.clone(),
            None => facts.record.filter(|_| !is_new).cloned(),
        };
        Ok(Kept { read, row })
    }

    /// Takes over what was decided.
    pub(super) fn append(&mut self, decided: Decided) {
        self.entries.push(decided.entry);
        self.account = decided.account;
        self.row = decided.row;
        if let Some(record) = decided.record {
            self.records.insert(record.row.id.clone(), record);
        }
    }
}
