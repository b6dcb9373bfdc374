//! Groups of requests of many customers: the same rows as one by one, and what is lost is left out.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use genledger_contract::{
    Entity, Error, ErrorKind, Filter, Query, Result, SessionExt, Store, StoreExt,
};

use super::decide::{Answer, decide};
use super::operation::{Operation, Request};
use super::void::Expiry;
use super::{
    NewAdjustment, NewAuthorization, NewCharge, NewLimit, NewRefund, NewReversal, NewSettlement,
    NewTopUp, NewVoid, read, run, write,
};
use crate::accounting::{
    AccountingRecord, BalanceEntry, Currency, CustomerBalance, EntryOutcome, IdempotencyKey, Money,
    RecordStateColumns as _,
};
use crate::id::AccountingRecordId;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn cny() -> Currency {
    Currency::iso("CNY").unwrap()
}

fn points() -> Currency {
    Currency::unit("POINTS", 0).unwrap()
}

fn yuan(units: i64) -> Money {
    Money::from_units(units, cny()).unwrap()
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::new(text).unwrap()
}

fn id(number: usize) -> AccountingRecordId {
    AccountingRecordId::new(format!("r{number}")).unwrap()
}

async fn store() -> Arc<dyn Store> {
    let store = crate::connect("memory:").await.unwrap();
    store.migrate(&[crate::schema::accounting()]).await.unwrap();
    store
}

/// Requests with ids by their places.
#[derive(Default)]
struct Requests(Vec<Request>);

impl Requests {
    fn add(mut self, operation: impl Operation + 'static) -> Self {
        let id = id(self.0.len());
        self.0.push(Request::new(operation, id).unwrap());
        self
    }

    fn all(&self) -> Vec<&Request> {
        self.0.iter().collect()
    }
}

/// One transaction for the requests.
async fn group(store: &Arc<dyn Store>, requests: &[&Request]) -> Vec<Option<Result<Answer>>> {
    let work = |tx| async move { run::group(&tx, requests, now(), false).await };
    store.transaction(work).await.unwrap()
}

async fn all<E: Entity>(store: &Arc<dyn Store>) -> Vec<E> {
    let query = Query::matching(Filter::all()).page_size(1_000);
    store.session().page(&query).await.unwrap().items
}

type Rows = (
    Vec<CustomerBalance>,
    Vec<BalanceEntry>,
    Vec<AccountingRecord>,
);

async fn rows(store: &Arc<dyn Store>) -> Rows {
    (all(store).await, all(store).await, all(store).await)
}

/// Operations of two customers that build on each other, repetitions and conflicts among them.
fn many() -> Requests {
    let minute = Duration::from_secs(60);
    let mut requests = Requests::default();
    for customer in ["c1", "c2"] {
        let place = requests.0.len();
        let money = |units| Money::from_units(units, points()).unwrap();
        requests = requests
            .add(NewTopUp::new(customer, key("t"), yuan(10)))
            .add(NewAuthorization::new(customer, key("h"), yuan(4), minute))
            .add(NewCharge::of_amount(customer, key("c"), yuan(3)))
            .add(NewTopUp::new(customer, key("p"), money(5)))
            .add(NewSettlement::of_amount(
                customer,
                key("s"),
                id(place + 1),
                yuan(2),
            ))
            .add(NewCharge::of_amount(customer, key("c"), yuan(3)))
            .add(NewCharge::of_amount(customer, key("c"), yuan(4)))
            .add(NewRefund::new(customer, key("r"), id(place + 1), yuan(1)))
            .add(NewReversal::new(customer, cny(), 5))
            .add(NewVoid::new(customer, key("v"), id(place + 1), cny()))
            .add(NewRefund::all(customer, key("r2"), id(place + 2), cny()))
            .add(NewCharge::of_amount(customer, key("poor"), yuan(99)))
            .add(NewReversal::new(customer, points(), 7))
            .add(NewAdjustment::new(customer, key("a"), money(-2)));
    }
    requests
}

#[tokio::test]
async fn a_group_writes_what_single_requests_write() {
    let (together, alone) = (store().await, store().await);
    let requests = many();
    let answers = group(&together, &requests.all()).await;
    for (request, answer) in requests.all().into_iter().zip(answers) {
        let single = group(&alone, &[request]).await.pop().unwrap();
        assert_eq!(answer, single, "{}", request.text);
    }
    assert_eq!(rows(&together).await, rows(&alone).await);
    // The second time nothing is written.
    let before = rows(&together).await;
    let again = group(&together, &requests.all()).await;
    for (request, answer) in requests.all().into_iter().zip(again) {
        match answer.unwrap() {
            Ok(Answer::Entry(receipt)) => assert!(receipt.replayed, "{}", request.text),
            Ok(Answer::Nothing) => panic!("an operation without an entry"),
            Err(error) => assert_ne!(error.kind(), ErrorKind::Corrupt, "{error}"),
        }
    }
    assert_eq!(rows(&together).await, before);
}

