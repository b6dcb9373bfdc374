//! Pages, counts and filters, for administrators and for users.

use std::sync::Arc;

use futures_util::TryStreamExt;
use genledger::ErrorKind;
use genledger::contract::Store;
use genledger::contract::query::Count;
use genledger::id::UsageLogId;
use genledger::midjourney::{
    MidjourneyAction, MidjourneyStatus, MidjourneyTask, MidjourneyTaskFilter,
    UserMidjourneyTaskFilter,
};
use genledger::paging::Paging;

use crate::sample::{after, fails, imagine, migrated, report, submit};

async fn tasks_are_listed_newest_first(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let mut ids = Vec::new();
    for second in [3, 1, 2, 2] {
        ids.push(
            submit(&tasks, imagine("a").submit_time(after(second)))
                .await
                .id,
        );
    }
    let expected = [ids[0], ids[3], ids[2], ids[1]];
    let all = MidjourneyTaskFilter::new();
    let mut listed = Vec::new();
    let mut paging = Paging::first(3);
    loop {
        let page = tasks.page(&all, &paging).await.unwrap();
        listed.extend(page.items.iter().map(|task| task.id));
        // A task that is submitted between two pages neither repeats nor hides another one.
        submit(&tasks, imagine("later").submit_time(after(9))).await;
        match page.next {
            Some(next) => paging = paging.after(Some(next)),
            None => break,
        }
    }
    assert_eq!(listed, expected);
    let old = MidjourneyTaskFilter::new().before(after(9));
    let streamed: Vec<_> = tasks.stream(&old).try_collect().await.unwrap();
    assert_eq!(
        streamed.iter().map(|task| task.id).collect::<Vec<_>>(),
        expected
    );
    assert_eq!(tasks.count(&old, 10).await.unwrap(), Count::Exactly(4));
    assert_eq!(tasks.count(&old, 3).await.unwrap(), Count::AtLeast(3));
    fails(
        tasks.page(&all, &Paging::first(0)).await,
        ErrorKind::Invalid,
    );
    fails(
        tasks.page(&all, &Paging::first(1_001)).await,
        ErrorKind::Invalid,
    );
}

async fn every_condition_selects(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let plain = submit(&tasks, imagine("a")).await.id;
    let blend = imagine("a").action(MidjourneyAction::Blend);
    let blend = submit(&tasks, blend).await.id;
    let channel = submit(&tasks, imagine("b").channel_id(13)).await.id;
    let late = submit(&tasks, imagine("c").submit_time(after(60))).await.id;
    let mut other = imagine("a");
    other.user_id = 43;
    let other = submit(&tasks, other).await.id;
    tasks
        .advance(late, &report("FAILURE", 0), after(61))
        .await
        .unwrap();

    let selected = async |filter: MidjourneyTaskFilter| -> Vec<UsageLogId> {
        let page = tasks.page(&filter, &Paging::first(10)).await.unwrap();
        let count = tasks.count(&filter, 100).await.unwrap();
        assert_eq!(count, Count::Exactly(page.items.len().try_into().unwrap()));
        page.items.into_iter().map(|task| task.id).collect()
    };
    let filter = MidjourneyTaskFilter::new;
    assert_eq!(
        selected(filter()).await,
        [late, other, channel, blend, plain]
    );
    assert_eq!(selected(filter().user_id(43)).await, [other]);
    assert_eq!(selected(filter().channel_id(13)).await, [channel]);
    assert_eq!(selected(filter().mj_id("a")).await, [other, blend, plain]);
    assert_eq!(
        selected(filter().action(MidjourneyAction::Blend)).await,
        [blend]
    );
    assert_eq!(
        selected(filter().status(MidjourneyStatus::Failure)).await,
        [late]
    );
    assert_eq!(selected(filter().from(after(60))).await, [late]);
    assert_eq!(
        selected(filter().before(after(60)).mj_id("b")).await,
        [channel]
    );
    let any = MidjourneyTask::CHANNEL_ID.eq(13) | MidjourneyTask::USER_ID.eq(43);
    assert_eq!(selected(filter().and(any)).await, [other, channel]);

    let own = async |filter: UserMidjourneyTaskFilter| -> Vec<UsageLogId> {
        let page = tasks
            .page_for_user(42, &filter, &Paging::first(10))
            .await
            .unwrap();
        let count = tasks.count_for_user(42, &filter, 100).await.unwrap();
        assert_eq!(count, Count::Exactly(page.items.len().try_into().unwrap()));
        page.items.into_iter().map(|task| task.id).collect()
    };
    let filter = UserMidjourneyTaskFilter::new;
    assert_eq!(own(filter()).await, [late, channel, blend, plain]);
    assert_eq!(own(filter().mj_id("a")).await, [blend, plain]);
    assert_eq!(own(filter().action(MidjourneyAction::Blend)).await, [blend]);
    assert_eq!(
        own(filter().status(MidjourneyStatus::Failure)).await,
        [late]
    );
    assert_eq!(own(filter().from(after(60))).await, [late]);
    assert_eq!(own(filter().before(after(0))).await, []);
    assert_eq!(own(filter().and(MidjourneyTask::USER_ID.eq(43))).await, []);
}

