//! Reports about a task, in any order.

use std::sync::Arc;

use genledger::ErrorKind;
use genledger::contract::{Store, StoreExt};
use genledger::id::UsageLogId;
use genledger::midjourney::{
    MidjourneyChange, MidjourneyOutcome, MidjourneyRefundState, MidjourneyStatus,
};

use crate::sample::{after, due, fails, imagine, migrated, report, state, submit};

use MidjourneyOutcome::{Applied, Ended, Final, Stale, Unchanged};

async fn a_task_runs_to_its_end(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let task = submit(&tasks, imagine("a")).await;
    for (status, percent) in [
        ("NOT_START", 0),
        ("SUBMITTED", 0),
        ("MODAL", 0),
        ("SUBMITTED", 0),
        ("IN_PROGRESS", 0),
        ("IN_PROGRESS", 9),
        ("IN_PROGRESS", 57),
        ("IN_PROGRESS", 100),
    ] {
        let reported = report(status, percent);
        let outcome = tasks.advance(task.id, &reported, after(1)).await.unwrap();
        assert_eq!(outcome, Applied, "{status} {percent}");
        let found = state(&tasks, task.id).await;
        assert_eq!(
            found,
            (status.to_owned(), percent, MidjourneyRefundState::None)
        );
        // All of its progress does not make it finished.
        assert!(tasks.get(task.id).await.unwrap().is_open());
    }
    let json = r#"{"id":"a","action":"IMAGINE","status":"SUCCESS","progress":"100%","promptEn":"a cat",
        "description":"Submit success","submitTime":1748779200250,"startTime":1748779210000,
        "finishTime":"1748779260000","imageUrl":"https://cdn.example/1.png","videoUrl":"https://cdn.example/1.mp4",
        "videoUrls":["https://cdn.example/1.mp4"],"failReason":null,"state":"s",
        "buttons":[{"customId":"MJ::1","label":"U1","type":2,"style":2,"n":1.50}],
        "properties":{"finalPrompt":"a cat --v 7","nonce":1}}"#;
    let success: MidjourneyChange = serde_json::from_str(json).unwrap();
    let outcome = tasks.advance(task.id, &success, after(70)).await.unwrap();
    assert_eq!(outcome, Ended { refund: 0 });
    let found = tasks.get(task.id).await.unwrap();
    let json = serde_json::to_string(&found).unwrap();
    let expected = format!(
        concat!(
            r#"{{"id":"{}","code":1,"user_id":42,"action":"IMAGINE","mj_id":"a","prompt":"a cat","#,
            r#""prompt_en":"a cat","description":"Submit success","state":"","submit_time":1748779200250,"#,
            r#""start_time":1748779210000,"finish_time":1748779260000,"image_url":"https://cdn.example/1.png","#,
            r#""video_url":"https://cdn.example/1.mp4","video_urls":[{{"url":"https://cdn.example/1.mp4"}}],"#,
            r#""status":"SUCCESS","progress":"100%","fail_reason":"","channel_id":12,"quota":5000,"#,
            r#""buttons":[{{"customId":"MJ::1","label":"U1","type":2,"style":2,"n":1.50}}],"#,
            r#""properties":{{"finalPrompt":"a cat --v 7","nonce":1}},"refund":0}}"#,
        ),
        task.id
    );
    assert_eq!(json, expected);
    assert_eq!(due(&tasks).await, []);
}

async fn progress_never_goes_back(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let task = submit(&tasks, imagine("a")).await;
    let advance =
        async |change: MidjourneyChange| tasks.advance(task.id, &change, after(1)).await.unwrap();
    assert_eq!(advance(report("IN_PROGRESS", 30)).await, Applied);
    // "9%" is less than "30%", although not as text.
    for late in [
        report("IN_PROGRESS", 9),
        report("SUBMITTED", 29),
        report("SUBMITTED", 30),
        report("MODAL", 30),
        report("NOT_START", 30),
        report("IN_PROGRESS", 0).image_url("https://cdn.example/old.png"),
        MidjourneyChange::new().status(MidjourneyStatus::Submitted),
    ] {
        assert_eq!(advance(late.clone()).await, Stale, "{late:?}");
    }
    let found = tasks.get(task.id).await.unwrap();
    assert_eq!((found.progress.get(), found.image_url.as_str()), (30, ""));
    // With more progress an earlier status does not replace the later one.
    assert_eq!(advance(report("SUBMITTED", 100)).await, Applied);
    assert_eq!(state(&tasks, task.id).await.0, "IN_PROGRESS");
    assert_eq!(advance(report("IN_PROGRESS", 99)).await, Stale);
}

