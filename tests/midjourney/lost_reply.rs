//! A task whose end got no reply: the end is repeated, and the refund is due once.

use genledger::ErrorKind;
use genledger::midjourney::{
    MidjourneyChange, MidjourneyOutcome, MidjourneyStatus, MidjourneySubmission, MidjourneyTasks,
};
use genledger_conformance::Cut;
use genledger_testkit::{TestDatabase, assert_outcome_unknown, behind_proxy};

use crate::sample::{after, due, ids, imagine, migrated, submit};

async fn an_end_whose_reply_is_lost_is_stored_once(database: TestDatabase) {
    let direct = genledger::connect(&database.url).await.unwrap();
    let tasks = migrated(&direct).await;
    let (proxy, distant) = behind_proxy(&database.url).await;
    let remote = MidjourneyTasks::new(distant.clone());

    let lost = imagine("lost").into_task(&ids()).unwrap();
    proxy.arm(Cut::ReplyTo("INSERT"));
    assert_outcome_unknown(remote.submit(&lost).await);
    assert!(!proxy.is_armed(), "nothing was cut");
    let again = remote.submit(&lost).await.unwrap();
    assert!(matches!(
        again,
        MidjourneySubmission::New | MidjourneySubmission::Present
    ));

    let task = submit(&tasks, imagine("a")).await;
    let failure = MidjourneyChange::failure("banned");
    proxy.arm(Cut::ReplyTo("UPDATE"));
    assert_outcome_unknown(remote.advance(task.id, &failure, after(1)).await);
    assert!(!proxy.is_armed(), "nothing was cut");
    // The cancelled statement may still run; the repeated report ends the task or finds that it has ended.
    let outcome = remote.advance(task.id, &failure, after(2)).await.unwrap();
    let ended = MidjourneyOutcome::Ended { refund: 5_000 };
    let over = MidjourneyOutcome::Final(MidjourneyStatus::Failure);
    assert!(outcome == ended || outcome == over, "{outcome:?}");
    assert_eq!(due(&tasks).await, [task.id]);

    // A sweep whose statements are a transaction is retried, if the reply that is lost is not that of its end.
    proxy.arm(Cut::ReplyTo("UPDATE"));
    let first = remote.time_out(after(1), "r", 10, after(3)).await;
    let known = match first {
        Ok(swept) => swept.ended,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
            0
        }
    };
    let swept = remote.time_out(after(1), "r", 10, after(3)).await.unwrap();
    assert!(known + swept.ended <= 1, "{known} {swept:?}");
    let mut expected = [lost.id, task.id];
    expected.sort_unstable();
    assert_eq!(due(&tasks).await, expected);
    distant.close().await;
    direct.close().await;
}

genledger_testkit::database_cases!(genledger_testkit::run_behind_proxy; an_end_whose_reply_is_lost_is_stored_once);
