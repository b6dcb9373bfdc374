//! A ledger on an empty store, and what must hold of its rows whatever has happened.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use genledger::accounting::{
    AccountingRecord, Audit, BalanceEntry, Bucket, Currency, CustomerBalance, EntryOutcome, Ledger,
    Money, NewAuthorization, NewCharge, NewTopUp, PriceSheet, PriceTier, Quantities, Rate, RatePer,
    Receipt, RecordStatus, Refusal,
};
use genledger::contract::{Entity, ErrorKind, Filter, Query, Result, SessionExt, Store};
use genledger::id::AccountingRecordId;
use genledger::rust_decimal::Decimal;
use genledger::time::ManualClock;
use genledger::validate::Validate;

use crate::sample::{cny, key, migrated};

pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<ManualClock>,
}

pub(crate) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_800_000_000_000_000).unwrap()
}

pub(crate) fn yuan(amount: &str) -> Money {
    Money::new(amount.parse().unwrap(), cny()).unwrap()
}

pub(crate) fn points() -> Currency {
    Currency::unit("POINTS", 0).unwrap()
}

pub(crate) fn minute() -> Duration {
    Duration::from_secs(60)
}

/// A sheet with one rate.
pub(crate) fn sheet(currency: &str, bucket: Bucket, rate: &str, per: RatePer) -> PriceSheet {
    let rate = Rate::new(rate.parse().unwrap(), per).unwrap();
    PriceSheet::new("p-1", currency, ["m"]).tier(PriceTier::new().rate(bucket, rate))
}

pub(crate) fn used(bucket: Bucket, quantity: impl Into<Decimal>) -> Quantities {
    Quantities::new().with(bucket, quantity).unwrap()
}

/// The amounts of a receipt as text: the balance, what is held, what is available.
pub(crate) fn state(receipt: &Receipt) -> [String; 3] {
    [receipt.balance, receipt.reserved, receipt.available].map(|amount| amount.amount().to_string())
}

/// The receipt of a refusal, which has this code.
pub(crate) fn refused(result: Result<Receipt>, code: &str) -> Receipt {
    let error = result.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Refused, Some(code)),
        "{error}"
    );
    let receipt = Refusal::of(&error).unwrap().receipt.clone();
    assert_eq!(receipt.outcome.as_str(), code);
    assert!(receipt.amount.is_zero());
    receipt
}

/// The receipt as it was when the operation was done.
pub(crate) fn original(mut receipt: Receipt) -> Receipt {
    receipt.replayed = false;
    receipt
}

impl World {
    pub(crate) async fn new(store: &Arc<dyn Store>) -> Self {
        migrated(store).await;
        let clock = Arc::new(ManualClock::at(start()));
        Self {
            ledger: Ledger::new(Arc::clone(store)).with_clock(clock.clone()),
            store: Arc::clone(store),
            clock,
        }
    }

    pub(crate) async fn top_up(&self, request: &str, amount: &str) -> Receipt {
        let new = NewTopUp::new("c1", key(request), yuan(amount));
        self.ledger.top_up(&new).await.unwrap()
    }

    pub(crate) async fn hold(&self, request: &str, max: &str) -> AccountingRecordId {
        let new = NewAuthorization::new("c1", key(request), yuan(max), minute());
        let receipt = self.ledger.authorize(&new).await.unwrap();
        receipt.record_id.unwrap()
    }

    pub(crate) async fn charge(&self, request: &str, amount: &str) -> AccountingRecordId {
        let new = NewCharge::of_amount("c1", key(request), yuan(amount));
        self.ledger.charge(&new).await.unwrap().record_id.unwrap()
    }

    pub(crate) async fn balance(&self) -> CustomerBalance {
        let row = self.ledger.balance("c1", cny()).await.unwrap();
        row.unwrap()
    }

    pub(crate) async fn record(&self, id: &AccountingRecordId) -> AccountingRecord {
        self.store.session().get(id).await.unwrap()
    }

