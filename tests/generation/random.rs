//! Random requests: what passes the rules can be stored as it is, and what does not is refused with a reason.

use genledger::contract::Violations;
use genledger::generation::{
    ImageRatio, ImageResolution, ModelTable, NewImageTask, NewVideoTask, Site, VideoRatio,
    VideoResolution,
};
use genledger::rust_decimal::Decimal;
use genledger::validate::Validate;
use proptest::prelude::*;

use crate::sample::{ids, request};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("x".repeat(51)),
        "[a-z]{1,12}",
        "\\PC{0,40}",
        "https?://[a-z@:/.]{0,12}",
    ]
}

fn models() -> Vec<String> {
    let table = ModelTable::built_in();
    let images = table.images().map(|(name, _)| name.to_owned());
    let videos = table.videos().map(|(name, _)| name.to_owned());
    images.chain(videos).chain(["unknown".to_owned()]).collect()
}

fn sites() -> impl Strategy<Value = Option<Site>> {
    prop::option::of((-1_i16..6).prop_map(Site::from_code))
}

proptest! {
    #[test]
    fn a_request_passes_if_and_only_if_no_rule_is_broken(
        (board, prompt, url) in (text(), text(), prop::option::of(text())),
        site in sites(),
        model in prop::option::of(prop::sample::select(models())),
        (ratio, resolution) in ("1:1|16:9|3:2|5:4", "1k|2k|4k|8k|720p|1080p"),
        images in prop::collection::vec(text(), 0..4),
        strength in prop::option::of(-5_i64..120),
        seconds in prop::option::of(-1_i32..20),
        intelligent: bool,
    ) {
        let mut request = request(&board);
        request.prompt = prompt;
        request.callback_url = url;
        request.want_site = site;
        let mut image = NewImageTask::new(request.clone())
            .ratio(ImageRatio::from_str_code(&ratio))
            .resolution(ImageResolution::from_str_code(&resolution))
            .intelligent_ratio(intelligent)
            .input_images(images.clone());
        image.model.clone_from(&model);
        image.sample_strength = strength.map(|hundredths| Decimal::new(hundredths, 2));
        let mut video = NewVideoTask::new(request)
            .ratio(VideoRatio::from_str_code(&ratio))
            .resolution(VideoResolution::from_str_code(&resolution))
            .input_images(images);
        video.model = model;
        video.duration = seconds;

        let found = image.violations();
        match image.clone().into_task(&ids()) {
            // What is new is also what is stored: its columns accept it.
            Ok(task) => {
                prop_assert!(found.is_empty());
                prop_assert!(Violations::of(&task).is_empty() && task.violations().is_empty());
                prop_assert!(task.input_images.is_empty() == task.sample_strength.is_none());
                let table = ModelTable::built_in();
                prop_assert!(table.image(&task.model).supports_resolution(&task.resolution));
            }
            Err(error) => prop_assert_eq!(error.violations(), found.as_slice()),
        }
        let found = video.violations();
        match video.clone().into_task(&ids()) {
            Ok(task) => {
                prop_assert!(found.is_empty());
                prop_assert!(Violations::of(&task).is_empty() && task.violations().is_empty());
                let table = ModelTable::built_in();
                prop_assert!(table.video(&task.model).supports_duration(task.duration));
            }
            Err(error) => prop_assert_eq!(error.violations(), found.as_slice()),
        }
        // JSON holds the same request.
        let json = serde_json::to_string(&image).unwrap();
        prop_assert_eq!(serde_json::from_str::<NewImageTask>(&json).unwrap(), image);
        let json = serde_json::to_string(&video).unwrap();
        prop_assert_eq!(serde_json::from_str::<NewVideoTask>(&json).unwrap(), video);
    }
}