async fn a_repeated_report_changes_nothing(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let task = submit(&tasks, imagine("a")).await;
    let json = r#"{"status":"IN_PROGRESS","progress":"46%","startTime":1748779210000,"promptEn":"p",
        "description":"d","imageUrl":"i","videoUrl":"v","videoUrls":[{"url":"v"}],"failReason":"f",
        "buttons":[{"label":"U1"}],"properties":{"finalPrompt":"x"}}"#;
    let change: MidjourneyChange = serde_json::from_str(json).unwrap();
    assert_eq!(
        tasks.advance(task.id, &change, after(1)).await.unwrap(),
        Applied
    );
    let stored = tasks.get(task.id).await.unwrap();
    assert_eq!(
        tasks.advance(task.id, &change, after(2)).await.unwrap(),
        Unchanged
    );
    let nothing = MidjourneyChange::new();
    assert_eq!(
        tasks.advance(task.id, &nothing, after(2)).await.unwrap(),
        Unchanged
    );
    let empty = MidjourneyChange::new().status(MidjourneyStatus::Submitting);
    assert_eq!(
        tasks.advance(task.id, &empty, after(2)).await.unwrap(),
        Unchanged
    );
    assert_eq!(tasks.get(task.id).await.unwrap(), stored);
    // Each member by itself is a change.
    for (member, value) in [
        ("startTime", "1748779210001"),
        ("promptEn", "\"p2\""),
        ("description", "\"d2\""),
        ("imageUrl", "\"i2\""),
        ("videoUrl", "\"v2\""),
        ("videoUrls", "[{\"url\":\"v2\"}]"),
        ("failReason", "\"f2\""),
        ("buttons", "[]"),
        ("buttons", "[{\"label\":\"U2\"}]"),
        ("properties", "{\"finalPrompt\":\"y\"}"),
    ] {
        let change = format!("{{\"{member}\":{value}}}");
        let change: MidjourneyChange = serde_json::from_str(&change).unwrap();
        let expected = if value == "[]" { Unchanged } else { Applied };
        let outcome = tasks.advance(task.id, &change, after(3)).await.unwrap();
        assert_eq!(outcome, expected, "{member}");
    }
    let found = tasks.get(task.id).await.unwrap();
    let texts = [
        found.prompt_en,
        found.description,
        found.image_url,
        found.video_url,
        found.fail_reason,
    ];
    assert_eq!(texts, ["p2", "d2", "i2", "v2", "f2"]);
    assert_eq!(
        found.start_time.get().unwrap().timestamp_millis(),
        1_748_779_210_001
    );
    assert_eq!(
        serde_json::to_string(&found.buttons).unwrap(),
        "[{\"label\":\"U2\"}]"
    );
    assert_eq!(
        serde_json::to_string(&found.video_urls).unwrap(),
        "[{\"url\":\"v2\"}]"
    );
    assert_eq!(found.properties.as_str(), "{\"finalPrompt\":\"y\"}");
}

async fn a_terminal_status_is_final(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    for (word, status, refund) in [
        ("SUCCESS", MidjourneyStatus::Success, 0),
        ("FAILURE", MidjourneyStatus::Failure, 5_000),
        ("CANCEL", MidjourneyStatus::Cancel, 5_000),
    ] {
        let task = submit(&tasks, imagine(word)).await;
        let end = report(word, 3).fail_reason("r");
        let outcome = tasks.advance(task.id, &end, after(5)).await.unwrap();
        assert_eq!(outcome, Ended { refund });
        let stored = tasks.get(task.id).await.unwrap();
        assert_eq!((&stored.status, stored.progress.get()), (&status, 100));
        assert_eq!(stored.finish_time.get(), Some(after(5)));
        assert_eq!(stored.fail_reason, "r");
        for later in ["SUCCESS", "FAILURE", "CANCEL", "IN_PROGRESS", ""] {
            let later = report(later, 100).image_url("https://cdn.example/late.png");
            let outcome = tasks.advance(task.id, &later, after(6)).await.unwrap();
            assert_eq!(outcome, Final(status.clone()));
        }
        assert_eq!(tasks.get(task.id).await.unwrap(), stored);
    }
}

