//! The table of another program, in which every column may be NULL and JSON is plain text.

use std::sync::Arc;

use futures_util::StreamExt;
use genledger::ErrorKind;
use genledger::contract::{Entity, MigrationSet, SessionExt, Store};
use genledger::id::UsageLogId;
use genledger::midjourney::{
    MidjourneyChange, MidjourneyOutcome, MidjourneyTaskFilter, MidjourneyTasks,
};
use genledger::paging::Paging;

use crate::sample::{after, due, noon, report};

/// A row of such a table, after the column `refund` was added to it.
#[derive(Clone, Debug, Entity)]
#[entity(table = "midjourneys", key(id), index(status, submit_time))]
struct Adopted {
    /// The id.
    id: i64,
    /// The code.
    code: Option<i32>,
    /// The user.
    user_id: Option<i64>,
    /// The action.
    #[column(max_chars = 40)]
    action: Option<String>,
    /// The id at upstream.
    #[column(max_chars = 255)]
    mj_id: Option<String>,
    /// The prompt.
    prompt: Option<String>,
    /// The prompt in English.
    prompt_en: Option<String>,
    /// The description.
    description: Option<String>,
    /// The state.
    #[column(max_chars = 20)]
    state: Option<String>,
    /// A plain number.
    submit_time: Option<i64>,
    /// A plain number.
    start_time: Option<i64>,
    /// A plain number.
    finish_time: Option<i64>,
    /// The image.
    image_url: Option<String>,
    /// The video.
    video_url: Option<String>,
    /// Plain text.
    video_urls: Option<String>,
    /// The status.
    #[column(max_chars = 20)]
    status: Option<String>,
    /// The progress.
    #[column(max_chars = 30)]
    progress: Option<String>,
    /// The reason.
    fail_reason: Option<String>,
    /// The channel.
    channel_id: Option<i64>,
    /// The cost.
    quota: Option<i64>,
    /// Plain text.
    buttons: Option<String>,
    /// Plain text.
    properties: Option<String>,
    /// The column of the library.
    #[column(default = 0)]
    refund: i16,
}

fn row(id: i64) -> Adopted {
    let text = || Some(String::new());
    Adopted {
        id,
        code: Some(1),
        user_id: Some(42),
        action: Some("IMAGINE".to_owned()),
        mj_id: Some(format!("mj-{id}")),
        prompt: text(),
        prompt_en: text(),
        description: text(),
        state: text(),
        submit_time: Some(noon().timestamp_millis() + id),
        start_time: Some(0),
        finish_time: Some(0),
        image_url: text(),
        video_url: text(),
        video_urls: text(),
        status: text(),
        progress: Some("0%".to_owned()),
        fail_reason: text(),
        channel_id: Some(12),
        quota: Some(5),
        buttons: text(),
        properties: text(),
        refund: 0,
    }
}

async fn rows_of_another_program_end_and_hide_nothing(store: &Arc<dyn Store>) {
    let set = MigrationSet::of("test", &[Adopted::TABLE]);
    store.migrate(&[set]).await.unwrap();
    let broken_json = Adopted {
        buttons: Some("[{\"label\":".to_owned()),
        video_urls: None,
        properties: Some("{".to_owned()),
        ..row(2)
    };
    let absent = Adopted {
        prompt_en: None,
        description: None,
        start_time: None,
        finish_time: None,
        image_url: None,
        video_url: None,
        progress: None,
        fail_reason: None,
        channel_id: None,
        submit_time: None,
        ..row(3)
    };
    let ended = Adopted {
        status: Some("FAILURE".to_owned()),
        ..row(4)
    };
    let free = Adopted {
        quota: None,
        status: Some("SUBMITTED".to_owned()),
        ..row(5)
    };
    let rows = [row(1), broken_json, absent, ended, free];
    store.session().insert_many(&rows).await.unwrap();
    let tasks = MidjourneyTasks::new(Arc::clone(store));

    // A row that cannot be read is reported with its key, and the others are listed.
    let page = tasks
        .page(&MidjourneyTaskFilter::new(), &Paging::first(10))
        .await
        .unwrap();
    let ids: Vec<i64> = page.items.iter().map(|task| task.id.get()).collect();
    assert_eq!(ids, [4, 2, 1]);
    let kinds: Vec<_> = page.unreadable.iter().map(genledger::Error::kind).collect();
    assert_eq!(kinds, [ErrorKind::Corrupt; 2]);
    let open: Vec<_> = tasks.stream_open().collect().await;
    // Databases do not agree on the place of NULL in a column that should not have one.
    let mut open: Vec<_> = open
        .into_iter()
        .map(|task| task.ok().map(|task| task.id.get()))
        .collect();
    open.sort_unstable();
    assert_eq!(open, [None, None, Some(1), Some(2)]);

    // Each of them is advanced.
    for id in [2, 3] {
        let id = UsageLogId::new(id);
        let half = report("IN_PROGRESS", 50).image_url("i");
        let outcome = tasks.advance(id, &half, after(1)).await.unwrap();
        assert_eq!(outcome, MidjourneyOutcome::Applied);
        let outcome = tasks.advance(id, &half, after(1)).await.unwrap();
        assert_eq!(outcome, MidjourneyOutcome::Unchanged);
        let late = tasks.advance(id, &report("", 49), after(1)).await.unwrap();
        assert_eq!(late, MidjourneyOutcome::Stale);
    }
    // What ended before is not refunded again; the rest ends, also without a submit time.
    let late = MidjourneyChange::failure("r");
    let outcome = tasks
        .advance(UsageLogId::new(4), &late, after(1))
        .await
        .unwrap();
    assert!(matches!(outcome, MidjourneyOutcome::Final(_)));
    let swept = tasks
        .time_out(after(1), "timed out", 100, after(2))
        .await
        .unwrap();
    assert_eq!((swept.ended, swept.refunds), (4, 3));
    assert_eq!((swept.more, swept.unreadable), (false, vec![]));
    let due: Vec<i64> = due(&tasks).await.into_iter().map(UsageLogId::get).collect();
    assert_eq!(due, [1, 2, 3]);
    for id in due {
        let settled = tasks.settle_refund(UsageLogId::new(id)).await.unwrap();
        assert_eq!(settled.map(|refund| refund.quota), Some(5));
    }
}

genledger_testkit::store_cases!(rows_of_another_program_end_and_hide_nothing);
