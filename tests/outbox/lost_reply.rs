//! No position is assigned twice, and none is left out, when the reply to a COMMIT is lost.

use genledger::outbox::OutboxStart;
use genledger_conformance::Cut;

use crate::sample::{Both, MINUTE, acquire, append, event, in_order, migrated, sequence_all};
use genledger_testkit::{TestDatabase, assert_outcome_unknown, behind_proxy};

async fn a_round_whose_reply_is_lost_is_done_once(database: TestDatabase) {
    let direct = genledger::connect(&database.url).await.unwrap();
    migrated(&direct).await;
    let (proxy, distant) = behind_proxy(&database.url).await;
    let outbox = Both::new(&distant);
    let mut lease = acquire(&outbox, "one").await;
    for (round, (cut, done)) in (0..).zip([
        (Cut::ReplyTo("COMMIT"), true),
        (Cut::Before("COMMIT"), false),
        (Cut::ReplyTo("COMMIT"), true),
    ]) {
        let seqs = round * 30..round * 30 + 30;
        let events: Vec<_> = seqs.map(|seq| event("a", seq, -seq)).collect();
        append(&direct, &events).await;
        proxy.arm(cut);
        assert_outcome_unknown(outbox.sequencer.sequence(&mut lease).await);
        assert!(!proxy.is_armed(), "nothing was cut");
        let rest = sequence_all(&outbox, &mut lease).await;
        assert_eq!(rest, if done { 0 } else { 30 });
        let all = in_order(&direct).await;
        let seqs: Vec<i64> = all.into_iter().map(|(_, seq)| seq).collect();
        assert_eq!(seqs, (0..round * 30 + 30).collect::<Vec<_>>());
    }

    // A lease: the same holder requests it again, and gets it, whether it had got it before or not.
    proxy.arm(Cut::ReplyTo("UPDATE"));
    assert_outcome_unknown(outbox.sequencer.acquire("one", MINUTE).await);
    assert!(!proxy.is_armed(), "nothing was cut");
    assert!(acquire(&outbox, "one").await.lease_seq() > lease.lease_seq());

    // An acknowledgement is repeated.
    outbox.register("c", OutboxStart::Beginning).await.unwrap();
    proxy.arm(Cut::ReplyTo("UPDATE"));
    assert_outcome_unknown(outbox.ack("c", 10).await);
    assert!(!proxy.is_armed(), "nothing was cut");
    outbox.ack("c", 10).await.unwrap();
    assert_eq!(outbox.read("c", 1).await.unwrap().start, 10);
    distant.close().await;
    direct.close().await;
}

genledger_testkit::database_cases!(genledger_testkit::run_behind_proxy; a_round_whose_reply_is_lost_is_done_once);
