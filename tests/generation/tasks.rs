//! Tasks of both kinds: submitted, deleted, restored; their priority.

use std::sync::Arc;

use chrono::Utc;
use genledger::contract::query::Count;
use genledger::contract::{ErrorKind, SessionExt, Store, Violation};
use genledger::generation::{
    Edit, GenerationStatus, GenerationTaskFilter, GenerationTasks, ImageModel, ImageRatio,
    ImageResolution, ImageTask, ModelTable, NewImageTask, NewVideoTask, ResponseFormat, Site,
    TaskReady, TaskStateColumns, TextList, VideoRatio, VideoResolution, VideoTask,
};
use genledger::id::GenerationIdGenerator;
use genledger::rust_decimal::Decimal;

use GenerationStatus::{Completed, Failed, Pending, Processing, Retrying};

use crate::sample::{Kind, after, fails, ids, image, migrated, request, video};

/// Every column of an image task with a value of its own.
fn full_image() -> ImageTask {
    let request = request("b")
        .negative_prompt("dogs")
        .original_session_id("s-0")
        .want_site(Site::Sg)
        .priority(i32::MIN)
        .callback_url("https://a.example/b?c=d")
        .create_by("ann")
        .attr1("one")
        .attr2("two")
        .attr3("three");
    let new = NewImageTask::new(request)
        .model("jimeng-5.0")
        .ratio(ImageRatio::R21x9)
        .resolution(ImageResolution::R4k)
        .intelligent_ratio(true)
        .sample_strength(Decimal::new(7, 2))
        .response_format(ResponseFormat::B64Json)
        .input_images(["https://a.example/1.png", "http://a.example/\u{1F980}"]);
    let mut task = new.into_task(&ids()).unwrap();
    let generator = GenerationIdGenerator::system();
    let state = &mut task.state;
    state.jimeng_accounts_id = Some(generator.generate());
    state.site_used = Some(Site::Hk);
    state.generation_status = Completed;
    state.remote_task_id = Some("r-1".to_owned());
    state.generation_time = Some(77);
    state.error_code = Some("ret:1015".to_owned());
    state.error_message = Some("not logged in".to_owned());
    state.site_switch_count = 2;
    state.avoid_account_id = Some(generator.generate());
    state.ready = TaskReady::WaitsToResume;
    state.attempt_id = Some(generator.generate());
    (state.attempt_count, state.lease_seq, state.run) = (3, 4, 5);
    (state.retry_count, state.hop_count, state.inbound_seq) = (6, 7, 1 << 50);
    state.next_retry_at = Some(after(1));
    state.started_at = Some(after(2));
    state.finished_at = Some(after(3));
    task.image_urls = TextList::from(["https://a.example/2.png"]);
    task.image_local_paths = TextList::from(["/media/2.png"]);
    task.version = 9;
    task.stamps.update_by = Some("bob".to_owned());
    task
}

fn full_video() -> VideoTask {
    let new = NewVideoTask::new(request("b"))
        .model("jimeng-video-3.5-pro")
        .ratio(VideoRatio::R9x16)
        .resolution(VideoResolution::R1080p)
        .duration(12)
        .input_images(["https://a.example/1.png"]);
    let mut task = new.into_task(&ids()).unwrap();
    task.state = full_image().state;
    task.video_urls = TextList::from(["https://a.example/2.mp4"]);
    task.video_local_paths = TextList::from(["/media/2.mp4", "/media/3.mp4"]);
    task.stamps.is_deleted = true;
    task
}

async fn a_task_is_read_as_it_was_written(store: &Arc<dyn Store>) {
    let images: GenerationTasks<ImageTask> = migrated(store).await;
    let videos: GenerationTasks<VideoTask> = migrated(store).await;
    for task in [image("a"), full_image()] {
        store.session().insert(&task).await.unwrap();
        assert_eq!(images.get(task.id).await.unwrap(), task);
    }
    for task in [video("a"), full_video()] {
        store.session().insert(&task).await.unwrap();
        assert_eq!(videos.get(task.id).await.unwrap(), task);
    }
}

async fn submitted_once<T: Kind>(store: &Arc<dyn Store>) {
    let tasks: GenerationTasks<T> = migrated(store).await;
    let task = T::sample("a");
    assert!(tasks.submit(&task).await.unwrap());
    assert_eq!(tasks.get(task.id()).await.unwrap(), task);
    assert!(!tasks.submit(&task).await.unwrap());
    // The storyboard has a task; another storyboard, another project and the other kind have none.
    fails(
        tasks.submit(&T::sample("a")).await,
        ErrorKind::UniqueViolation,
    );
    tasks.submit(&T::sample("b")).await.unwrap();
    let mut elsewhere = request("a");
    elsewhere.project_id = "project-2".to_owned();
    tasks.submit(&T::with_request(elsewhere)).await.unwrap();

    // A retry is recognised whatever has become of the task.
    let edit = Edit::of_version(1).by("ann");
    tasks.set_priority(task.id(), &edit, 5).await.unwrap();
    assert!(!tasks.submit(&task).await.unwrap());
    tasks.delete(task.id(), &Edit::of_version(2)).await.unwrap();
    assert!(!tasks.submit(&task).await.unwrap());
    let second = T::sample("a");
    tasks.submit(&second).await.unwrap();
    assert!(!tasks.submit(&task).await.unwrap());
    assert!(tasks.get(task.id()).await.unwrap().stamps().is_deleted);
}