    pub(crate) async fn all<E: Entity>(&self) -> Vec<E> {
        let mut query = Query::matching(Filter::all()).page_size(1_000);
        let mut rows = Vec::new();
        loop {
            let page = self.store.session().page::<E>(&query).await.unwrap();
            rows.extend(page.items);
            match page.next {
                Some(next) => query = query.after(next),
                None => return rows,
            }
        }
    }

    pub(crate) async fn entries(&self) -> Vec<BalanceEntry> {
        self.all().await
    }

    pub(crate) async fn records(&self) -> Vec<AccountingRecord> {
        self.all().await
    }

    pub(crate) async fn accounts(&self) -> Vec<CustomerBalance> {
        self.all().await
    }

    /// Everything that is stored.
    pub(crate) async fn rows(
        &self,
    ) -> (
        Vec<CustomerBalance>,
        Vec<BalanceEntry>,
        Vec<AccountingRecord>,
    ) {
        (
            self.accounts().await,
            self.entries().await,
            self.records().await,
        )
    }

    /// Numbers without gaps, an unbroken chain, balances that are the sums of their entries, holds that are the sums of
    /// pending records, and one settling entry of each record that was charged.
    pub(crate) async fn assert_consistent(&self) {
        let (accounts, entries, records) = self.rows().await;
        let mut of_accounts = BTreeMap::<_, Vec<&BalanceEntry>>::new();
        for entry in &entries {
            entry.validate().unwrap();
            let account = (entry.customer_id.clone(), entry.currency.clone());
            of_accounts.entry(account).or_default().push(entry);
        }
        assert_eq!(of_accounts.len(), accounts.len());
        for account in &accounts {
            account.validate().unwrap();
            assert!(account.is_intact());
            let name = (account.customer_id.clone(), account.currency.clone());
            let mut entries = of_accounts.remove(&name).unwrap();
            entries.sort_by_key(|entry| entry.seq);
            let (mut balance, mut reserved) = (Decimal::ZERO, Decimal::ZERO);
            let mut digest = "0".repeat(64);
            for (number, entry) in (1..).zip(&entries) {
                assert_eq!(entry.seq, number, "{name:?}");
                balance += entry.amount;
                reserved += entry.hold;
                assert_eq!((entry.balance, entry.reserved), (balance, reserved));
                assert_eq!(entry.row_digest(&digest).unwrap(), entry.digest);
                digest.clone_from(&entry.digest);
            }
            let last = entries.last().unwrap();
            assert_eq!(
                (
                    account.balance,
                    account.reserved,
                    account.residual,
                    &account.status
                ),
                (last.balance, last.reserved, last.residual, &last.status)
            );
            assert_eq!(account.credit_limit, last.credit_limit);
            assert_eq!(
                (account.last_entry_seq, &account.head_digest),
                (last.seq, &digest)
            );
            assert_eq!(account.updated_at, last.created_at);
            let of_account = records.iter().filter(|record| {
                (&record.customer_id, &record.currency) == (&account.customer_id, &account.currency)
            });
            let pending = of_account.filter(|one| one.state.status == RecordStatus::Pending);
            let held: Decimal = pending.map(|record| record.state.held).sum();
            assert_eq!(held, account.reserved, "{name:?}");
        }
        for record in &records {
            record.validate().unwrap();
            assert!(record.is_intact());
            let done = entries.iter().filter(|entry| {
                entry.record_id.as_ref() == Some(&record.id) && entry.outcome == EntryOutcome::Done
            });
            let settling = done.filter(|entry| entry.kind.settles());
            let settled = record.state.status == RecordStatus::Accounted;
            assert_eq!(settling.count(), usize::from(settled));
        }
        let mut found = Vec::new();
        let audit = Audit::new(Arc::clone(&self.store)).page_size(50);
        let audited = audit.run(|one| found.push(one)).await.unwrap();
        assert_eq!(found, []);
        let read = [audited.accounts, audited.entries, audited.records];
        let stored = [accounts.len(), entries.len(), records.len()];
        assert_eq!(read, stored.map(|rows| u64::try_from(rows).unwrap()));
    }
}
