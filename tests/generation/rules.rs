//! The rules of accounts and tasks.

use genledger::contract::{ErrorKind, Violations};
use genledger::generation::{
    AccountStatus, AccountType, GenerationStatus, ImageModel, ImageRatio, ImageResolution,
    ImageTask, ModelTable, NewImageTask, NewProviderAccount, ProviderAccount, ResponseFormat, Site,
    TaskRequest, TextList, VideoModel, VideoRatio, VideoResolution, VideoTask,
};
use genledger::rust_decimal::Decimal;
use genledger::validate::Validate;

use crate::sample::{account, ids, image, request, video};

fn broken(found: &Violations) -> Vec<(String, &'static str)> {
    let each = found.as_slice().iter();
    each.map(|one| (one.path().to_owned(), one.rule()))
        .collect()
}

fn one(path: &str, rule: &'static str) -> Vec<(String, &'static str)> {
    vec![(path.to_owned(), rule)]
}

fn of_account(change: impl FnOnce(&mut ProviderAccount)) -> Vec<(String, &'static str)> {
    let mut account = account("s");
    change(&mut account);
    broken(&account.violations())
}

fn of_image(change: impl FnOnce(&mut ImageTask)) -> Vec<(String, &'static str)> {
    let mut task = image("s");
    change(&mut task);
    broken(&task.violations())
}

fn of_video(change: impl FnOnce(&mut VideoTask)) -> Vec<(String, &'static str)> {
    let mut task = video("s");
    change(&mut task);
    broken(&task.violations())
}

/// The rules of a request, on either kind of task.
fn of_request(change: impl Fn(&mut TaskRequest)) -> Vec<(String, &'static str)> {
    let found = of_image(|task| change(&mut task.request));
    assert_eq!(found, of_video(|task| change(&mut task.request)));
    found
}

#[test]
fn each_rule_of_an_account_is_checked() {
    assert_eq!(of_account(|_| {}), []);
    let name = |text: String| of_account(|account| account.jimeng_account = text);
    assert_eq!(name(String::new()), one("jimeng_account", "required"));
    assert_eq!(name("\u{e9}".repeat(100)), []);
    assert_eq!(
        name("\u{e9}".repeat(101)),
        one("jimeng_account", "too_long")
    );
    assert_eq!(
        name("a\0".to_owned()),
        one("jimeng_account", "nul_character")
    );
    let session = |text: String| of_account(|account| account.session_id = text.into());
    assert_eq!(session(String::new()), one("session_id", "required"));
    assert_eq!(session("s".repeat(201)), one("session_id", "too_long"));
    assert_eq!(
        session("s ".to_owned()),
        one("session_id", "trailing_space")
    );
    assert_eq!(
        session("s\t".to_owned()),
        one("session_id", "control_character")
    );
    assert_eq!(
        of_account(|account| account.site_type = Site::Us),
        one("jimeng_account_type", "site_mismatch")
    );
    assert_eq!(
        of_account(|account| account.site_type = Site::from_code(9)),
        one("site_type", "unrecognized_code")
    );
    assert_eq!(
        of_account(|account| account.account_status = AccountStatus::from_code(-1)),
        one("account_status", "unrecognized_code")
    );
    for zone in ["", "Asia/Atlantis", "UTC+8", "asia/shanghai"] {
        let found = of_account(|account| account.time_zone = zone.to_owned());
        assert_eq!(found, one("time_zone", "unknown_zone"), "{zone}");
    }
    for (value, found) in [
        (-1, one("max_retry_count", "out_of_range")),
        (0, vec![]),
        (100, vec![]),
        (101, one("max_retry_count", "out_of_range")),
    ] {
        assert_eq!(of_account(|account| account.max_retry_count = value), found);
    }
    for value in [-1, 1001] {
        assert_eq!(
            of_account(|account| account.weight = value),
            one("weight", "out_of_range")
        );
        let found = of_account(|account| account.image_limit = value);
        assert_eq!(found, one("image_limit", "out_of_range"));
        let found = of_account(|account| account.video_limit = value);
        assert_eq!(found, one("video_limit", "out_of_range"));
    }
}