async fn a_task_is_submitted_once(store: &Arc<dyn Store>) {
    submitted_once::<ImageTask>(store).await;
    submitted_once::<VideoTask>(store).await;
    // Another task with the id is refused, and nothing of it is stored.
    let tasks: GenerationTasks<ImageTask> = migrated(store).await;
    let task = image("id");
    tasks.submit(&task).await.unwrap();
    let models = ModelTable::built_in();
    let with_id = |new: NewImageTask| new.into_task_with_id(task.id, after(0), &models).unwrap();
    for other in [
        with_id(NewImageTask::new(request("other"))),
        with_id(NewImageTask::new(request("id")).model("jimeng-4.0")),
        with_id(NewImageTask::new(request("id")).ratio(ImageRatio::R3x2)),
        with_id(NewImageTask::new(request("id").negative_prompt("dogs"))),
        with_id(NewImageTask::new(request("id").original_session_id("s"))),
        with_id(NewImageTask::new(request("id")).input_images(["https://a"])),
    ] {
        fails(tasks.submit(&other).await, ErrorKind::UniqueViolation);
    }
    assert_eq!(tasks.get(task.id).await.unwrap(), task);
}

async fn only_a_valid_new_task_is_submitted(store: &Arc<dyn Store>) {
    let tasks: GenerationTasks<ImageTask> = migrated(store).await;
    let changed = |change: fn(&mut ImageTask)| {
        let mut task = image("a");
        change(&mut task);
        task
    };
    for (task, path) in [
        (changed(|task| task.request.prompt.clear()), "prompt"),
        (
            changed(|task| task.model = "jimeng-3.0".to_owned()),
            "resolution",
        ),
        (
            changed(|task| task.state.ready = TaskReady::No),
            "generation_status",
        ),
        (
            changed(|task| task.state.retry_count = 1),
            "generation_status",
        ),
        (changed(|task| task.version = 2), "version"),
        (changed(|task| task.stamps.is_deleted = true), "is_deleted"),
    ] {
        let error = tasks.submit(&task).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let paths: Vec<_> = error.violations().iter().map(Violation::path).collect();
        assert_eq!(paths, [path]);
        assert_eq!(tasks.find(task.id).await.unwrap(), None);
    }
    // A service may know what a model can do now.
    let mut models = ModelTable::built_in();
    models.extend(ModelTable::empty().with_image("jimeng-3.0", ImageModel::default()));
    let tasks = tasks.with_models(Arc::new(models));
    let task = changed(|task| task.model = "jimeng-3.0".to_owned());
    assert!(tasks.submit(&task).await.unwrap());
}

async fn deleted_and_restored<T: Kind>(store: &Arc<dyn Store>) {
    let tasks: GenerationTasks<T> = migrated(store).await;
    let mut history = Vec::new();
    // The second soft delete of a storyboard, and the third.
    for _ in 0..3 {
        let task = T::sample("a");
        tasks.submit(&task).await.unwrap();
        let edit = Edit::of_version(1).by("ann");
        let deleted = tasks.delete(task.id(), &edit).await.unwrap();
        assert_eq!(
            (deleted.version(), deleted.state().ready),
            (2, TaskReady::No)
        );
        assert!(deleted.stamps().is_deleted);
        assert_eq!(deleted.stamps().update_time, after(60));
        assert_eq!(deleted.stamps().update_by.as_deref(), Some("ann"));
        assert_eq!(tasks.get(task.id()).await.unwrap(), deleted);
        history.push(deleted);
    }
    let id = history[0].id();
    // A deleted task cannot be changed, and another edit is not the same.
    fails(
        tasks.delete(id, &Edit::of_version(2)).await,
        ErrorKind::NotFound,
    );
    fails(
        tasks.set_priority(id, &Edit::of_version(2), 1).await,
        ErrorKind::NotFound,
    );
    fails(
        tasks.restore(id, &Edit::of_version(1)).await,
        ErrorKind::VersionConflict,
    );

    let restored = tasks.restore(id, &Edit::of_version(2)).await.unwrap();
    assert_eq!(
        (restored.version(), restored.state().ready),
        (3, TaskReady::Fresh)
    );
    assert_eq!(
        (restored.stamps().is_deleted, &restored.stamps().update_by),
        (false, &None)
    );
    fails(
        tasks.restore(id, &Edit::of_version(3)).await,
        ErrorKind::NotFound,
    );
    // The storyboard is taken again.
    let second = history[1].id();
    fails(
        tasks.restore(second, &Edit::of_version(2)).await,
        ErrorKind::UniqueViolation,
    );
    fails(
        tasks.submit(&T::sample("a")).await,
        ErrorKind::UniqueViolation,
    );
    assert_eq!(tasks.get(second).await.unwrap(), history[1]);

    // The same edit again, as after an unknown outcome.
    assert_eq!(
        tasks.restore(id, &Edit::of_version(2)).await.unwrap(),
        restored
    );
    let edit = Edit::of_version(3).by("bob");
    let deleted = tasks.delete(id, &edit).await.unwrap();
    assert_eq!(tasks.delete(id, &edit).await.unwrap(), deleted);
    fails(
        tasks.delete(id, &Edit::of_version(3)).await,
        ErrorKind::NotFound,
    );
    assert_eq!(tasks.get(id).await.unwrap(), deleted);

    let unknown = T::sample("b").id();
    fails(tasks.delete(unknown, &edit).await, ErrorKind::NotFound);
    fails(tasks.restore(unknown, &edit).await, ErrorKind::NotFound);
    let all = GenerationTaskFilter::new().deleted(true);
    assert_eq!(tasks.count(&all, 9).await.unwrap(), Count::Exactly(3));
}