async fn users_see_their_own_tasks_only(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let properties = r#"{"finalPrompt":"x","discordInstanceId":"77"}"#;
    let properties = genledger::midjourney::MidjourneyProperties::from_text(properties);
    let task = submit(&tasks, imagine("a").properties(properties)).await;
    let seen = tasks.find_for_user(42, task.id).await.unwrap().unwrap();
    let json = serde_json::to_value(&seen).unwrap();
    let mut expected = serde_json::to_value(&task).unwrap();
    let members = expected.as_object_mut().unwrap();
    members.remove("channel_id");
    members["properties"] = serde_json::json!({"finalPrompt": "x"});
    assert_eq!(json, expected);
    let page = tasks
        .page_for_user(42, &UserMidjourneyTaskFilter::new(), &Paging::first(10))
        .await;
    assert_eq!(page.unwrap().items, [seen]);
    assert_eq!(tasks.find_for_user(43, task.id).await.unwrap(), None);
    assert_eq!(
        tasks.find_for_user(42, UsageLogId::new(1)).await.unwrap(),
        None
    );
    fails(tasks.get(UsageLogId::new(1)).await, ErrorKind::NotFound);
}

async fn tasks_that_are_open_or_owe_a_refund_are_not_deleted(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let open = submit(&tasks, imagine("a")).await.id;
    let success = submit(&tasks, imagine("b")).await.id;
    let failure = submit(&tasks, imagine("c")).await.id;
    let kept = submit(&tasks, imagine("d")).await.id;
    for (id, status) in [(success, "SUCCESS"), (failure, "CANCEL"), (kept, "SUCCESS")] {
        tasks
            .advance(id, &report(status, 0), after(1))
            .await
            .unwrap();
    }
    let chosen = [open, success, failure, UsageLogId::new(1)];
    assert_eq!(tasks.delete_many(&chosen).await.unwrap(), 1);
    assert_eq!(tasks.delete_many(&chosen).await.unwrap(), 0);
    assert!(tasks.settle_refund(failure).await.unwrap().is_some());
    assert_eq!(tasks.delete_many(&chosen).await.unwrap(), 1);
    assert!(tasks.find(open).await.unwrap().is_some());
    assert!(tasks.find(kept).await.unwrap().is_some());
    assert_eq!(tasks.delete_many(&[]).await.unwrap(), 0);
    let most: Vec<UsageLogId> = (0..9_996).map(UsageLogId::new).collect();
    assert_eq!(tasks.delete_many(&most).await.unwrap(), 0);
    let too_many: Vec<UsageLogId> = (0..9_997).map(UsageLogId::new).collect();
    fails(tasks.delete_many(&too_many).await, ErrorKind::Invalid);
}

async fn open_tasks_are_streamed_by_status_and_age(store: &Arc<dyn Store>) {
    let tasks = migrated(store).await;
    let mut expected = Vec::new();
    for (status, second) in [
        ("", 5),
        ("IN_PROGRESS", 1),
        ("IN_PROGRESS", 2),
        ("MODAL", 0),
        ("SUBMITTED", 4),
    ] {
        let task = submit(&tasks, imagine("a").submit_time(after(second))).await;
        tasks
            .advance(task.id, &report(status, 0), after(9))
            .await
            .unwrap();
        expected.push(task.id);
    }
    let ended = submit(&tasks, imagine("a")).await;
    tasks
        .advance(ended.id, &report("CANCEL", 0), after(9))
        .await
        .unwrap();
    let open: Vec<_> = tasks.stream_open().try_collect().await.unwrap();
    assert_eq!(
        open.iter().map(|task| task.id).collect::<Vec<_>>(),
        expected
    );
}

genledger_testkit::store_cases!(
    tasks_are_listed_newest_first,
    every_condition_selects,
    users_see_their_own_tasks_only,
    tasks_that_are_open_or_owe_a_refund_are_not_deleted,
    open_tasks_are_streamed_by_status_and_age,
);