#[test]
fn all_broken_rules_of_an_account_are_reported_together() {
    let new = NewProviderAccount::new("", " ")
        .site_type(Site::Hk)
        .jimeng_account_type(AccountType::Domestic)
        .time_zone("x".repeat(65))
        .max_retry_count(101)
        .weight(-1)
        .image_limit(1001)
        .video_limit(-1)
        .create_by("x".repeat(51));
    let expected = [
        ("session_id", "trailing_space"),
        ("max_retry_count", "out_of_range"),
        ("time_zone", "too_long"),
        ("weight", "out_of_range"),
        ("image_limit", "out_of_range"),
        ("video_limit", "out_of_range"),
        ("create_by", "too_long"),
        ("jimeng_account", "required"),
        ("jimeng_account_type", "site_mismatch"),
        ("time_zone", "unknown_zone"),
    ];
    let found = broken(&new.violations());
    let found: Vec<_> = found
        .iter()
        .map(|(path, rule)| (path.as_str(), *rule))
        .collect();
    assert_eq!(found, expected);
    let error = new.into_account(&ids()).unwrap_err();
    assert_eq!(
        (error.kind(), error.violations().len()),
        (ErrorKind::Invalid, 10)
    );
}

#[test]
fn each_rule_of_a_request_is_checked() {
    assert_eq!(of_request(|_| {}), []);
    for (path, field) in [
        (
            "project_id",
            (|request| &mut request.project_id) as fn(&mut TaskRequest) -> &mut String,
        ),
        ("project_name", |request| &mut request.project_name),
        ("storyboard_id", |request| &mut request.storyboard_id),
        ("work_id", |request| &mut request.work_id),
    ] {
        assert_eq!(
            of_request(|request| field(request).clear()),
            one(path, "required")
        );
        let long = of_request(|request| *field(request) = "\u{e9}".repeat(51));
        assert_eq!(long, one(path, "too_long"));
        let fits = of_request(|request| *field(request) = "\u{e9}".repeat(50));
        assert_eq!(fits, []);
    }
    assert_eq!(
        of_request(|request| request.prompt.clear()),
        one("prompt", "required")
    );
    let nul = of_request(|request| request.prompt = "\0".to_owned());
    assert_eq!(nul, one("prompt", "nul_character"));
    let space = of_request(|request| request.project_id.push(' '));
    assert_eq!(space, one("project_id", "trailing_space"));
    let space = of_request(|request| request.storyboard_id.push(' '));
    assert_eq!(space, one("storyboard_id", "trailing_space"));
    let session = of_request(|request| request.original_session_id = Some("s".repeat(201).into()));
    assert_eq!(session, one("original_session_id", "too_long"));
    let site = of_request(|request| request.want_site = Some(Site::from_code(5)));
    assert_eq!(site, one("want_site", "unrecognized_code"));
    let url = |url: &str| of_request(|request| request.callback_url = Some(url.to_owned()));
    for (text, found) in [
        ("https://a.example", vec![]),
        ("", one("callback_url", "not_http")),
        ("ftp://a", one("callback_url", "not_http")),
        ("https://", one("callback_url", "no_host")),
        (
            "https://ann:secret@a.example",
            one("callback_url", "credentials"),
        ),
    ] {
        assert_eq!(url(text), found, "{text}");
    }
    let long = format!("https://a/{}", "x".repeat(490));
    assert_eq!(url(&long), []);
    assert_eq!(url(&format!("{long}x")), one("callback_url", "too_long"));
}

