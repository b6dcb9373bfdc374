//! Words, numbers and JSON that another program or a newer version wrote.

use std::sync::Arc;

use futures_util::TryStreamExt;
use genledger::contract::entity::JsonText;
use genledger::contract::{CodedEnum, Entity, SessionExt, Store};
use genledger::midjourney::{
    MidjourneyButton, MidjourneyChange, MidjourneyOutcome, MidjourneyStatus, MidjourneyTaskFilter,
};
use genledger::paging::Paging;

use crate::sample::{after, due, imagine, migrated, overwrite, report, state, submit};

use MidjourneyOutcome::{Applied, Ended, Final, Stale, Unchanged};

async fn words_of_a_newer_version_are_kept(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let task = submit(&tasks, imagine("a")).await;
    overwrite(store, &task, ["RETEXTURE", "PAUSED", "12%"], 0).await;
    let found = tasks.get(task.id).await.unwrap();
    assert_eq!(
        (found.action.as_str(), found.status.as_str()),
        ("RETEXTURE", "PAUSED")
    );
    assert!(!found.action.is_known() && !found.status.is_known() && found.is_open());
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(
        (&json["action"], &json["status"]),
        (&"RETEXTURE".into(), &"PAUSED".into())
    );
    assert_eq!(
        serde_json::from_value::<genledger::midjourney::MidjourneyTask>(json).unwrap(),
        found
    );
    // They can be searched for, and are polled.
    let paused = MidjourneyTaskFilter::new()
        .status(found.status.clone())
        .action(found.action.clone());
    let page = tasks.page(&paused, &Paging::first(10)).await.unwrap();
    assert_eq!(page.items, std::slice::from_ref(&found));
    let open: Vec<_> = tasks.stream_open().try_collect().await.unwrap();
    assert_eq!(open, std::slice::from_ref(&found));
    // The task is advanced, which keeps the action.
    let image = MidjourneyChange::new().image_url("i");
    assert_eq!(
        tasks.advance(task.id, &image, after(1)).await.unwrap(),
        Applied
    );
    assert_eq!(
        tasks.advance(task.id, &image, after(1)).await.unwrap(),
        Unchanged
    );
    assert_eq!(
        tasks
            .advance(task.id, &report("SUBMITTED", 11), after(1))
            .await
            .unwrap(),
        Stale
    );
    assert_eq!(
        tasks
            .advance(task.id, &report("SUBMITTED", 12), after(1))
            .await
            .unwrap(),
        Applied
    );
    let found = tasks.get(task.id).await.unwrap();
    assert_eq!(
        (found.action.as_str(), found.status.as_str()),
        ("RETEXTURE", "SUBMITTED")
    );
}

/// A newer version may have another terminal status, whose refund is its own business.
async fn an_unknown_status_with_a_finish_time_is_final(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let open = submit(&tasks, imagine("a")).await;
    let ended = submit(&tasks, imagine("b")).await;
    overwrite(store, &open, ["IMAGINE", "EXPIRING", "12%"], 0).await;
    overwrite(
        store,
        &ended,
        ["IMAGINE", "EXPIRED", "12%"],
        1_748_779_210_000,
    )
    .await;
    let word = MidjourneyStatus::from_str_code("EXPIRED");
    let failure = MidjourneyChange::failure("r");
    assert_eq!(
        tasks.advance(ended.id, &failure, after(1)).await.unwrap(),
        Final(word)
    );
    assert!(!tasks.get(ended.id).await.unwrap().is_open());
    let polled: Vec<_> = tasks.stream_open().try_collect().await.unwrap();
    assert_eq!(
        polled.iter().map(|task| task.id).collect::<Vec<_>>(),
        [open.id]
    );
    let swept = tasks.time_out(after(1), "r", 10, after(2)).await.unwrap();
    assert_eq!((swept.ended, swept.refunds), (1, 1));
    assert_eq!(due(&tasks).await, [open.id]);
    assert_eq!(state(&tasks, ended.id).await.0, "EXPIRED");
}

