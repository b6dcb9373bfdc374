//! Lists of tasks: filters, pages, streams, counts.

use std::sync::Arc;

use futures_util::TryStreamExt;
use genledger::contract::query::Count;
use genledger::contract::{ErrorKind, SessionExt, Store};
use genledger::generation::{
    Edit, GenerationStatus, GenerationTaskFilter, GenerationTasks, NewVideoTask, TaskStateColumns,
    VideoTask,
};
use genledger::id::{GenerationIdGenerator, ProviderAccountId};
use genledger::paging::Paging;

use crate::sample::{after, fails, ids_at, migrated, request};

type Filter = GenerationTaskFilter<VideoTask>;

/// Seven tasks, one a second; the newest is deleted.
async fn seven(tasks: &GenerationTasks<VideoTask>) -> Vec<VideoTask> {
    let mut stored = Vec::new();
    for number in 0..7 {
        let mut request = request(&format!("b-{number}"));
        request.project_id = format!("p-{}", number % 2);
        request.work_id = format!("w-{}", number % 3);
        let new = NewVideoTask::new(request);
        let task = new.into_task(&ids_at(after(number))).unwrap();
        tasks.submit(&task).await.unwrap();
        stored.push(task);
    }
    let last = stored.last_mut().unwrap();
    *last = tasks.delete(last.id, &Edit::of_version(1)).await.unwrap();
    stored
}

async fn tasks_are_listed_newest_first(store: &Arc<dyn Store>) {
    let tasks: GenerationTasks<VideoTask> = migrated(store).await;
    let mut stored = seven(&tasks).await;
    let account: ProviderAccountId = GenerationIdGenerator::system().generate();
    let (id, same) = (stored[2].id, VideoTask::ID.eq(stored[2].id));
    let changes = [
        VideoTask::JIMENG_ACCOUNTS_ID.set(Some(account)),
        VideoTask::GENERATION_STATUS.set(GenerationStatus::Processing),
    ];
    let session = store.session();
    let changed = session.update_returning(&id, same, changes);
    stored[2] = changed.await.unwrap().unwrap();

    let of_project = Filter::new().project_id("p-1");
    for (filter, expected) in [
        (Filter::new(), vec![5, 4, 3, 2, 1, 0]),
        (Filter::new().deleted(true), vec![6]),
        (Filter::new().deleted(false).work_id("w-0"), vec![3, 0]),
        (of_project.clone(), vec![5, 3, 1]),
        (of_project.clone().from(after(3)), vec![5, 3]),
        (of_project.before(after(3)), vec![1]),
        (Filter::new().from(after(1)).before(after(3)), vec![2, 1]),
        (
            Filter::new().project_id("p-0").storyboard_id("b-4"),
            vec![4],
        ),
        (Filter::new().storyboard_id("b-5"), vec![5]),
        (Filter::new().account_id(account), vec![2]),
        (Filter::new().status(GenerationStatus::Processing), vec![2]),
        (Filter::new().and(VideoTask::MODEL.eq("x")), vec![]),
        (Filter::new().work_id("W-0"), vec![]),
    ] {
        let expected: Vec<_> = expected
            .into_iter()
            .map(|at: usize| stored[at].clone())
            .collect();
        let mut paging = Paging::first(2);
        let mut pages = Vec::new();
        loop {
            let page = tasks.page(&filter, &paging).await.unwrap();
            assert_eq!(page.unreadable, []);
            pages.extend(page.items);
            if page.next.is_none() {
                break;
            }
            paging = paging.after(page.next);
        }
        assert_eq!(pages, expected, "{filter:?}");
        let streamed: Vec<_> = tasks.stream(&filter).try_collect().await.unwrap();
        assert_eq!(streamed, expected, "{filter:?}");
        let count = u64::try_from(expected.len()).unwrap();
        assert_eq!(
            tasks.count(&filter, 10).await.unwrap(),
            Count::Exactly(count)
        );
        // The same conditions from JSON.
        if filter.further.is_none() {
            let json = serde_json::to_string(&filter).unwrap();
            assert!(serde_json::from_str::<Filter>(&json).unwrap() == filter);
        }
    }
    fails(
        tasks.page(&Filter::new(), &Paging::first(0)).await,
        ErrorKind::Invalid,
    );
    fails(tasks.count(&Filter::new(), 0).await, ErrorKind::Invalid);
}

genledger_testkit::store_cases!(tasks_are_listed_newest_first);