#[test]
fn each_rule_of_an_image_is_checked() {
    let urls = |count| TextList::from(vec!["https://a".to_owned(); count]);
    assert_eq!(
        of_image(|task| task.model.clear()),
        one("model", "required")
    );
    let long = of_image(|task| task.model = "x".repeat(51));
    assert_eq!(long, one("model", "too_long"));
    // A model that the table does not know has generic rules.
    assert_eq!(of_image(|task| task.model = "next".to_owned()), []);
    let not_cn = of_image(|task| {
        task.model = ImageModel::NANOBANANAPRO.to_owned();
        task.request.want_site = Some(Site::Cn);
    });
    assert_eq!(not_cn, one("model", "model_not_on_site"));
    assert_eq!(
        of_image(|task| task.resolution = ImageResolution::R1k),
        one("resolution", "unsupported_by_model")
    );
    assert_eq!(
        of_image(|task| task.resolution = ImageResolution::from_str_code("8k")),
        one("resolution", "unrecognized_code")
    );
    assert_eq!(
        of_image(|task| task.ratio = ImageRatio::from_str_code("5:4")),
        one("ratio", "unrecognized_code")
    );
    let intelligent = of_image(|task| {
        task.model = ImageModel::NANOBANANAPRO.to_owned();
        task.intelligent_ratio = true;
    });
    assert_eq!(
        intelligent,
        one("intelligent_ratio", "unsupported_by_model")
    );
    let strength = |value: Decimal, images: usize| {
        of_image(|task| {
            task.sample_strength = Some(value);
            task.input_images = urls(images);
        })
    };
    let path = "sample_strength";
    assert_eq!(strength(Decimal::new(100, 2), 1), []);
    assert_eq!(strength(Decimal::ZERO, 10), []);
    assert_eq!(strength(Decimal::new(101, 2), 1), one(path, "out_of_range"));
    assert_eq!(strength(Decimal::new(-1, 2), 1), one(path, "out_of_range"));
    assert_eq!(strength(Decimal::new(10, 0), 1), one(path, "out_of_range"));
    assert_eq!(
        strength(Decimal::new(123, 3), 1),
        one(path, "too_many_digits")
    );
    assert_eq!(strength(Decimal::new(5, 1), 0), one(path, "without_input"));
    assert_eq!(
        of_image(|task| task.input_images = urls(11)),
        one("input_images", "too_many")
    );
    let long = format!("https://a/{}", "x".repeat(2038));
    let list = of_image(|task| {
        task.input_images = TextList::from([
            &*long,
            "data:image/png;base64,AA",
            "http://",
            &format!("{long}x"),
        ]);
    });
    let expected = [
        ("input_images[1]".to_owned(), "not_http"),
        ("input_images[2]".to_owned(), "no_host"),
        ("input_images[3]".to_owned(), "too_long"),
    ];
    assert_eq!(list, expected);
    let raw = || serde_json::from_str::<TextList>("{}").unwrap();
    let lists = of_image(|task| {
        task.input_images = raw();
        task.image_urls = raw();
        task.image_local_paths = raw();
    });
    let paths = ["input_images", "image_urls", "image_local_paths"];
    assert_eq!(lists, paths.map(|path| (path.to_owned(), "not_a_list")));
}

