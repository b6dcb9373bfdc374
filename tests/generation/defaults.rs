//! What a new account or task gets that is not given, its JSON, and the size of a result.

use genledger::generation::{
    AccountType, GenerationStatus, ImageRatio, ImageResolution, ImageTask, NewImageTask,
    NewProviderAccount, NewVideoTask, ResponseFormat, Site, TaskReady, TextList, VideoRatio,
    VideoResolution, VideoTask,
};
use genledger::rust_decimal::Decimal;

use AccountType::{Domestic, International};

use crate::sample::{after, ids, ids_at, image, request, video};

#[test]
fn an_account_gets_its_defaults() {
    let new = || NewProviderAccount::new("a", "s");
    let defaults = new().into_account(&ids()).unwrap();
    assert_eq!(
        (defaults.site_type, defaults.jimeng_account_type),
        (Site::Cn, Domestic)
    );
    assert_eq!(defaults.time_zone, "Asia/Shanghai");
    assert_eq!(
        (defaults.max_retry_count, defaults.weight, defaults.version),
        (4, 1, 1)
    );
    assert_eq!((defaults.image_limit, defaults.video_limit), (1, 1));
    assert_eq!(
        (defaults.stamps.create_time, defaults.stamps.update_time),
        (after(0), after(0))
    );
    let site = |new: NewProviderAccount| {
        let account = new.into_account(&ids()).unwrap();
        (account.site_type, account.jimeng_account_type)
    };
    assert_eq!(
        site(new().jimeng_account_type(International)),
        (Site::Hk, International)
    );
    assert_eq!(
        site(new().jimeng_account_type(Domestic)),
        (Site::Cn, Domestic)
    );
    assert_eq!(site(new().site_type(Site::Us)), (Site::Us, International));
    let sg = new().site_type(Site::Sg).jimeng_account_type(International);
    assert_eq!(site(sg), (Site::Sg, International));
    // The first reset: created in Shanghai at 10:00, and at 00:10; in another zone.
    let reset = |created: &str, zone: Option<&str>| {
        let mut new = new();
        new.time_zone = zone.map(str::to_owned);
        let account = new.into_account(&ids_at(created.parse().unwrap())).unwrap();
        account.usage.quota_reset_time.unwrap().to_rfc3339()
    };
    assert_eq!(
        reset("2025-01-16T02:00:00Z", None),
        "2025-01-16T16:30:00+00:00"
    );
    assert_eq!(
        reset("2025-01-16T16:10:00Z", None),
        "2025-01-17T16:30:00+00:00"
    );
    let santiago = Some("America/Santiago");
    assert_eq!(
        reset("2025-09-06T15:00:00Z", santiago),
        "2025-09-07T04:00:00+00:00"
    );
}

#[test]
fn a_task_gets_its_defaults() {
    let task = image("s");
    assert_eq!(
        (task.model.as_str(), &task.ratio),
        ("jimeng-4.5", &ImageRatio::R1x1)
    );
    assert_eq!(task.resolution, ImageResolution::R2k);
    assert_eq!(
        (task.response_format, task.sample_strength),
        (ResponseFormat::Url, None)
    );
    assert_eq!(
        (task.version, task.state.run, task.state.ready),
        (1, 1, TaskReady::Fresh)
    );
    assert_eq!(task.stamps.create_time, after(0));
    let of_model = |model: &str| NewImageTask::new(request("s")).model(model);
    let resolution = |model| of_model(model).into_task(&ids()).unwrap().resolution;
    assert_eq!(resolution("jimeng-3.0"), ImageResolution::R1k);
    assert_eq!(resolution("jimeng-4.0"), ImageResolution::R2k);
    assert_eq!(resolution("next"), ImageResolution::R2k);
    // The strength, only with images.
    let with_images = of_model("next").input_images(["https://a"]);
    let strength = |new: NewImageTask| new.into_task(&ids()).unwrap().sample_strength;
    assert_eq!(strength(with_images.clone()), Some(Decimal::new(50, 2)));
    let given = with_images.sample_strength(Decimal::new(9, 1));
    assert_eq!(strength(given), Some(Decimal::new(9, 1)));

    let task = video("s");
    assert_eq!(
        (task.model.as_str(), &task.ratio),
        ("jimeng-video-3.0", &VideoRatio::R16x9)
    );
    assert_eq!(
        (task.resolution, task.duration),
        (VideoResolution::R720p, 5)
    );
    let of_model = |model: &str| NewVideoTask::new(request("s")).model(model);
    let duration = |model| of_model(model).into_task(&ids()).unwrap().duration;
    assert_eq!(
        (
            duration("jimeng-video-veo3"),
            duration("jimeng-video-sora2")
        ),
        (8, 4)
    );
    assert_eq!(
        (duration("jimeng-video-seedance-2.0"), duration("next")),
        (5, 5)
    );

    // The family: of the requested site, otherwise of the model, domestic first.
    let family = |model: &str, site: Option<Site>| {
        let mut request = request("s");
        request.want_site = site;
        let new = NewImageTask::new(request).model(model);
        new.into_task(&ids()).unwrap().state.account_type
    };
    assert_eq!(family("jimeng-4.5", None), Domestic);
    assert_eq!(family("jimeng-4.5", Some(Site::Us)), International);
    assert_eq!(family("jimeng-4.5", Some(Site::Cn)), Domestic);
    assert_eq!(family("nanobanana", None), International);
    assert_eq!(family("next", None), Domestic);
}

