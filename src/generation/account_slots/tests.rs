//! Accounts that others have used since they were read.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use genledger_contract::{SessionExt, StoreExt, Tx};
use uuid::Uuid;

use super::{Slots, Term, Wanted, take_all};
use crate::generation::{Medium, NewProviderAccount, ProviderAccount};
use crate::id::GenerationIdGenerator;

/// The slots that are taken of accounts with limits, and with slots that others have taken since they were read.
async fn taken(accounts: &[(i32, i32)], wanted: &[usize]) -> Vec<Option<Slots>> {
    let store = crate::connect("memory:").await.unwrap();
    let sets = [crate::schema::generation(), crate::schema::outbox()];
    store.migrate(&sets).await.unwrap();
    let ids = GenerationIdGenerator::system();
    let mut read = Vec::new();
    for (index, (limit, active)) in accounts.iter().enumerate() {
        let new = NewProviderAccount::new("a@example.com", format!("session-{index}"));
        let mut account = new.into_account(&ids).unwrap();
        account.image_limit = *limit;
        read.push(account.clone());
        account.usage.image_active = *active;
        store.session().insert(&account).await.unwrap();
    }
    let wanted: Vec<_> = read.into_iter().zip(wanted.iter().copied()).collect();
    let wanted = Arc::new(wanted);
    let work = |tx: Tx| {
        let wanted = Arc::clone(&wanted);
        async move { take(&tx, &wanted).await }
    };
    store.transaction(work).await.unwrap()
}

async fn take(
    tx: &Tx,
    wanted: &[(ProviderAccount, usize)],
) -> genledger_contract::Result<Vec<Option<Slots>>> {
    let length = TimeDelta::seconds(60);
    let term = Term::new(
        "h",
        Uuid::now_v7(),
        length,
        DateTime::from_timestamp(1_750_000_000, 0).unwrap(),
    )?;
    let wanted = wanted.iter().map(|(account, count)| Wanted {
        account,
        count: *count,
        is_probe: false,
    });
    let wanted: Vec<_> = wanted.collect();
    take_all(tx, term, Medium::Image, &wanted).await
}

fn numbers(slots: Option<&Slots>) -> Vec<i64> {
    let opened = slots.into_iter().flat_map(|slots| &slots.opened);
    opened.map(|opened| opened.account_seq).collect()
}

#[tokio::test]
async fn as_many_slots_are_taken_as_an_account_still_has() {
    let taken = taken(&[(5, 2), (2, 2), (3, 0)], &[4, 2, 3]).await;
    let taken: Vec<_> = taken.iter().map(|slots| numbers(slots.as_ref())).collect();
    assert_eq!(taken, [vec![1, 2, 3], vec![], vec![1, 2, 3]]);
}

#[tokio::test]
async fn the_account_is_as_it_is_afterwards() {
    let taken = taken(&[(5, 2)], &[4]).await;
    let account = &taken[0].as_ref().unwrap().account;
    assert_eq!(
        (account.usage.image_active, account.usage.lease_seq),
        (5, 3)
    );
}
