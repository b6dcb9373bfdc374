use super::video::VIDEO_RESOLUTIONS;
use super::*;
use crate::generation::{
    AccountType, ImageRatio, ImageResolution, Site, VideoRatio, VideoResolution,
};

fn words(sites: Sites) -> String {
    let json = serde_json::to_value(sites).unwrap();
    let words = json.as_array().unwrap().iter();
    let words: Vec<&str> = words.map(|word| word.as_str().unwrap()).collect();
    words.join(" ")
}

#[test]
fn the_table_of_images() {
    let models = ModelTable::built_in();
    let rows: Vec<String> = models
        .images()
        .map(|(name, model)| {
            let resolutions: Vec<&str> = model
                .resolutions
                .iter()
                .map(ImageResolution::as_str)
                .collect();
            let intelligent = if model.intelligent_ratio { "yes" } else { "no" };
            assert_eq!((model.ratios.len(), model.image_inputs), (8, 10), "{name}");
            format!(
                "{name} | {} | {} | {intelligent}",
                words(model.sites),
                resolutions.join(" ")
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            "jimeng-1.4 | cn | 1k | no",
            "jimeng-2.0 | cn | 1k | no",
            "jimeng-2.0-pro | cn | 1k | no",
            "jimeng-2.1 | cn | 1k | no",
            "jimeng-3.0 | cn us hk jp sg | 1k | no",
            "jimeng-3.1 | cn | 1k | no",
            "jimeng-4.0 | cn us hk jp sg | 1k 2k 4k | yes",
            "jimeng-4.1 | cn | 2k 4k | yes",
            "jimeng-4.5 | cn us hk jp sg | 2k 4k | yes",
            "jimeng-4.6 | cn hk jp sg | 2k 4k | yes",
            "jimeng-5.0 | cn hk jp sg | 2k 4k | yes",
            "jimeng-xl-pro | cn | 1k | no",
            "nanobanana | us hk jp sg | 1k | no",
            "nanobananapro | us hk jp sg | 1k 2k 4k | no",
        ]
    );
}

#[test]
fn the_table_of_videos() {
    let models = ModelTable::built_in();
    let rows: Vec<String> = models
        .videos()
        .map(|(name, model)| {
            let honoured = if model.resolution_honoured {
                "honoured"
            } else {
                "stored"
            };
            assert_eq!((model.ratios.len(), model.image_inputs), (6, 2), "{name}");
            assert_eq!(model.resolutions, VIDEO_RESOLUTIONS, "{name}");
            format!(
                "{name} | {} | {honoured} | {:?}",
                words(model.sites),
                model.durations
            )
        })
        .collect();
    let name = |name: &str| format!("jimeng-video-{name}");
    assert_eq!(
        rows,
        [
            name("2.0 | cn hk jp sg | stored | [5, 10]"),
            name("2.0-pro | cn hk jp sg | stored | [5, 10]"),
            name("3.0 | cn us hk jp sg | honoured | [5, 10]"),
            name("3.0-fast | cn hk jp sg | honoured | [5, 10]"),
            name("3.0-pro | cn hk jp sg | stored | [5, 10]"),
            name("3.5-pro | cn us hk jp sg | stored | [5, 10, 12]"),
            name("seedance-2.0 | cn | stored | [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]"),
            name("seedance-2.0-fast | cn | stored | [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]"),
            name("sora2 | hk jp sg | stored | [4, 8, 12]"),
            name("veo3 | hk jp sg | stored | [8]"),
            name("veo3.1 | hk jp sg | stored | [8]"),
        ]
    );
}

#[test]
fn the_default_is_that_of_the_kind_if_the_model_has_it() {
    let models = ModelTable::default();
    let resolution = |name: &str| models.image(name).default_resolution().as_str().to_owned();
    assert_eq!(resolution(ImageModel::DEFAULT), "2k");
    assert_eq!(resolution(ImageModel::JIMENG_4_0), "2k");
    assert_eq!(resolution(ImageModel::JIMENG_3_0), "1k");
    assert_eq!(resolution("unknown"), "2k");
    let only_1080p = VideoModel {
        resolutions: vec![VideoResolution::R1080p],
        ..VideoModel::default()
    };
    let models = models.with_video("one", only_1080p);
    assert_eq!(
        *models.video("one").default_resolution(),
        VideoResolution::R1080p
    );
    assert_eq!(
        *models.video("unknown").default_resolution(),
        VideoResolution::R720p
    );
    let duration = |name: &str| models.video(name).default_duration();
    assert_eq!(duration(VideoModel::DEFAULT), 5);
    assert_eq!(duration(VideoModel::VEO3), 8);
    assert_eq!(duration(VideoModel::SORA2), 4);
    assert_eq!(duration(VideoModel::SEEDANCE_2_0), 5);
}

#[test]
fn an_unknown_model_has_generic_rules_and_an_unknown_word_none() {
    let models = ModelTable::built_in();
    let image = models.image("jimeng-9.9");
    assert!(!models.knows_image("jimeng-9.9") && models.knows_image("nanobanana"));
    assert_eq!(image.sites, Sites::ALL);
    assert!(!image.intelligent_ratio);
    assert!(image.supports_ratio(&ImageRatio::R21x9));
    assert!(!image.supports_ratio(&ImageRatio::from_str_code("5:4")));
    assert!(!image.supports_resolution(&ImageResolution::from_str_code("8k")));
    assert!(!image.supports_site(Site::from_code(9)));
    let video = models.video("jimeng-video-9");
    assert!(!models.knows_video("jimeng-video-9") && models.knows_video("jimeng-video-veo3"));
    assert!(video.supports_duration(1) && video.supports_duration(60));
    assert!(!video.supports_duration(0) && !video.supports_duration(61));
    assert!(video.supports_ratio(&VideoRatio::R21x9) && video.supports_site(Site::Us));
    assert!(video.supports_resolution(&VideoResolution::R1080p));
    // The kinds do not share names.
    assert!(!models.knows_image("jimeng-video-3.0") && !models.knows_video("jimeng-4.5"));
    assert_eq!(ModelTable::empty().image("jimeng-3.0"), image);
}

#[test]
fn a_family_is_domestic_where_it_can_be() {
    let models = ModelTable::built_in();
    let family = |name: &str| models.image(name).sites.account_type();
    assert_eq!(family("jimeng-4.1"), Some(AccountType::Domestic));
    assert_eq!(family("jimeng-5.0"), Some(AccountType::Domestic));
    assert_eq!(family("nanobanana"), Some(AccountType::International));
    assert_eq!(Sites::NONE.account_type(), None);
    assert!(Sites::of(&[Site::from_code(7)]).is_empty());
}

#[test]
fn the_table_is_data() {
    let models = ModelTable::built_in();
    let json = serde_json::to_string(&models).unwrap();
    assert_eq!(serde_json::from_str::<ModelTable>(&json).unwrap(), models);

    let mut extended = models.clone();
    let replaced = r#"{"videos":{"jimeng-video-veo3":{"durations":[8,16]}}}"#;
    extended.extend(serde_json::from_str(replaced).unwrap());
    assert_eq!(extended.video("jimeng-video-veo3").durations, [8, 16]);
    assert_eq!(extended.video("jimeng-video-veo3").sites, Sites::ALL);
    assert_eq!(
        extended.video("jimeng-video-veo3.1"),
        models.video("jimeng-video-veo3.1")
    );
}

#[test]
fn json_that_is_wrong_is_refused_without_its_values() {
    for json in [
        r#"{"images":{"m":{"sites":["mars"]}}}"#,
        r#"{"images":{"m":{"resolution":["secret"]}}}"#,
        r#"{"videos":{"m":{"durations":["secret"]}}}"#,
        r#"{"audio":{}}"#,
    ] {
        let error = serde_json::from_str::<ModelTable>(json)
            .unwrap_err()
            .to_string();
        assert!(
            !error.contains("mars") && !error.contains("secret"),
            "{error}"
        );
    }
}
