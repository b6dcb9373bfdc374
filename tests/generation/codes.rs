//! The codes are those of the tables.

use genledger::contract::CodedEnum;
use genledger::generation::{
    AccountStatus, AccountType, AttemptOutcome, ErrorClass, GenerationStatus, ImageRatio,
    ImageResolution, MediaStatus, Medium, ResponseFormat, Site, SubmitState, TaskReady, VideoRatio,
    VideoResolution,
};

fn codes<C: CodedEnum + std::fmt::Display>(code: impl Fn(&C) -> String) -> String {
    let known = C::KNOWN.iter();
    let each: Vec<String> = known.map(|one| format!("{} {one}", code(one))).collect();
    each.join(", ")
}

#[test]
fn the_codes_never_change() {
    let number = |code: i16| code.to_string();
    let text = |code: &str| code.to_owned();
    assert_eq!(
        codes::<AccountType>(|one| number(one.code())),
        "0 Domestic, 1 International"
    );
    assert_eq!(
        codes::<Site>(|one| number(one.code())),
        "0 Cn, 1 Us, 2 Hk, 3 Jp, 4 Sg"
    );
    assert_eq!(
        codes::<AccountStatus>(|one| number(one.code())),
        "0 Active, 1 Inactive, 2 Banned"
    );
    assert_eq!(
        codes::<MediaStatus>(|one| number(one.code())),
        "0 Unavailable, 1 Available, 2 RateLimited"
    );
    assert_eq!(
        codes::<GenerationStatus>(|one| number(one.code())),
        "0 Pending, 1 Processing, 2 Completed, 3 Failed, 4 Retrying"
    );
    assert_eq!(
        codes::<TaskReady>(|one| number(one.code())),
        "-2 WaitsToResume, -1 Waits, 0 No, 1 Fresh, 2 Resume, 3 Undecided"
    );
    assert_eq!(
        codes::<Medium>(|one| number(one.code())),
        "0 Image, 1 Video"
    );
    assert_eq!(
        codes::<SubmitState>(|one| number(one.code())),
        "0 NotSent, 1 Sent, 2 Accepted, 3 Unknown"
    );
    assert_eq!(
        codes::<AttemptOutcome>(|one| number(one.code())),
        "0 Succeeded, 1 Failed, 2 Released, 3 LeaseLost, 4 Cancelled, 5 History"
    );
    assert_eq!(
        codes::<ResponseFormat>(|one| text(one.as_str())),
        "url Url, b64_json B64Json"
    );
    let words = |codes: Vec<&str>| codes.join(" ");
    let ratios = ImageRatio::KNOWN.iter().map(ImageRatio::as_str).collect();
    assert_eq!(words(ratios), "1:1 4:3 3:4 16:9 9:16 3:2 2:3 21:9");
    let ratios = VideoRatio::KNOWN.iter().map(VideoRatio::as_str).collect();
    assert_eq!(words(ratios), "1:1 4:3 3:4 16:9 9:16 21:9");
    let resolutions = ImageResolution::KNOWN
        .iter()
        .map(ImageResolution::as_str)
        .collect();
    assert_eq!(words(resolutions), "1k 2k 4k");
    let resolutions = VideoResolution::KNOWN
        .iter()
        .map(VideoResolution::as_str)
        .collect();
    assert_eq!(words(resolutions), "720p 1080p");
    let classes = ErrorClass::ALL.map(ErrorClass::name);
    assert_eq!(
        classes.join(" "),
        "content_risk validation auth account_blocked quota rate_limit concurrency risk_control transport timeout \
         generation_failed config unknown"
    );
    assert_eq!(ErrorClass::RiskControl.to_string(), "risk_control");
}

#[test]
fn a_site_has_a_family() {
    for site in Site::KNOWN {
        let expected = if *site == Site::Cn {
            AccountType::Domestic
        } else {
            AccountType::International
        };
        assert_eq!(site.account_type(), Some(expected));
    }
    for family in AccountType::KNOWN {
        let site = family.default_site().unwrap();
        assert_eq!(site.account_type(), Some(*family));
    }
    assert_eq!(Site::from_code(5).account_type(), None);
    assert_eq!(AccountType::from_code(2).default_site(), None);
}