async fn a_refund_is_due_once_and_settled_once(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let open = submit(&tasks, imagine("a")).await;
    let free = submit(&tasks, imagine("b").quota(0)).await;
    let failed = submit(&tasks, imagine("c")).await;
    let mut cancelled = imagine("d").quota(7);
    cancelled.user_id = 43;
    let cancelled = submit(&tasks, cancelled).await;
    let end = async |id, status: &str| {
        tasks
            .advance(id, &report(status, 0), after(1))
            .await
            .unwrap()
    };
    assert_eq!(end(free.id, "FAILURE").await, Ended { refund: 0 });
    assert_eq!(end(failed.id, "FAILURE").await, Ended { refund: 5_000 });
    assert_eq!(end(cancelled.id, "CANCEL").await, Ended { refund: 7 });
    assert_eq!(due(&tasks).await, [failed.id, cancelled.id]);

    let settled = tasks.settle_refund(cancelled.id).await.unwrap().unwrap();
    let shown = serde_json::to_string(&settled).unwrap();
    let expected = format!(
        r#"{{"id":"{}","user_id":43,"channel_id":12,"quota":7}}"#,
        cancelled.id
    );
    assert_eq!(shown, expected);
    for id in [cancelled.id, free.id, open.id, UsageLogId::new(1)] {
        assert_eq!(tasks.settle_refund(id).await.unwrap(), None);
    }
    assert_eq!(
        state(&tasks, cancelled.id).await.2,
        MidjourneyRefundState::Settled
    );
    assert_eq!(due(&tasks).await, [failed.id]);
    // A report after the end makes no second refund.
    assert_eq!(
        end(cancelled.id, "FAILURE").await,
        Final(MidjourneyStatus::Cancel)
    );
    assert_eq!(due(&tasks).await, [failed.id]);

    // Credited and settled together, or not at all.
    let tx = store.begin().await.unwrap();
    assert!(
        tasks
            .within(&tx)
            .settle_refund(failed.id)
            .await
            .unwrap()
            .is_some()
    );
    tx.rollback().await.unwrap();
    assert_eq!(due(&tasks).await, [failed.id]);
    let (verbs, id) = (&tasks, failed.id);
    let settle = |tx| async move { verbs.within(&tx).settle_refund(id).await };
    assert_eq!(
        store.transaction(settle).await.unwrap().unwrap().quota,
        5_000
    );
    assert_eq!(store.transaction(settle).await.unwrap(), None);
}

async fn an_end_that_is_rolled_back_owes_nothing(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let task = submit(&tasks, imagine("a")).await;
    let failure = MidjourneyChange::failure("banned");
    let tx = store.begin().await.unwrap();
    let outcome = tasks
        .within(&tx)
        .advance(task.id, &failure, after(1))
        .await
        .unwrap();
    assert_eq!(outcome, Ended { refund: 5_000 });
    tx.rollback().await.unwrap();
    assert_eq!(due(&tasks).await, []);
    assert_eq!(tasks.get(task.id).await.unwrap(), task);
    let outcome = tasks.advance(task.id, &failure, after(2)).await.unwrap();
    assert_eq!(outcome, Ended { refund: 5_000 });
}

async fn what_cannot_be_stored_does_not_keep_a_task_open(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let task = submit(&tasks, imagine("a")).await;
    let json = format!(
        r#"{{"status":"FAILURE","failReason":"a\u0000b","imageUrl":"https://cdn.example/{}",
            "buttons":[{{"label":"\u0000"}}],"properties":"text","videoUrls":[1,null,"v"]}}"#,
        "x".repeat(3_000)
    );
    let change: MidjourneyChange = serde_json::from_str(&json).unwrap();
    let outcome = tasks.advance(task.id, &change, after(1)).await.unwrap();
    assert_eq!(outcome, Ended { refund: 5_000 });
    let found = tasks.get(task.id).await.unwrap();
    assert_eq!((found.fail_reason.as_str(), found.buttons.len()), ("ab", 0));
    assert_eq!(found.image_url.len(), 3_000 + "https://cdn.example/".len());
    assert_eq!(
        serde_json::to_string(&found.video_urls).unwrap(),
        r#"[1,null,{"url":"v"}]"#
    );
}

async fn a_report_that_cannot_be_is_refused(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let task = submit(&tasks, imagine("a")).await;
    let absent = UsageLogId::new(1);
    let success = report("SUCCESS", 100);
    fails(
        tasks.advance(absent, &success, after(1)).await,
        ErrorKind::NotFound,
    );
    // Also where nothing would be stored.
    let ended = submit(&tasks, imagine("b")).await;
    tasks.advance(ended.id, &success, after(1)).await.unwrap();
    for id in [task.id, ended.id] {
        let unknown = report("PAUSED", 50);
        let error = tasks.advance(id, &unknown, after(1)).await.unwrap_err();
        let violation = &error.violations()[0];
        assert_eq!(
            (violation.path(), violation.rule()),
            ("status", "unrecognized_code")
        );
    }
    assert_eq!(tasks.get(task.id).await.unwrap(), task);
}

genledger_testkit::store_cases!(
    a_task_runs_to_its_end,
    progress_never_goes_back,
    a_repeated_report_changes_nothing,
    a_terminal_status_is_final,
    a_refund_is_due_once_and_settled_once,
    an_end_that_is_rolled_back_owes_nothing,
    what_cannot_be_stored_does_not_keep_a_task_open,
    a_report_that_cannot_be_is_refused,
);
