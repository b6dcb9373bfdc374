//! What requests do to accounts, decided from rows that were read. Nothing here reads or writes.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use genledger_contract::table::ColumnType;
use genledger_contract::{Error, Result, Violation};

use super::book::Book;
use super::known::Known;
use super::operation::{Facts, Request, Stop};
use super::receipt::Receipt;
use super::request_text::conflict;
use crate::accounting::{BalanceEntry, CustomerBalance, IdempotencyKey};
use crate::id::CustomerBalanceId;

/// The answer to a request that is not an error.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// Its entry, done or refused.
    Entry(Receipt),
    /// There was nothing to do.
    Nothing,
}

/// The decisions about a group of requests.
pub(super) struct Plan {
    /// The accounts that change, by their ids.
    pub(super) books: BTreeMap<CustomerBalanceId, Book>,
    /// In the order of the requests; `None` for one that must be decided after the others were written.
    pub(super) answers: Vec<Option<Result<Answer>>>,
}

/// Decides requests in their order.
///
/// Replies are found in this order: a row that was changed by another program; the stored receipt of the key, or the error
/// of a key that was used for another request; a refusal. A request whose key an earlier one of the group has used in
/// another account is left over: if that account is lost, the key is free.
pub(super) fn decide(known: &Known, requests: &[&Request], now: DateTime<Utc>) -> Plan {
    let now = ColumnType::DateTime { digits: 6 }.truncate(now);
    let mut group = Group {
        known,
        now,
        books: BTreeMap::new(),
        memos: HashMap::new(),
    };
    let answers = requests.iter().map(|request| group.answer(request));
    let answers = answers.collect();
    let mut books = group.books;
    books.retain(|_, book| !book.entries.is_empty());
    Plan { books, answers }
}

struct Group<'a> {
    known: &'a Known,
    now: DateTime<Utc>,
    books: BTreeMap<CustomerBalanceId, Book>,
    /// The entries that were decided, by customer and key.
    memos: HashMap<(String, IdempotencyKey), (CustomerBalanceId, BalanceEntry)>,
}

impl Group<'_> {
    fn answer(&mut self, request: &Request) -> Option<Result<Answer>> {
        let key = (request.head.customer_id.clone(), request.head.key.clone());
        let memo = self.memos.get(&key);
        if memo.is_some_and(|(account, _)| *account != request.account) {
            return None;
        }
        let memo = memo.map(|(_, entry)| entry.clone());
        Some(self.decide(request, memo.as_ref()))
    }

    fn decide(&mut self, request: &Request, memo: Option<&BalanceEntry>) -> Result<Answer> {
        self.open(request)?;
        let currency = request.head.currency;
        let book = self.books.get(&request.account);
        let book = book.ok_or_else(|| Error::corrupt("an account is not open"))?;
        if book.account.currency != currency {
            let message = "is not the scale of the account";
            return Err(Violation::new("currency", "scale_mismatch", message).into());
        }
        let stored = self.known.memo(&request.head)?;
        let target = request.operation.target();
        let target = target.and_then(|seq| book.entries.iter().find(|entry| entry.seq == seq));
        let target = match target {
            Some(entry) => Some(entry),
            None => self.known.target(request)?,
        };
        let id = request.operation.record_id();
        let id = id.or_else(|| target.and_then(|entry| entry.record_id.as_ref()));
        let record = match id.and_then(|id| book.records.get(id)) {
            Some(record) => Some(&record.row),
            None => match id {
                Some(id) => self.known.record(id, &request.head.customer_id)?,
                None => None,
            },
        };
        if let Some(memo) = stored.or(memo) {
            return replayed(memo, request);
        }
        let facts = Facts {
            head: &request.head,
            account: &book.account,
            record,
            entry: target,
            id: &request.id,
            now: self.now.max(book.row.updated_at),
        };
        let entry = match book.decide(request, &facts) {
            Ok(entry) => entry,
            Err(Stop::Nothing) => return Ok(Answer::Nothing),
            Err(Stop::Error(error)) => return Err(error),
            // Decided by the book, which writes refusals.
            Err(Stop::Refused { .. }) => return Err(Error::corrupt("a refusal without an entry")),
        };
        let receipt = Receipt::of(&entry.entry, currency)?;
        let key = (request.head.customer_id.clone(), request.head.key.clone());
        self.memos
            .insert(key, (request.account, entry.entry.clone()));
        if let Some(book) = self.books.get_mut(&request.account) {
            book.append(entry);
        }
        Ok(Answer::Entry(receipt))
    }

    /// Opens the book of the account, which may be a new one.
    fn open(&mut self, request: &Request) -> Result<()> {
        if self.books.contains_key(&request.account) {
            return Ok(());
        }
        let read = self.known.account(request.account)?;
        let row = if let Some(row) = &read {
            row.clone()
        } else {
            let customer_id = request.head.customer_id.as_str();
            CustomerBalance::opened(customer_id, request.head.currency, self.now)?
        };
        self.books.insert(request.account, Book::open(read, row)?);
        Ok(())
    }
}

/// The receipt of an entry with the key of a request, if it is the same request.
fn replayed(memo: &BalanceEntry, request: &Request) -> Result<Answer> {
    if memo.request != request.text {
        return Err(conflict(&memo.request, &request.text));
    }
    let mut receipt = Receipt::of(memo, request.head.currency)?;
    receipt.replayed = true;
    Ok(Answer::Entry(receipt))
}