#[test]
fn a_result_has_a_ratio_and_a_size_where_they_are_known() {
    let mut task = image("s");
    task.ratio = ImageRatio::R4x3;
    assert_eq!(task.effective_ratio(), Some(&ImageRatio::R4x3));
    assert_eq!(task.pixel_size().unwrap().to_string(), "2304×1728");
    task.intelligent_ratio = true;
    assert_eq!((task.effective_ratio(), task.pixel_size()), (None, None));
    let mut task = video("s");
    assert_eq!(task.pixel_size().unwrap().to_string(), "1280×720");
    task.ratio = VideoRatio::R21x9;
    assert_eq!(task.pixel_size(), None);
    task.ratio = VideoRatio::R1x1;
    task.input_images = TextList::from(["https://a"]);
    assert_eq!((task.effective_ratio(), task.pixel_size()), (None, None));
}

#[test]
fn a_request_is_read_from_json() {
    let json = r#"{"project_id":"p","project_name":"n","storyboard_id":"b","work_id":"w","prompt":"a cat",
        "original_session_id":"s-1","want_site":"2","priority":"7","model":null,"ratio":"3:2",
        "sample_strength":0.25,"input_images":["https://a"],"id":"x","version":9,"generation_status":2}"#;
    let new: NewImageTask = serde_json::from_str(json).unwrap();
    let task = new.into_task(&ids()).unwrap();
    assert_eq!(
        (task.request.want_site, task.request.priority),
        (Some(Site::Hk), 7)
    );
    let session = task.request.original_session_id.as_ref().unwrap();
    assert_eq!(
        (session.expose(), task.model.as_str()),
        ("s-1", "jimeng-4.5")
    );
    assert_eq!(
        (&task.ratio, task.sample_strength),
        (&ImageRatio::R3x2, Some(Decimal::new(25, 2)))
    );
    assert_eq!(task.input_images.items(), ["https://a"]);
    // What the library sets is not read.
    assert_eq!(
        (task.version, task.state.generation_status),
        (1, GenerationStatus::Pending)
    );
    for wrong in [
        r#"{"project_id":"p","project_name":"n","storyboard_id":"b","work_id":"w"}"#,
        r#"{"project_id":"p","project_name":"n","storyboard_id":"b","work_id":"w","prompt":7}"#,
    ] {
        assert!(serde_json::from_str::<NewImageTask>(wrong).is_err());
    }
    // Without a secret, a task in JSON is the same task.
    let mut task = task;
    task.request.original_session_id = None;
    let json = serde_json::to_string(&task).unwrap();
    assert_eq!(serde_json::from_str::<ImageTask>(&json).unwrap(), task);
    let video = video("s");
    let json = serde_json::to_string(&video).unwrap();
    assert_eq!(serde_json::from_str::<VideoTask>(&json).unwrap(), video);
    let new: NewProviderAccount = serde_json::from_str(
        r#"{"jimeng_account":"a","session_id":"s","site_type":3,"weight":"9"}"#,
    )
    .unwrap();
    let account = new.into_account(&ids()).unwrap();
    assert_eq!((account.site_type, account.weight), (Site::Jp, 9));
}
