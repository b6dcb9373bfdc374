//! Holds whose time is over are released.

use std::sync::Arc;

use genledger_contract::{Entity, Error, Query, Result, SessionExt};

use super::decide::Answer;
use super::operation::Request;
use super::receipt::Receipt;
use super::run;
use super::void::Expiry;
use crate::accounting::{
    AccountingRecord, Currency, CustomerBalance, RecordStateColumns as _, RecordStatus,
};
use crate::id::{AccountingRecordIdGenerator, CustomerBalanceId};
use crate::store_or_tx::StoreOrTx;
use crate::time::Clock;

/// The most holds of a page.
const PAGE: u32 = 100;

/// The result of a round of the sweep.
///
/// ```
/// use genledger::accounting::Ledger;
///
/// /// The loop that one process of a service runs, or several; `sleep` is that of its runtime.
/// async fn sweep(ledger: &Ledger, sleep: impl AsyncFn()) {
///     loop {
///         match ledger.sweep().await {
///             Ok(swept) => {
///                 for error in &swept.errors {
///                     eprintln!("a hold stays as it is: {error}");
///                 }
///                 if swept.more {
///                     continue;
///                 }
///             }
///             Err(error) => eprintln!("{error}"),
///         }
///         sleep().await;
///     }
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SweptHolds {
    /// The receipts of the holds that were released.
    pub expired: Vec<Receipt>,
    /// Whether more may have expired.
    pub more: bool,
    /// The errors of holds that stay as they are. They do not keep the others waiting.
    pub errors: Vec<Error>,
}

/// One round: each hold in a transaction of its own.
pub(super) async fn round(
    store: &StoreOrTx,
    clock: &Arc<dyn Clock>,
    ids: &AccountingRecordIdGenerator,
) -> Result<SweptHolds> {
    let due = AccountingRecord::STATUS.eq(RecordStatus::Pending)
        & AccountingRecord::EXPIRES_AT.le(clock.now());
    let mut query = Query::matching(due)
        .order_by([
            AccountingRecord::STATUS.asc(),
            AccountingRecord::EXPIRES_AT.asc(),
            AccountingRecord::ID.asc(),
        ])
        .page_size(PAGE);
    let mut swept = SweptHolds::default();
    loop {
        let page = store
            .session()
            .page_lenient::<AccountingRecord>(&query)
            .await?;
        for record in page.items {
            let expired = match record {
                Ok(record) => expire(store, clock, ids, &record).await,
                Err(unreadable) => Err(unreadable.error),
            };
            match expired {
                Ok(Answer::Entry(receipt)) if !receipt.replayed => swept.expired.push(receipt),
                // Another session was faster.
                Ok(_) => {}
                Err(error) => swept.errors.push(error),
            }
        }
        swept.more = page.next.is_some();
        match page.next {
            // What cannot be released comes first again and again: it does not keep the others waiting.
            Some(next) if swept.expired.is_empty() => query = query.after(next),
            _ => return Ok(swept),
        }
    }
}

async fn expire(
    store: &StoreOrTx,
    clock: &Arc<dyn Clock>,
    ids: &AccountingRecordIdGenerator,
    record: &AccountingRecord,
) -> Result<Answer> {
    let expiry = Expiry {
        customer_id: record.customer_id.clone(),
        record_id: record.id.clone(),
        currency: currency(store, record).await?,
    };
    let request = Request::new(expiry, ids.generate())?;
    run::one(store, &**clock, &request).await
}

/// The currency of a record, with the scale of its account.
async fn currency(store: &StoreOrTx, record: &AccountingRecord) -> Result<Currency> {
    if let Ok(currency) = Currency::iso(&record.currency) {
        return Ok(currency);
    }
    let id = CustomerBalanceId::of(&record.customer_id, &record.currency);
    let account = store.session().find::<CustomerBalance>(&id).await?;
    let missing = || {
        let message = "a hold does not have its account";
        Error::corrupt(message).with_table(AccountingRecord::TABLE.name)
    };
    account.ok_or_else(missing)?.currency()
}
