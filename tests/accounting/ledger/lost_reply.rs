//! Commits whose outcome is not known, and callers that leave: each operation has one effect.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use genledger::accounting::{
    Ledger, NewAuthorization, NewCharge, NewRefund, NewSettlement, NewTopUp,
};
use genledger::contract::Store;
use genledger_conformance::Cut;
use genledger_testkit::{TestDatabase, behind_proxy};

use super::world::{World, minute, original, refused, yuan};
use crate::sample::key;

async fn an_operation_whose_reply_is_lost_has_one_effect(database: TestDatabase) {
    let direct = genledger::connect(&database.url).await.unwrap();
    let world = World::new(&direct).await;
    let (proxy, distant) = behind_proxy(&database.url).await;
    let remote = Ledger::new(distant.clone()).with_clock(world.clock.clone());
    let mut expected = yuan("0");
    for (round, cut) in [Cut::ReplyTo("COMMIT"), Cut::Before("COMMIT")]
        .into_iter()
        .enumerate()
    {
        let request = |name: &str| key(&format!("{name}-{round}"));
        let cut = || match cut {
            Cut::ReplyTo(word) => Cut::ReplyTo(word),
            _ => Cut::Before("COMMIT"),
        };
        proxy.arm(cut());
        let top_up = NewTopUp::new("c1", request("t"), yuan("10"));
        let receipt = remote.top_up(&top_up).await.unwrap();
        assert!(!proxy.is_armed(), "nothing was cut");
        expected = expected.checked_add(yuan("10")).unwrap();
        assert_eq!(receipt.balance, expected);
        proxy.arm(cut());
        let hold = NewAuthorization::new("c1", request("h"), yuan("4"), minute());
        let hold = remote.authorize(&hold).await.unwrap();
        assert!(!proxy.is_armed(), "nothing was cut");
        let record = hold.record_id.unwrap();
        proxy.arm(cut());
        let settle = NewSettlement::of_amount("c1", request("s"), record.clone(), yuan("3"));
        let receipt = remote.settle(&settle).await.unwrap();
        assert!(!proxy.is_armed(), "nothing was cut");
        assert_eq!(
            original(world.ledger.settle(&settle).await.unwrap()),
            original(receipt)
        );
        proxy.arm(cut());
        let refund = NewRefund::new("c1", request("r"), record, yuan("2"));
        let receipt = remote.refund(&refund).await.unwrap();
        assert!(!proxy.is_armed(), "nothing was cut");
        expected = expected.checked_sub(yuan("1")).unwrap();
        assert_eq!(receipt.balance, expected);
        // A refusal is stored as well.
        proxy.arm(cut());
        let poor = NewCharge::of_amount("c1", request("p"), yuan("100"));
        refused(remote.charge(&poor).await, "insufficient_funds");
        assert!(!proxy.is_armed(), "nothing was cut");
    }
    assert_eq!(
        (world.entries().await.len(), world.records().await.len()),
        (10, 4)
    );
    world.assert_consistent().await;
    distant.close().await;
    direct.close().await;
}

/// A future that is dropped after so many polls.
struct Dropped<F> {
    future: Pin<Box<F>>,
    polls: usize,
}

impl<F: Future> Future for Dropped<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        self.future.as_mut().poll(context).map(Some)
    }
}

/// A caller leaves at each point at which it can: all or nothing, and a repetition completes it.
async fn a_dropped_operation_is_all_or_nothing(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    world.top_up("t", "1000").await;
    let mut done = 0;
    for polls in 0..400 {
        let charge = NewCharge::of_amount("c1", key(&format!("c-{polls}")), yuan("1"));
        let ledger = world.ledger.clone();
        let call = {
            let charge = charge.clone();
            async move { ledger.charge(&charge).await }
        };
        let future = Box::pin(call);
        let left = Dropped { future, polls }.await;
        let receipt = world.ledger.charge(&charge).await.unwrap();
        done += 1;
        assert_eq!(receipt.seq, done + 1);
        if let Some(first) = left {
            assert_eq!(original(receipt), first.unwrap());
            break;
        }
    }
    assert_eq!(
        world.entries().await.len(),
        usize::try_from(done + 1).unwrap()
    );
    assert_eq!(world.records().await.len(), usize::try_from(done).unwrap());
    world.assert_consistent().await;
}

genledger_testkit::database_cases!(
    genledger_testkit::run_behind_proxy; an_operation_whose_reply_is_lost_has_one_effect
);

mod dropped {
    use super::a_dropped_operation_is_all_or_nothing;

    genledger_testkit::store_cases!(a_dropped_operation_is_all_or_nothing);
}
