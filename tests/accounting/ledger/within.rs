//! Operations within a transaction of the caller.

use std::sync::Arc;

use genledger::accounting::{Money, NewAdjustment, NewCharge, NewTopUp};
use genledger::contract::{Error, ErrorKind, Result, Store, StoreExt};

use super::world::{World, points, refused, yuan};
use crate::sample::{cny, key};

async fn operations_share_the_fate_of_the_transaction(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let ledger = &world.ledger;
    let top_up = &NewTopUp::new("c1", key("t"), yuan("10"));
    let charge = &NewCharge::of_amount("c1", key("c"), yuan("40"));
    let rolled_back: Result<()> = store
        .transaction(|tx| async move {
            let ledger = ledger.within(&tx);
            ledger.top_up(top_up).await?;
            // A refusal does not end the transaction, and is stored in it.
            let receipt = refused(ledger.charge(charge).await, "insufficient_funds");
            assert_eq!(receipt.seq, 2);
            assert!(ledger.top_up(top_up).await?.replayed);
            let row = ledger.balance("c1", cny()).await?.unwrap();
            assert_eq!(row.last_entry_seq, 2);
            Err(Error::invalid("rolled back"))
        })
        .await;
    assert_eq!(rolled_back.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(world.rows().await, (vec![], vec![], vec![]));
    let receipt = store
        .transaction(|tx| async move {
            let ledger = ledger.within(&tx);
            ledger.top_up(top_up).await?;
            Ok(refused(ledger.charge(charge).await, "insufficient_funds"))
        })
        .await
        .unwrap();
    assert_eq!(receipt.seq, 2);
    // Bad input and a conflict leave the transaction as it is.
    store
        .transaction(|tx| async move {
            let ledger = ledger.within(&tx);
            let nothing = NewTopUp::new("c1", key("n"), yuan("0"));
            assert_eq!(
                ledger.top_up(&nothing).await.unwrap_err().kind(),
                ErrorKind::Invalid
            );
            let conflict = NewTopUp::new("c1", key("t"), yuan("11"));
            let error = ledger.top_up(&conflict).await.unwrap_err();
            assert_eq!(error.column(), Some("amount"));
            ledger
                .top_up(&NewTopUp::new("c1", key("t2"), yuan("1")))
                .await
        })
        .await
        .unwrap();
    assert_eq!(world.balance().await.balance, 11.into());
    world.assert_consistent().await;
}

/// An exchange: two adjustments, both or none.
async fn money_is_exchanged_in_one_transaction(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let ledger = &world.ledger;
    world.top_up("t", "10").await;
    let exchange = |number: i64| async move {
        let ledger = ledger.clone();
        store
            .transaction(move |tx| {
                let ledger = ledger.within(&tx);
                let less = yuan("4").negated();
                let more = Money::from_units(400, points()).unwrap();
                async move {
                    let less = NewAdjustment::new("c1", key(&format!("less-{number}")), less);
                    ledger.adjust(&less).await?;
                    let more = NewAdjustment::new("c1", key(&format!("more-{number}")), more);
                    ledger.adjust(&more).await
                }
            })
            .await
    };
    for number in [1, 2, 1] {
        exchange(number).await.unwrap();
    }
    // A refusal that ends the transaction is rolled back with it.
    assert_eq!(exchange(3).await.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(world.balance().await.last_entry_seq, 3);
    let row = ledger.balance("c1", points()).await.unwrap().unwrap();
    assert_eq!((row.balance, row.last_entry_seq), (800.into(), 2));
    world.assert_consistent().await;
}

/// Two transactions of callers on one account: the second waits for the first, and finds what it has written.
async fn transactions_wait_for_each_other(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    world.top_up("t", "0.000001").await;
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..6 {
        let (ledger, store) = (world.ledger.clone(), Arc::clone(store));
        callers.spawn(async move {
            let ledger = &ledger;
            store
                .transaction(|tx| async move {
                    let ledger = ledger.within(&tx);
                    let new = |part: u32| {
                        NewTopUp::new("c1", key(&format!("{caller}-{part}")), yuan("1"))
                    };
                    ledger.top_up(&new(1)).await?;
                    ledger.top_up(&new(2)).await
                })
                .await
                .unwrap()
        });
    }
    callers.join_all().await;
    let account = world.balance().await;
    assert_eq!(
        (account.balance, account.last_entry_seq),
        ("12.000001".parse().unwrap(), 13)
    );
    world.assert_consistent().await;
}

genledger_testkit::store_cases!(
    operations_share_the_fate_of_the_transaction,
    money_is_exchanged_in_one_transaction,
    transactions_wait_for_each_other,
);