#[test]
fn each_rule_of_a_video_is_checked() {
    let urls = |count| TextList::from(vec!["https://a".to_owned(); count]);
    assert_eq!(
        of_video(|task| task.response_format = ResponseFormat::B64Json),
        one("response_format", "unsupported")
    );
    assert_eq!(
        of_video(|task| task.response_format = ResponseFormat::from_str_code("raw")),
        one("response_format", "unrecognized_code")
    );
    let resolution = VideoResolution::from_str_code("480p");
    assert_eq!(
        of_video(|task| task.resolution = resolution),
        one("resolution", "unrecognized_code")
    );
    for seconds in [0, -5, 6, 12] {
        let found = of_video(|task| task.duration = seconds);
        assert_eq!(found, one("duration", "unsupported_by_model"), "{seconds}");
    }
    let unknown = |seconds| {
        of_video(|task| {
            task.model = "next".to_owned();
            task.duration = seconds;
        })
    };
    assert_eq!((unknown(1), unknown(60)), (vec![], vec![]));
    assert_eq!(unknown(61), one("duration", "unsupported_by_model"));
    assert_eq!(of_video(|task| task.input_images = urls(2)), []);
    assert_eq!(
        of_video(|task| task.input_images = urls(3)),
        one("input_images", "too_many")
    );
    let site = of_video(|task| {
        task.model = "jimeng-video-sora2".to_owned();
        task.duration = 8;
        task.request.want_site = Some(Site::Us);
    });
    assert_eq!(site, one("model", "model_not_on_site"));
    // With an image, the ratio has no effect; an unknown word is not stored even so.
    let ratios = vec![VideoRatio::R1x1];
    let model = VideoModel {
        ratios,
        ..VideoModel::default()
    };
    let square = ModelTable::empty().with_video("square", model);
    let mut task = video("s");
    task.model = "square".to_owned();
    let found = broken(&task.violations_with(&square));
    assert_eq!(found, one("ratio", "unsupported_by_model"));
    task.input_images = urls(1);
    assert_eq!(broken(&task.violations_with(&square)), []);
    task.ratio = VideoRatio::from_str_code("5:4");
    assert_eq!(
        broken(&task.violations_with(&square)),
        one("ratio", "unrecognized_code")
    );
}

#[test]
fn a_status_requires_what_belongs_to_it() {
    let in_status = |status| of_image(|task| task.state.generation_status = status);
    assert_eq!(
        in_status(GenerationStatus::Processing),
        one("jimeng_accounts_id", "required")
    );
    assert_eq!(in_status(GenerationStatus::Retrying), []);
    let required = |paths: &[&str]| -> Vec<_> {
        paths
            .iter()
            .map(|path| ((*path).to_owned(), "required"))
            .collect()
    };
    assert_eq!(
        in_status(GenerationStatus::Failed),
        required(&["error_code", "finished_at"])
    );
    assert_eq!(
        in_status(GenerationStatus::Completed),
        required(&["jimeng_accounts_id", "finished_at", "image_urls"])
    );
    let found = of_video(|task| task.state.generation_status = GenerationStatus::Completed);
    assert_eq!(
        found,
        required(&["jimeng_accounts_id", "finished_at", "video_urls"])
    );
    assert_eq!(
        in_status(GenerationStatus::from_code(7)),
        one("generation_status", "unrecognized_code")
    );
    let long = of_image(|task| task.state.error_code = Some("x".repeat(21)));
    assert_eq!(long, one("error_code", "too_long"));
    let negative = of_image(|task| task.state.generation_time = Some(-1));
    assert_eq!(negative, one("generation_time", "out_of_range"));
}

#[test]
fn all_broken_rules_of_a_task_are_reported_together() {
    let mut request = request("b ");
    request.prompt.clear();
    let new = NewImageTask::new(request.callback_url("x").want_site(Site::Hk))
        .model("jimeng-4.1")
        .resolution(ImageResolution::R1k)
        .sample_strength(Decimal::new(2, 0))
        .input_images(vec!["x".to_owned(); 11]);
    let found = broken(&new.violations());
    let found: Vec<_> = found
        .iter()
        .map(|(path, rule)| (path.as_str(), *rule))
        .collect();
    let mut expected = vec![
        ("storyboard_id", "trailing_space"),
        ("prompt", "required"),
        ("callback_url", "not_http"),
        ("model", "model_not_on_site"),
        ("resolution", "unsupported_by_model"),
        ("sample_strength", "out_of_range"),
        ("input_images", "too_many"),
    ];
    let images: Vec<String> = (0..11)
        .map(|index| format!("input_images[{index}]"))
        .collect();
    expected.extend(images.iter().map(|path| (path.as_str(), "not_http")));
    assert_eq!(found, expected);
    assert_eq!(
        new.into_task(&ids()).unwrap_err().violations().len(),
        expected.len()
    );
}
