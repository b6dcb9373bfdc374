use chrono::DateTime;
use serde_json::{Value, json};

use super::{LOCAL, MAX_BYTES, TaskEvent, event};
use crate::generation::{
    GenerationStatus, ImageTask, ModelTable, NewImageTask, TaskRequest, TextList,
};
use crate::id::ImageTaskId;
use crate::outbox::OutboxEvent;

fn task() -> ImageTask {
    let id: ImageTaskId = "0197a0f0-93c8-7f3b-8d0a-2f5a1f1f7a10".parse().unwrap();
    let request = TaskRequest::new("p", "name", "s", "w", "secret prompt")
        .original_session_id("secret session")
        .callback_url("https://a/b");
    let now = DateTime::UNIX_EPOCH;
    let models = ModelTable::built_in();
    let mut task = NewImageTask::new(request)
        .into_task_with_id(id, now, &models)
        .unwrap();
    task.version = 7;
    task
}

fn payload(task: &ImageTask) -> (OutboxEvent, Value) {
    let now = DateTime::from_timestamp_millis(1_750_000_000_123).unwrap();
    let from = Some(GenerationStatus::Pending);
    let event = event(TaskEvent::Deleted, from, task, LOCAL, now).unwrap();
    let payload = serde_json::from_str(event.payload.as_str()).unwrap();
    (event, payload)
}

#[test]
fn an_event_holds_the_change_and_no_secret() {
    let (event, payload) = payload(&task());
    assert_eq!((event.topic.as_str(), event.seq), ("generation.image", 7));
    assert_eq!(event.kind, "deleted");
    assert_eq!(event.aggregate_id, "0197a0f0-93c8-7f3b-8d0a-2f5a1f1f7a10");
    let expected = json!({
        "v": 1, "id": "0197a0f0-93c8-7f3b-8d0a-2f5a1f1f7a10", "kind": "deleted", "project_id": "p",
        "storyboard_id": "s", "work_id": "w", "run": 1, "version": 7, "from": 0, "to": 0,
        "account_id": null, "site": null, "error_code": null, "urls": [], "paths": [],
        "callback_url": "https://a/b", "at": 1_750_000_000_123_i64, "origin": "local",
    });
    assert_eq!(payload, expected);
}

#[test]
fn media_inside_of_urls_and_long_lists_are_left_out() {
    let mut task = task();
    task.image_urls = TextList::from(["https://a/1", "DATA:image/png;base64,AAAA"]);
    let (_, found) = payload(&task);
    assert_eq!(found["urls"], json!(["https://a/1"]));
    assert_eq!(found["urls_omitted"], json!(true));

    let long = |bytes| TextList::from(vec!["x".repeat(bytes)]);
    task.image_urls = TextList::new();
    task.image_local_paths = long(MAX_BYTES - 2_000);
    assert_eq!(payload(&task).1.get("urls_omitted"), None);
    task.image_local_paths = long(MAX_BYTES);
    let (event, found) = payload(&task);
    assert_eq!(
        (&found["paths"], &found["urls_omitted"]),
        (&json!([]), &json!(true))
    );
    assert!(event.payload.as_str().len() < MAX_BYTES);
}