async fn progress_of_another_program_is_read(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    for (text, read, less) in [
        ("", 0, None),
        ("57", 57, Some(56)),
        (" 57.9 %", 57, Some(56)),
        ("waiting", 0, None),
        ("099%", 99, Some(98)),
    ] {
        let task = submit(&tasks, imagine("a")).await;
        overwrite(store, &task, ["IMAGINE", "IN_PROGRESS", text], 0).await;
        assert_eq!(state(&tasks, task.id).await.1, read, "{text:?}");
        if let Some(less) = less {
            let late = report("IN_PROGRESS", less);
            assert_eq!(
                tasks.advance(task.id, &late, after(1)).await.unwrap(),
                Stale
            );
        }
        let same = report("IN_PROGRESS", read).image_url("i");
        assert_eq!(
            tasks.advance(task.id, &same, after(1)).await.unwrap(),
            Applied
        );
        assert_eq!(
            tasks.advance(task.id, &same, after(1)).await.unwrap(),
            Unchanged
        );
        let more = report("IN_PROGRESS", 100);
        assert_eq!(
            tasks.advance(task.id, &more, after(1)).await.unwrap(),
            Applied
        );
        assert_eq!(state(&tasks, task.id).await.1, 100);
    }
}

/// The JSON of the table.
#[derive(Clone, Debug, Entity)]
#[entity(table = "midjourneys", key(id))]
struct Parts {
    /// The id.
    id: i64,
    /// The videos.
    video_urls: JsonText,
    /// The buttons.
    buttons: JsonText,
    /// The properties.
    properties: JsonText,
}

async fn json_of_another_program_hides_no_task(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let mut ids = Vec::new();
    for (videos, buttons, properties) in [
        ("null", "null", "null"),
        ("\"\"", "\"\"", "\"\""),
        ("{}", "{\"label\":\"U1\"}", "[]"),
        (
            "[1]",
            "\"[{\\\"label\\\":\\\"U1\\\"}]\"",
            "\"{\\\"finalPrompt\\\":\\\"x\\\"}\"",
        ),
        (
            "\"https://a\"",
            "[{\"label\":\"U1\"},{\"label\":[]},7]",
            "{\"finalPrompt\":7,\"a\":1,\"a\":2}",
        ),
    ] {
        let task = submit(&tasks, imagine("a")).await;
        let json = |text| JsonText::new(text).unwrap();
        let changes = [
            Parts::VIDEO_URLS.set(json(videos)),
            Parts::BUTTONS.set(json(buttons)),
            Parts::PROPERTIES.set(json(properties)),
        ];
        let session = store.session();
        let id = task.id.get();
        assert!(
            session
                .update_if(&id, Parts::ID.eq(id), changes)
                .await
                .unwrap()
        );
        ids.push(task.id);
    }
    let page = tasks
        .page(&MidjourneyTaskFilter::new(), &Paging::first(10))
        .await
        .unwrap();
    assert_eq!((page.items.len(), page.unreadable), (5, vec![]));
    let labels = |task: &genledger::midjourney::MidjourneyTask| {
        let label = |button: &MidjourneyButton| {
            button
                .get(MidjourneyButton::LABEL)
                .is_ok_and(|label| label.is_some())
        };
        task.buttons.iter().filter(|button| label(button)).count()
    };
    // Newest first.
    assert_eq!(
        page.items.iter().map(labels).collect::<Vec<_>>(),
        [1, 1, 1, 0, 0]
    );
    assert_eq!(page.items[0].buttons.len(), 3);
    assert!(serde_json::to_string(&page.items).is_ok());
    // All of them end.
    for id in &ids {
        let end = tasks
            .advance(*id, &MidjourneyChange::failure("r"), after(1))
            .await
            .unwrap();
        assert_eq!(end, Ended { refund: 5_000 });
    }
    assert_eq!(due(&tasks).await, ids);
}

genledger_testkit::store_cases!(
    words_of_a_newer_version_are_kept,
    an_unknown_status_with_a_finish_time_is_final,
    progress_of_another_program_is_read,
    json_of_another_program_hides_no_task,
);