/// The outcomes of replies: the error, or what became of the operation; `None` for one that is run again.
fn outcomes(answers: &[Option<Result<Answer>>]) -> Vec<Option<Result<EntryOutcome, ErrorKind>>> {
    let outcome = |answer: &Result<Answer>| match answer {
        Ok(Answer::Entry(receipt)) => Ok(receipt.outcome.clone()),
        Ok(Answer::Nothing) => panic!("an operation without an entry"),
        Err(error) => Err(error.kind()),
    };
    answers
        .iter()
        .map(|answer| answer.as_ref().map(outcome))
        .collect()
}

#[tokio::test]
async fn a_request_that_fails_does_not_harm_the_others() {
    let store = store().await;
    let setup = Requests::default()
        .add(NewTopUp::new("c1", key("t"), yuan(10)))
        .add(NewTopUp::new("c2", key("t"), yuan(10)));
    group(&store, &setup.all()).await;
    let corrupt = CustomerBalance::ID.eq(setup.0[0].account);
    let change = [CustomerBalance::BALANCE.set(yuan(99).amount())];
    store.session().update_where(corrupt, change).await.unwrap();
    let requests = Requests::default()
        .add(NewCharge::of_amount("c1", key("c"), yuan(1)))
        .add(NewCharge::of_amount("c2", key("c"), yuan(1)))
        .add(NewReversal::new("c2", cny(), 9))
        .add(NewCharge::of_amount("c3", key("c"), yuan(0)))
        .add(NewCharge::of_amount("c2", key("c2"), yuan(1)));
    let answers = group(&store, &requests.all()).await;
    let done = || Some(Ok(EntryOutcome::Done));
    let failed = |kind| Some(Err(kind));
    assert_eq!(
        outcomes(&answers),
        [
            failed(ErrorKind::Corrupt),
            done(),
            failed(ErrorKind::NotFound),
            done(),
            done()
        ]
    );
    let entries: Vec<BalanceEntry> = all(&store).await;
    assert_eq!(entries.len(), 5);
}

/// The sweep has found a hold that another session ends before it is released.
#[tokio::test]
async fn a_hold_expires_only_while_it_is_open_and_due() {
    let store = store().await;
    let hold = |request: &str, seconds| {
        NewAuthorization::new("c1", key(request), yuan(1), Duration::from_secs(seconds))
    };
    let setup = Requests::default()
        .add(NewTopUp::new("c1", key("t"), yuan(10)))
        .add(hold("settled", 1))
        .add(hold("later", 60))
        .add(hold("due", 1))
        .add(NewSettlement::of_amount("c1", key("s"), id(1), yuan(1)));
    group(&store, &setup.all()).await;
    let expiry = |customer: &str, currency, record| Expiry {
        customer_id: customer.to_owned(),
        record_id: id(record),
        currency,
    };
    let requests = Requests::default()
        .add(expiry("c1", cny(), 1))
        .add(expiry("c1", cny(), 2))
        .add(expiry("c2", cny(), 3))
        .add(expiry("c1", points(), 3))
        .add(expiry("c1", cny(), 9))
        .add(expiry("c1", cny(), 3))
        .add(expiry("c1", cny(), 3));
    let requests = requests.all();
    let requests = &requests;
    let later = now() + chrono::TimeDelta::seconds(1);
    let work = |tx| async move { run::group(&tx, requests, later, false).await };
    let answers = store.transaction(work).await.unwrap();
    let receipts = answers
        .into_iter()
        .map(|answer| match answer.unwrap().unwrap() {
            Answer::Nothing => None,
            Answer::Entry(receipt) => Some((receipt.outcome, receipt.replayed)),
        });
    let receipts: Vec<_> = receipts.collect();
    assert_eq!(receipts[..5], [const { None }; 5]);
    let done = |replayed| Some((EntryOutcome::Done, replayed));
    assert_eq!(receipts[5..], [done(false), done(true)]);
    let accounts: Vec<CustomerBalance> = all(&store).await;
    assert_eq!(
        (accounts.len(), accounts[0].reserved),
        (1, yuan(1).amount())
    );
}