async fn a_storyboard_can_be_deleted_and_restored_any_number_of_times(store: &Arc<dyn Store>) {
    deleted_and_restored::<ImageTask>(store).await;
    deleted_and_restored::<VideoTask>(store).await;
}

async fn a_task_with_an_open_attempt_is_not_deleted(store: &Arc<dyn Store>) {
    let tasks: GenerationTasks<VideoTask> = migrated(store).await;
    let task = video("a");
    tasks.submit(&task).await.unwrap();
    let set = async |status: GenerationStatus, ready: TaskReady| {
        let changes = [
            VideoTask::GENERATION_STATUS.set(status),
            VideoTask::READY.set(ready),
            VideoTask::NEXT_RETRY_AT.set(None::<chrono::DateTime<Utc>>),
        ];
        let any = VideoTask::ID.eq(task.id);
        let session = store.session();
        let changed = session.update_returning::<VideoTask>(&task.id, any, changes);
        changed.await.unwrap().unwrap().version
    };
    for (status, ready) in [
        (Processing, TaskReady::No),
        (Processing, TaskReady::Undecided),
        (Retrying, TaskReady::Resume),
        (Retrying, TaskReady::WaitsToResume),
    ] {
        let version = set(status, ready).await;
        let refused = tasks.delete(task.id, &Edit::of_version(version)).await;
        fails(refused, ErrorKind::InvalidTransition);
        assert!(!tasks.get(task.id).await.unwrap().stamps.is_deleted);
    }
    for (status, ready, restored, due) in [
        (Pending, TaskReady::Fresh, TaskReady::Fresh, None),
        (
            Retrying,
            TaskReady::Waits,
            TaskReady::Waits,
            Some(after(60)),
        ),
        (
            Retrying,
            TaskReady::Fresh,
            TaskReady::Waits,
            Some(after(60)),
        ),
        (Completed, TaskReady::No, TaskReady::No, None),
        (Failed, TaskReady::No, TaskReady::No, None),
    ] {
        let version = set(status, ready).await;
        tasks
            .delete(task.id, &Edit::of_version(version))
            .await
            .unwrap();
        let back = tasks
            .restore(task.id, &Edit::of_version(version + 1))
            .await
            .unwrap();
        assert_eq!(
            (back.state.ready, back.state.next_retry_at),
            (restored, due)
        );
        assert_eq!(back.state.generation_status, status);
    }
}

async fn a_priority_is_guarded_by_the_version(store: &Arc<dyn Store>) {
    let tasks: GenerationTasks<ImageTask> = migrated(store).await;
    let task = image("a");
    tasks.submit(&task).await.unwrap();
    let edit = Edit::of_version(1).by("ann");
    let first = tasks.set_priority(task.id, &edit, 7).await.unwrap();
    assert_eq!((first.version, first.request.priority), (2, 7));
    // The same edit again is recognised; another one on that version is not.
    assert_eq!(tasks.set_priority(task.id, &edit, 7).await.unwrap(), first);
    fails(
        tasks.set_priority(task.id, &edit, 8).await,
        ErrorKind::VersionConflict,
    );
    let of_bob = Edit::of_version(1).by("bob");
    fails(
        tasks.set_priority(task.id, &of_bob, 7).await,
        ErrorKind::VersionConflict,
    );
    let long = Edit::of_version(2).by("x".repeat(51));
    fails(
        tasks.set_priority(task.id, &long, 1).await,
        ErrorKind::Invalid,
    );
    fails(tasks.delete(task.id, &long).await, ErrorKind::Invalid);
    assert_eq!(tasks.get(task.id).await.unwrap(), first);
}

genledger_testkit::store_cases!(
    a_task_is_read_as_it_was_written,
    a_task_is_submitted_once,
    only_a_valid_new_task_is_submitted,
    a_storyboard_can_be_deleted_and_restored_any_number_of_times,
    a_task_with_an_open_attempt_is_not_deleted,
    a_priority_is_guarded_by_the_version,
);