/// A key that a group uses on two accounts is that of the first one, if its account is not lost.
#[tokio::test]
async fn a_key_on_another_account_waits_for_the_first() {
    let store = store().await;
    let one = Money::from_units(1, points()).unwrap();
    let requests = Requests::default()
        .add(NewTopUp::new("c1", key("k"), yuan(1)))
        .add(NewTopUp::new("c1", key("k"), one))
        .add(NewTopUp::new("c1", key("k"), yuan(1)))
        .add(NewTopUp::new("c2", key("k"), one));
    let answers = group(&store, &requests.all()).await;
    let done = || Some(Ok(EntryOutcome::Done));
    assert_eq!(outcomes(&answers), [done(), None, done(), done()]);
    let answers = group(&store, &requests.all()[1..3]).await;
    assert_eq!(
        outcomes(&answers),
        [Some(Err(ErrorKind::UniqueViolation)), done()]
    );
    let Some(Err(error)) = &answers[0] else {
        panic!("{answers:?}")
    };
    assert_eq!(error.column(), Some("currency"));
}

/// Decides from the rows of now, and writes when others have been faster.
async fn late(
    store: &Arc<dyn Store>,
    requests: &Requests,
    meanwhile: &Requests,
) -> Result<Vec<Option<Result<Answer>>>> {
    let all = requests.all();
    let all = &all;
    let known = store.transaction(|tx| async move { read::read(&tx, all).await });
    let known = &known.await.unwrap();
    group(store, &meanwhile.all()).await;
    let write = |tx| async move { write::write(&tx, decide(known, all, now()), all).await };
    store.transaction(write).await
}

#[tokio::test]
async fn an_account_that_was_lost_leaves_the_group() {
    let store = store().await;
    let setup = Requests::default()
        .add(NewTopUp::new("c1", key("t"), yuan(10)))
        .add(NewTopUp::new("c2", key("t"), yuan(10)));
    group(&store, &setup.all()).await;
    let requests = Requests::default()
        .add(NewCharge::of_amount("c1", key("c"), yuan(6)))
        .add(NewCharge::of_amount("c2", key("c"), yuan(6)))
        .add(NewTopUp::new("c3", key("t"), yuan(1)))
        .add(NewTopUp::new("c4", key("t"), yuan(1)))
        .add(NewLimit::new("c1", key("l"), yuan(0)));
    let mut meanwhile = Requests::default()
        .add(NewCharge::of_amount("c1", key("x"), yuan(6)))
        .add(NewTopUp::new("c3", key("y"), yuan(1)));
    // The id of another record.
    meanwhile.0[0].id = id(77);
    let answers = late(&store, &requests, &meanwhile).await.unwrap();
    let done = || Some(Ok(EntryOutcome::Done));
    assert_eq!(outcomes(&answers), [None, done(), None, done(), None]);
    let (accounts, entries, records) = rows(&store).await;
    assert_eq!((accounts.len(), entries.len(), records.len()), (4, 6, 2));
    assert!(accounts.iter().all(CustomerBalance::is_intact));
    // Run again, they find what was written.
    let lost: Vec<_> = [0, 2, 4].map(|place| &requests.0[place]).into();
    let answers = group(&store, &lost).await;
    let poor = Some(Ok(EntryOutcome::InsufficientFunds));
    assert_eq!(outcomes(&answers), [poor, done(), done()]);
}

/// The guard of a record: its account is as it was read, and something else has changed the record.
#[tokio::test]
async fn a_record_that_was_changed_fails_the_group() {
    let store = store().await;
    let minute = Duration::from_secs(60);
    let setup = Requests::default()
        .add(NewTopUp::new("c1", key("t"), yuan(10)))
        .add(NewAuthorization::new("c1", key("h"), yuan(4), minute));
    group(&store, &setup.all()).await;
    let settle = NewSettlement::of_amount("c1", key("s"), id(1), yuan(2));
    let requests = Requests::default().add(settle);
    let all = requests.all();
    let all = &all;
    let known = store.transaction(|tx| async move { read::read(&tx, all).await });
    let known = &known.await.unwrap();
    let change = [AccountingRecord::TRANSNO.set("t".to_owned())];
    let record = AccountingRecord::ID.eq("r1");
    let mut changed: AccountingRecord = store.session().get(&id(1)).await.unwrap();
    changed.transno = Some("t".to_owned());
    let digest = changed.row_digest().unwrap();
    store.session().update_where(record, change).await.unwrap();
    let record = AccountingRecord::ID.eq("r1");
    let change = [AccountingRecord::DIGEST.set(digest)];
    store.session().update_where(record, change).await.unwrap();
    let before = rows(&store).await;
    let tx = store.begin().await.unwrap();
    let written = write::write(&tx, decide(known, all, now()), all).await;
    let error: Error = written.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SerializationFailure);
    tx.rollback().await.unwrap();
    assert_eq!(rows(&store).await, before);
}
